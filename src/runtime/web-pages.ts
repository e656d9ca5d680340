import type { SecretReference, SecretReferences } from '../core/auth/secret-references.ts';
import { type Lazy, lazy, lazyObject } from '../core/base/lazy.ts';
import type { SecretPrompt } from '../core/connections/secret-prompt.ts';
import { nowhere, onPages, type PersonWay } from '../core/policy/asking/person-way.ts';
import type { Storage } from '../core/storage/storage.ts';
import { type PageLink, pageLinks } from '../pages/signed-in/page-link.ts';
import { createStoredPages } from '../pages/signed-in/stored-pages.ts';
import type { WebPages } from '../pages/signed-in/web-pages.ts';
import type { SignInRules } from './config/http-rules.ts';
import type { Network } from './network.ts';
import type { Runtime } from './runtime.ts';
import type { Base } from './runtime-base.ts';

/** How people who sign in to the HTTP server are reached. */
export interface SignedInPeople {
  readonly way: PersonWay;
  /** Absent where there are no pages: then nobody can be asked. */
  readonly pages: PagesForPeople | undefined;
}

export interface PagesForPeople {
  readonly prompt: SecretPrompt;
  /** `parts` are those that the pages show and work with. */
  serve(parts: ServedParts): WebPages;
}

export interface ServedParts extends Pick<Runtime, 'connections' | 'namedSecrets' | 'approvals' | 'audit'> {
  readonly references: Lazy<SecretReferences>;
  readonly network: Lazy<Network>;
}

/** What the rules of the HTTP server say about people; undefined where the pages of this machine serve. */
export function signedInPeople(base: Base, storage: Lazy<Storage>): SignedInPeople | undefined {
  const { config, pages } = base.options;
  const { signIn, publicUrl } = config.http ?? {};
  if (pages?.atPublicAddress !== true || signIn === undefined) return undefined;
  // Without a secret of its own the server cannot sign anybody in.
  const { clientSecret } = signIn;
  if (publicUrl === undefined || clientSecret === undefined) return { way: nowhere, pages: undefined };
  const link = pageLinks(publicUrl, signIn.tenants);
  const key = lazy(async () => (await storage.get()).keys.derive('pages')).get;
  const state = lazyObject(async () => (await storage.get()).state);
  const place: Place = { base, publicUrl, signIn: { ...signIn, clientSecret }, link, key, state };
  return { way: onPages(link), pages: pagesAt(place) };
}

/** Where the pages are, and what they share. */
export interface Place {
  readonly base: Base;
  readonly publicUrl: string;
  readonly signIn: SignInRules & { readonly clientSecret: SecretReference };
  readonly link: PageLink;
  readonly key: () => Promise<Uint8Array>;
  readonly state: Storage['state'];
}

function pagesAt(place: Place): PagesForPeople {
  const { base, link, key, state } = place;
  const { clock } = base;
  const stored = createStoredPages({ key, state, clock });
  return {
    prompt: lazyObject(async () => {
      const { createStoredPrompt } = await import('../pages/signed-in/stored-prompt.ts');
      return createStoredPrompt({ pages: stored, link, clock });
    }),
    serve: (parts) =>
      lazyObject<WebPages>(
        lazy(async () => {
          const { loadWebPages } = await import('./load-web-pages.ts');
          return loadWebPages({ ...place, stored }, parts);
        }).get,
      ),
  };
}
