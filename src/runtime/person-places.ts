import { type Lazy, lazy, lazyObject } from '../core/base/lazy.ts';
import { withoutUndefined } from '../core/base/without-undefined.ts';
import type { SecretPrompt } from '../core/connections/secret-prompt.ts';
import type { PageHost } from '../pages/page-host.ts';
import { createDeviceCodePages, type DeviceCodePages } from './device-code-pages.ts';
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

/** How device codes are shown; undefined where no pages are opened. */
export function showDeviceCodes(
  { logger }: Base,
  { announce, pages, people }: PersonPlaces,
): DeviceCodePages | undefined {
  if (announce === undefined) return undefined;
  return createDeviceCodePages({
    announce,
    onError: (error) => logger.error('unexpected failure on a page', { error }),
    async openHere(prompt) {
      const { createDeviceCodePage } = await import('../pages/device-code-page.ts');
      return (await (await pages.get()).open(createDeviceCodePage(prompt))).url;
    },
    ...withoutUndefined({ openForOwner: people?.pages?.openCode }),
  });
}
