import { randomBytes } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../core/base/clock.ts';
import { delay } from '../core/base/delay.ts';
import { AppError } from '../core/base/errors.ts';
import type { EventFeed } from './event-feed.ts';
import type { Html } from './html.ts';
import { createPageRouter } from './page-router.ts';

/** What a form sent: the values by the names of its fields. */
export type Submission = Readonly<Record<string, string>>;

/** Something to mend; `field` is the name of the form field, where it is about one. */
export interface FormProblem {
  readonly field?: string;
  readonly message: string;
  readonly hint?: string;
}

/** What a page shows and does. Address, cookie, guards and time are the host's. */
export interface PageContent {
  readonly title: string;
  readonly feed: EventFeed;
  /** The inside of the page as it is now. */
  render(): Promise<Html>;
  /** Takes what the person sent; answers what has to be mended, or nothing when it was taken. */
  submit(action: string, values: Submission): Promise<readonly FormProblem[]>;
}

/** A page that waits for the person. */
export interface OpenPage {
  readonly url: string;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
  /** Ends it early: the address answers that there is nothing to do any more. */
  end(): void;
}

/** Serves one-time pages on a loopback port, which is open only while there are any. */
export interface PageHost {
  open(content: PageContent): Promise<OpenPage>;
  close(): Promise<void>;
}

/** A page as the router sees it. */
export interface HostedPage {
  readonly content: PageContent;
  /** In the address; used up by the first visit. */
  readonly ticket: string;
  /** In the address after the first visit, and worth nothing without the cookie. */
  readonly id: string;
  /** In the cookie of the browser that came first. */
  readonly session: string;
  /** In the page itself, and sent with every form. */
  readonly formToken: string;
  readonly expiresAt: number;
  state: 'unopened' | 'opened' | 'ended';
}

export interface PageHostOptions {
  readonly clock: Clock;
  /** How long a page waits. Default ten minutes. */
  readonly openMs?: number;
}

const tenMinutesMs = 10 * 60_000;
/** More pages than a person could fill in: somebody else is asking. */
const mostPages = 16;

/** 256 bits that nobody can guess. */
function unguessable(): string {
  return randomBytes(32).toString('base64url');
}

export function createPageHost({ clock, openMs = tenMinutesMs }: PageHostOptions): PageHost {
  const pages = new Set<HostedPage>();
  const closing = new AbortController();
  let listening: Promise<{ readonly server: Server; readonly authority: string }> | undefined;
  return {
    async open(content) {
      const waiting = [...pages].filter(({ state }) => state !== 'ended').length;
      if (waiting >= mostPages) throw tooManyPages();
      const expiresAt = clock.now() + openMs;
      const page: HostedPage = {
        content,
        ticket: unguessable(),
        id: unguessable(),
        session: unguessable(),
        formToken: unguessable(),
        expiresAt,
        state: 'unopened',
      };
      pages.add(page);
      // What has done its work takes nothing more.
      content.feed.follow((event) => {
        if (event.type === 'phase' && event.phase === 'done') page.state = 'ended';
      });
      listening ??= listen();
      const { authority } = await listening;
      void keep(page);
      return { url: `http://${authority}/open/${page.ticket}`, expiresAt, end: () => endPage(page) };
    },
    async close() {
      closing.abort();
      await stop();
    },
  };

  /** An ended page still says so for a while; with the last one, the port is closed. */
  async function keep(page: HostedPage): Promise<void> {
    try {
      await delay(openMs, closing.signal);
      endPage(page);
      await delay(openMs, closing.signal);
      pages.delete(page);
      if (pages.size === 0) await stop();
    } catch {
      // The host is closing.
    }
  }

  async function listen() {
    const server = createServer({ maxHeaderSize: 16 * 1024, requestTimeout: 60_000, headersTimeout: 10_000 });
    server.maxConnections = 64;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, '127.0.0.1', resolve);
    });
    // The waiting page must not keep a process that has nothing else to do.
    server.unref();
    // A TCP server has an address of this shape once it listens.
    const authority = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on('request', createPageRouter({ pages, authority, clock }));
    return { server, authority };
  }

  async function stop(): Promise<void> {
    const ending = await listening?.catch(() => undefined);
    listening = undefined;
    ending?.server.close();
    ending?.server.closeAllConnections();
  }
}

function endPage(page: HostedPage): void {
  if (page.state === 'ended') return;
  page.state = 'ended';
  if (page.content.feed.phase === 'done') return;
  page.content.feed.push({
    type: 'phase',
    phase: 'done',
    title: 'This page has ended',
    text: 'It was open for ten minutes at most. Ask for a new one where you came from.',
  });
}

function tooManyPages(): AppError {
  return new AppError('throttled', `${mostPages} pages already wait for a person.`, {
    hint: 'Let the person finish or ignore them: each is closed after ten minutes.',
    retryable: true,
  });
}
