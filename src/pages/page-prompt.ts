import type { Clock } from '../core/base/clock.ts';
import type { Cloud } from '../core/base/clouds.ts';
import { delay } from '../core/base/delay.ts';
import { AppError } from '../core/base/errors.ts';
import type { PromptRequest, SecretPrompt } from '../core/connections/secret-prompt.ts';
import type { ConnectionRecord } from '../core/record/connection.ts';
import type { Secret } from '../core/secrets/secret.ts';
import type { OpenPage, PageHost } from './page-host.ts';
import { closed, messageOf, pageCall, reserveMs, stillOpen, timeOf, wishOf } from './prompt-words.ts';
import { createSecretPage } from './secret-page.ts';

export interface PagePromptOptions {
  readonly host: PageHost;
  readonly clouds: ReadonlyMap<string, Cloud>;
  readonly clock: Clock;
  readonly hide: (secret: Secret) => void;
  /** Tells the person at the machine, where the client cannot open a page. */
  readonly announce: (line: string) => void;
  readonly onError: (error: unknown) => void;
}

/** A page and what became of it. */
interface Asked {
  readonly page: OpenPage;
  readonly working: Promise<ConnectionRecord>;
  isWorking: boolean;
  isAnnounced: boolean;
}

/** Asks for secrets on one-time pages. The page goes on when the call has ended. */
export function createPagePrompt(options: PagePromptOptions): SecretPrompt {
  const { host, clock, announce } = options;
  /** By what was asked: a repeated call finds its page, or what became of it. */
  const asked = new Map<string, Asked>();
  let opening: Promise<unknown> = Promise.resolve();
  return {
    async ask(request, call) {
      const key = keyOf(request);
      // One after the other, so that the same wish, sent twice at once, opens one page.
      const turn = opening.then(() => findOrOpen(request, key));
      opening = turn.catch(() => undefined);
      const one = await turn;
      const { page } = one;
      if (!one.isWorking) {
        const isShown = await call.authority.showPage({ url: page.url, message: messageOf(request) });
        if (!isShown) {
          if (!one.isAnnounced) announce(`${messageOf(request)} Open ${page.url} in a browser on this computer.`);
          one.isAnnounced = true;
          throw waiting(request, page);
        }
        call.progress({ progress: 1, message: stillOpen(request, page) });
        await settled(one.working, Math.min(page.expiresAt, call.deadlineAt - reserveMs) - clock.now(), call.signal);
      }
      if (one.isWorking) {
        // The next call of this kind is a new wish.
        asked.delete(key);
        return request.reload();
      }
      if (clock.now() >= page.expiresAt) throw closed(request);
      call.note(stillOpen(request, page));
      return request.reload();
    },
  };

  async function findOrOpen(request: PromptRequest, key: string): Promise<Asked> {
    const found = asked.get(key);
    const isAlive = found !== undefined && (found.isWorking || clock.now() < found.page.expiresAt);
    return isAlive ? found : openFor(request, key);
  }

  async function openFor(request: PromptRequest, key: string): Promise<Asked> {
    for (const [other, { page }] of asked) {
      // A newer wish for the same connection replaces the older one; what is over is forgotten.
      const isSameConnection = other.startsWith(`${request.caller.id}\n${request.record.id}\n`);
      if (!isSameConnection && clock.now() < page.expiresAt) continue;
      page.end();
      asked.delete(other);
    }
    const { promise: working, resolve } = Promise.withResolvers<ConnectionRecord>();
    const content = createSecretPage({
      request,
      cloud: options.clouds.get(request.record.cloud),
      newCall: () => pageCall(request, clock, 'stdio'),
      hide: options.hide,
      onError: options.onError,
      onWorking(record) {
        one.isWorking = true;
        resolve(record);
      },
    });
    const one: Asked = { page: await host.open(content), working, isWorking: false, isAnnounced: false };
    asked.set(key, one);
    return one;
  }
}

function keyOf(request: PromptRequest): string {
  return `${request.caller.id}\n${request.record.id}\n${wishOf(request)}`;
}

/** Waits for the person, but no longer than the page is open and the call may. */
async function settled(work: Promise<unknown>, waitMs: number, signal: AbortSignal): Promise<void> {
  const enough = new AbortController();
  const limit = delay(Math.max(0, waitMs), AbortSignal.any([enough.signal, signal])).catch(() => undefined);
  await Promise.race([work, limit]);
  enough.abort();
}

function waiting({ record, fields }: PromptRequest, page: OpenPage): AppError {
  return new AppError(
    'configuration',
    `The connection ${record.name} waits for the person to enter ${fields.join(' and ')} on a page of this computer.`,
    {
      hint:
        `Give the person the address in detail.page; it is on stderr too. It is for the person's browser only, works once, and is open until ${timeOf(page)}. ` +
        `The page completes the connection by itself: look at list_connections with name ${record.name} afterwards.`,
      detail: { page: page.url, open_until: new Date(page.expiresAt).toISOString() },
    },
  );
}
