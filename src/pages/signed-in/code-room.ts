import { randomBytes } from 'node:crypto';
import type { Clock } from '../../core/base/clock.ts';
import type { ConnectionService } from '../../core/connections/connection-service.ts';
import type { DeviceCodePrompt } from '../../core/http/token-source.ts';
import { renderCode } from '../device-code-page.ts';
import { html } from '../html.ts';
import { isSame } from '../read-form.ts';
import type { PageLink } from './page-link.ts';
import { pageAreas } from './page-paths.ts';
import type { PageRoom } from './page-room.ts';
import { pageMs, type StoredCodePage, type StoredPages } from './stored-pages.ts';

export interface CodeRoomOptions {
  readonly pages: StoredPages<StoredCodePage>;
  readonly connections: Pick<ConnectionService, 'find'>;
}

/** Pages that show a device code: `/code/<connection>/<id>`, for the person whose connection signs in. */
export function createCodeRoom({ pages, connections }: CodeRoomOptions): PageRoom {
  return {
    area: pageAreas.code,
    async show({ caller, rest }) {
      const [name = '', id = '', ...more] = rest;
      const record = more.length === 0 ? await connections.find(name, caller) : undefined;
      const page = record && (await pages.read({ caller: caller.id, connectionId: record.id }));
      if (page === undefined || !isSame(page.id, id)) return undefined;
      const { isSignedIn, ...shown } = page;
      if (isSignedIn === undefined) {
        return {
          title: `Sign in to ${name}`,
          body: renderCode({ ...shown, connection: name }, 'Go back to the conversation'),
        };
      }
      const title = isSignedIn ? `${name} is signed in` : 'The sign-in did not happen';
      const text = isSignedIn
        ? 'You can close this page.'
        : 'The code has ended or was refused. The next call of the connection shows a new one.';
      return { title, body: html`<div class="card"><h1>${title}</h1><p>${text}</p></div>` };
    },
  };
}

/** Stores the page of a device code; resolves with its address. */
export async function openCodePage(
  prompt: DeviceCodePrompt,
  {
    pages,
    link,
    clock,
  }: { readonly pages: StoredPages<StoredCodePage>; readonly link: PageLink; readonly clock: Clock },
): Promise<string> {
  const { owner, connectionId, connection, userCode, verificationUri } = prompt;
  const place = { caller: owner, connectionId };
  const id = randomBytes(32).toString('base64url');
  const page = { id, userCode, verificationUri, expiresAt: clock.now() + pageMs };
  await pages.write(place, page);
  void prompt.signedIn.then((isSignedIn) => pages.write(place, { ...page, isSignedIn }).catch(() => undefined));
  return link(`/${pageAreas.code}/${connection}/${id}`, owner);
}
