import { type Lazy, lazy, lazyObject } from '../core/base/lazy.ts';
import type { SecretPrompt } from '../core/connections/secret-prompt.ts';
import type { PageHost } from '../pages/page-host.ts';
import { loadPagePrompt } from './load-parts.ts';
import type { Base } from './runtime-base.ts';
import type { SignedInPeople } from './web-pages.ts';

/** Where a person can be shown something. */
export interface PersonPlaces {
  readonly announce: ((line: string) => void) | undefined;
  readonly pages: Lazy<PageHost>;
  readonly people: SignedInPeople | undefined;
}

/** How secrets are asked for; undefined where nobody can be asked. */
export function choosePrompt(base: Base, { announce, pages, people }: PersonPlaces): SecretPrompt | undefined {
  if (base.options.secretPrompt !== undefined) return base.options.secretPrompt;
  if (people !== undefined) return people.pages?.prompt;
  return announce && lazyObject(lazy(() => loadPagePrompt(base, announce, pages)).get);
}
