import { createHash, randomBytes } from 'node:crypto';
import type { Clock } from '../../core/base/clock.ts';
import { delay } from '../../core/base/delay.ts';
import { AppError } from '../../core/base/errors.ts';
import type { PromptRequest, SecretPrompt } from '../../core/connections/secret-prompt.ts';
import { closed, messageOf, reserveMs, stillOpen, timeOf, wishOf } from '../prompt-words.ts';
import type { PageLink } from './page-link.ts';
import { pageAreas } from './page-paths.ts';
import { type PagePlace, pageMs, type StoredPages, type StoredSecretPage } from './stored-pages.ts';

export interface StoredPromptOptions {
  readonly pages: StoredPages;
  readonly link: PageLink;
  readonly clock: Clock;
}

/** Between two looks at the store: the person may answer on another node. */
const lookMs = 1_000;

/**
 * Asks people who sign in for secrets, on pages of the HTTP server. Nothing is kept in this process: the page stands in
 * the store, takes its answer on any node, and goes on when the call has ended.
 */
export function createStoredPrompt({ pages, link, clock }: StoredPromptOptions): SecretPrompt {
  return {
    async ask(request, call) {
      const place = placeOf(request);
      let page = await findOrOpen(request, place);
      const url = link(`/${pageAreas.enter}/${request.record.name}/${page.id}`, request.caller.id);
      if (!page.isWorking) {
        if (!(await call.authority.showPage({ url, message: messageOf(request) }))) throw waiting(request, page, url);
        call.progress({ progress: 1, message: stillOpen(request, page) });
        const until = Math.min(page.expiresAt, call.deadlineAt - reserveMs);
        while (!page.isWorking && clock.now() < until && !call.signal.aborted) {
          await delay(Math.min(lookMs, until - clock.now()), call.signal).catch(() => undefined);
          const found = await pages.read(place);
          // A newer wish has taken its place.
          if (found?.id !== page.id) break;
          page = found;
        }
      }
      if (page.isWorking) {
        // The next call of this kind is a new wish.
        await pages.remove(place);
        return request.reload();
      }
      if (clock.now() >= page.expiresAt) throw closed(request);
      call.note(stillOpen(request, page));
      return request.reload();
    },
  };

  async function findOrOpen(request: PromptRequest, place: PagePlace): Promise<StoredSecretPage> {
    const wish = createHash('sha256').update(wishOf(request)).digest('base64url');
    const found = await pages.read(place);
    if (found?.wish === wish) return found;
    const { input, fields, granted, record } = request;
    const page: StoredSecretPage = {
      id: randomBytes(32).toString('base64url'),
      expiresAt: clock.now() + pageMs,
      wish,
      asked: { input, fields, granted },
      wasPending: record.status === 'pending',
      isCompleted: false,
      isWorking: false,
    };
    await pages.write(place, page);
    return page;
  }
}

function placeOf({ caller, record }: PromptRequest): PagePlace {
  return { caller: caller.id, connectionId: record.id };
}

function waiting({ record, fields }: PromptRequest, page: StoredSecretPage, url: string): AppError {
  const wanted = fields.join(' and ');
  return new AppError(
    'configuration',
    `The connection ${record.name} waits for the person to enter ${wanted} on a page.`,
    {
      hint:
        `Give the person the address in detail.page. It opens for nobody but this person, after sign-in in the browser, until ${timeOf(page)}. ` +
        `The page completes the connection by itself: look at list_connections with name ${record.name} afterwards.`,
      detail: { page: url, open_until: new Date(page.expiresAt).toISOString() },
    },
  );
}
