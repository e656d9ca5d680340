import { issuingHostOf } from '../core/auth/issuers.ts';
import { createApproveRoom } from '../pages/signed-in/approve-room.ts';
import { createConnectionsRoom } from '../pages/signed-in/connections-room.ts';
import { createEnterRoom } from '../pages/signed-in/enter-room.ts';
import { createPageNotes } from '../pages/signed-in/note-page-use.ts';
import { createPageDesk } from '../pages/signed-in/page-desk.ts';
import { baseOf, callbackPath } from '../pages/signed-in/page-paths.ts';
import { createPageSessions } from '../pages/signed-in/page-sessions.ts';
import { createPageSignIn } from '../pages/signed-in/page-sign-in.ts';
import { createSecretsRoom } from '../pages/signed-in/secrets-room.ts';
import type { StoredPages } from '../pages/signed-in/stored-pages.ts';
import { createWebPages, type WebPages } from '../pages/signed-in/web-pages.ts';
import type { Place, ServedParts } from './web-pages.ts';

export interface LoadedPlace extends Place {
  readonly stored: StoredPages;
}

/** Puts the pages for people who sign in together, when the first browser asks for one. */
export function loadWebPages(place: LoadedPlace, parts: ServedParts): WebPages {
  const { base, publicUrl, signIn: rules, key, state, stored } = place;
  const { clock, clouds, logger, hideInUse, hideKept } = base;
  const { connections, namedSecrets, approvals, audit, references, network } = parts;
  const { tenants, clientId, cloud } = rules;
  const onError = (error: unknown) => logger.error('unexpected failure on a page', { error });
  const signIn = createPageSignIn({
    login: issuingHostOf(cloud),
    tenants,
    clientId,
    async clientSecret() {
      const secret = await (await references.get()).resolve(rules.clientSecret, 'operator');
      hideInUse(secret, 'http');
      return secret;
    },
    redirectUri: `${publicUrl}${callbackPath}`,
    httpClient: async () => (await network.get()).httpClientOf(cloud),
  });
  const sessions = createPageSessions({ key, clock, publicUrl, approvals, state });
  const desk = createPageDesk({
    signIn,
    sessions,
    tenants,
    base: baseOf(publicUrl),
    onRefused: (error) => logger.warn('a sign-in to the pages was refused', { error }),
  });
  const note = createPageNotes((entry) => audit.append(entry), clock);
  return createWebPages({
    publicUrl,
    sessions,
    desk,
    onError,
    rooms: [
      createApproveRoom({ approvals, clock, note }),
      createSecretsRoom({ namedSecrets, note }),
      createConnectionsRoom({ connections, clock, note }),
      createEnterRoom({ pages: stored, connections, clouds, clock, hide: (secret) => hideKept(secret), onError }),
    ],
  });
}
