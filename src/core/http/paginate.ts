import { AsyncLocalStorage } from 'node:async_hooks';
import type { CallContext } from '../base/call-context.ts';
import { AppError } from '../base/errors.ts';
import { isRecord } from '../base/guards.ts';
import { withoutUndefined } from '../base/without-undefined.ts';
import { attributeNames, spanNames } from '../telemetry/attributes.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import type { ApiClient, ApiRequest, ApiResponse } from './api-client.ts';
import type { Page, PageLimits } from './page.ts';

/** What a dialect reads off one answer. */
export interface PageContent {
  /** Undefined when the answer is no list. */
  readonly items: readonly unknown[] | undefined;
  /** As the service wrote it; empty on the last page. */
  readonly nextLink: string | undefined;
  readonly deltaLink?: string;
  readonly count?: number;
  readonly isTruncated?: boolean;
}

/** How an API cuts its lists into pages. */
export interface PagingDialect {
  read(response: ApiResponse): PageContent;
  /** The request for the page that a link leads to. Default: a GET of exactly that address. */
  follow?(link: string): ApiRequest;
  /** The items without what carries no information; the same array when there is nothing to remove. */
  clean?(items: readonly unknown[]): readonly unknown[];
  /** Whether the link to the next page is too old to be used, so that the list can only be started again. */
  isExpiredLink(error: AppError): boolean;
}

export interface PaginateOptions {
  readonly client: ApiClient;
  readonly dialect: PagingDialect;
  /** Fetches the first page, unless `limits` has it; called again when an expired link makes the list start over. */
  first(call: CallContext): Promise<ApiResponse>;
  /** Headers that every page after this first one wants again. */
  headersOf?(first: ApiResponse): ApiRequest['headers'] | undefined;
  /** What the list was asked for with: its later pages may show the same as its first. */
  readonly origin?: ApiRequest['answersTo'];
  /** False when the list begins in the middle, at a link: then there is no start to go back to. Default true. */
  readonly canRestart?: boolean;
  /** False where an object may come several times on purpose (delta). Default true. */
  readonly unique?: boolean;
  readonly limits: PageLimits;
}

/**
 * Pages of a list, one after the other. While the consumer works on a page, the next one is being fetched; never more
 * than one. Links are used unchanged, only on the API's own host, and never twice; an expired one starts the list over
 * without repeating items. A page that reaches a limit is the last, with its `nextLink`.
 *
 * https://learn.microsoft.com/graph/paging
 */
export async function* paginate(options: PaginateOptions, call: CallContext): AsyncGenerator<Page, void, undefined> {
  const walk = new Walk(options, call);
  const ahead = new AbortController();
  let inner: CallContext | undefined;
  const fetchNext = (link: string | undefined): Promise<ApiResponse> => {
    inner ??= withSignal(call, AbortSignal.any([call.signal, ahead.signal]));
    const pending = walk.next(link ?? '', inner);
    // The consumer may stop before it asks for this page; then no one else handles its failure.
    pending.catch(() => undefined);
    return pending;
  };
  try {
    let open = walk.open(await walk.start(call));
    for (;;) {
      // The next page is requested before this one is examined, so that the service works meanwhile.
      const early = walk.surelyGoesOn(open) ? fetchNext(open.nextLink) : undefined;
      const page = walk.read(open);
      const pending = early ?? (walk.goesOn(open) ? fetchNext(open.nextLink) : undefined);
      yield page;
      if (pending === undefined) return;
      open = walk.open(await pending);
    }
  } finally {
    ahead.abort();
  }
}

/** The same call with a signal that also ends what was fetched ahead. */
function withSignal(call: CallContext, signal: AbortSignal): CallContext {
  return {
    caller: call.caller,
    signal,
    deadlineAt: call.deadlineAt,
    ...(call.patience === undefined ? {} : { patience: call.patience }),
    clientRequestId: call.clientRequestId,
    authority: call.authority,
    covered: call.covered,
    record: call.record,
    note: (text) => call.note(text),
    progress: (update) => call.progress(update),
  };
}

/** How often one list may start over before it is given up. */
const maxRestarts = 2;

/** An answer that is about to become a page. */
interface OpenPage {
  readonly response: ApiResponse;
  readonly content: PageContent;
  readonly value: readonly unknown[];
  readonly nextLink: string | undefined;
}

/** State of one walk through a list. */
class Walk {
  readonly #options: PaginateOptions;
  readonly #call: CallContext;
  readonly #seen = new ItemSet();
  readonly #links = new TextSet();
  #headers: Readonly<Record<string, string>> | undefined;
  #restarts = 0;
  #items = 0;
  #pages = 0;
  #isFirst = true;
  /** Items without ids that were delivered before a restart and come again. */
  #toSkip = 0;

  constructor(options: PaginateOptions, call: CallContext) {
    this.#options = options;
    this.#call = call;
  }

  async start(call: CallContext): Promise<ApiResponse> {
    const { limits, first, headersOf } = this.#options;
    const response = (this.#restarts === 0 ? limits.first : undefined) ?? (await first(call));
    this.#headers = headersOf?.(response);
    return response;
  }

  async next(link: string, call: CallContext): Promise<ApiResponse> {
    const { client, dialect, canRestart = true, origin } = this.#options;
    try {
      const headers = this.#headers === undefined ? {} : { headers: this.#headers };
      const answersTo = origin === undefined ? {} : { answersTo: origin };
      return await client.send({ ...followLink(dialect, link), ...headers, ...answersTo }, call);
    } catch (error) {
      const isExpired = error instanceof AppError && dialect.isExpiredLink(error);
      if (!isExpired || !canRestart || this.#restarts >= maxRestarts) throw error;
      return this.#restart(call);
    }
  }

  #restart(call: CallContext): Promise<ApiResponse> {
    this.#restarts += 1;
    this.#links.clear();
    this.#toSkip = this.#seen.canTell ? 0 : this.#items;
    this.#call.note('The link to the next page expired: the list was started again, and nothing is listed twice.');
    return this.start(call);
  }

  /** Reads an answer just far enough to know where the next page is. */
  open(response: ApiResponse): OpenPage {
    const { dialect } = this.#options;
    const content = dialect.read(response);
    const value = content.items;
    if (value === undefined) {
      throw new AppError('upstream_error', 'The answer is not a list.', {
        hint: 'Fetch it as a single object: this address has no pages.',
        status: response.status,
      });
    }
    this.#pages += 1;
    this.#call.record.pages += 1;
    return { response, content, value, nextLink: this.#checkLink(content.nextLink) };
  }

  /** Whether there will be a next page, whatever this one holds. */
  surelyGoesOn({ value, nextLink }: OpenPage): boolean {
    return nextLink !== undefined && this.#hasRoom(this.#items + value.length);
  }

  /** Whether there is a next page, once `read` has counted this one. */
  goesOn({ nextLink }: OpenPage): boolean {
    return nextLink !== undefined && this.#hasRoom(this.#items);
  }

  #hasRoom(items: number): boolean {
    const { maxItems = Number.POSITIVE_INFINITY, maxPages = Number.POSITIVE_INFINITY } = this.#options.limits;
    return items < maxItems && this.#pages < maxPages;
  }

  read({ response, content, value, nextLink }: OpenPage): Page {
    const { dialect } = this.#options;
    const { body, status, requestId, json } = response;
    const { deltaLink, count, isTruncated } = content;
    const items = this.#unique(dialect.clean?.(value) ?? value, nextLink !== undefined);
    this.#items += items.length;
    const isFirst = this.#isFirst;
    this.#isFirst = false;
    const isWhole = items === value && isRecord(body) && body['value'] === value;
    const optional = withoutUndefined({
      json: isWhole ? json : undefined,
      nextLink,
      headers: nextLink === undefined ? undefined : this.#headers,
      deltaLink,
      count: isFirst ? count : undefined,
      isTruncated: isTruncated === true ? true : undefined,
    });
    return { items, status, requestId, ...optional };
  }

  /** A link must lead to the same API and forward; otherwise nothing is sent there. */
  #checkLink(link: string | undefined): string | undefined {
    if (link === undefined || link === '') return undefined;
    try {
      this.#options.client.resolveUrl(followLink(this.#options.dialect, link));
    } catch (cause) {
      throw new AppError('upstream_error', 'The service sent a link to another host as the next page.', {
        hint: 'Nothing was sent there. Call again; if it happens again, report it with the request id.',
        cause,
      });
    }
    if (!this.#links.add(link)) {
      throw new AppError(
        'upstream_error',
        'The service sent the same link to the next page again: the list has no end.',
        {
          hint: 'Call again, or narrow the list with $filter; if it happens again, report it with the request id.',
          detail: { items: this.#items, pages: this.#pages },
        },
      );
    }
    return link;
  }

  /** A list of one page is passed on as it is; only longer ones are watched for repeats. */
  #unique(items: readonly unknown[], hasMore: boolean): readonly unknown[] {
    const { unique = true } = this.#options;
    if (!unique || (this.#isFirst && !hasMore)) return items;
    const skipped = Math.min(this.#toSkip, items.length);
    this.#toSkip -= skipped;
    const repeated = new Set<number>();
    for (let index = 0; index < items.length; index++) {
      if (!this.#seen.add(items[index])) repeated.add(index);
    }
    if (repeated.size === 0 && skipped === 0) return items;
    if (this.#restarts === 0) this.#call.note('The service repeated items between pages: each is listed once.');
    return items.filter((_, index) => index >= skipped && !repeated.has(index));
  }
}

function followLink({ follow }: PagingDialect, link: string): ApiRequest {
  return follow?.(link) ?? { method: 'GET', path: link, verbatim: true };
}

type RunInSpan = <Result>(run: () => Result) => Result;

/**
 * The same pages inside one span. It begins with the first page, ends with the last, with an error or when the consumer
 * stops, and is the parent of every request in between.
 */
export async function* tracePages(
  pages: AsyncGenerator<Page, void, undefined>,
  telemetry: Telemetry,
  api: string = 'graph',
): AsyncGenerator<Page, void, undefined> {
  const over = Promise.withResolvers<void>();
  let inSpan: RunInSpan = (run) => run();
  const attributes = { [attributeNames.api]: api };
  telemetry
    .withSpan(spanNames.collectPages, { attributes }, () => {
      inSpan = AsyncLocalStorage.snapshot();
      return over.promise;
    })
    // The consumer gets the failure from the pages themselves.
    .catch(() => undefined);
  try {
    for (;;) {
      const step = await inSpan(() => pages.next());
      if (step.done) return;
      yield step.value;
    }
  } catch (error) {
    over.reject(error);
    throw error;
  } finally {
    over.resolve();
    await pages.return();
  }
}

const initialSlots = 1024;

/** A set of texts that remembers 8 bytes for each: 100,000 ids take 2 MiB, whatever their length. */
export class TextSet {
  #slots = new Uint32Array(initialSlots * 2);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /**
   * Adds a text; false when it was already there. Compares 64 bits of it: two texts of a list of a million share them with a
   * chance of one in forty million. Runs for every item of every list, hence two characters at a time and no helpers.
   */
  add(text: string): boolean {
    if (this.#size * 4 >= this.#slots.length) this.#grow();
    const { length } = text;
    let high = 0xdeadbeef ^ length;
    let low = 0x41c6ce57;
    for (let at = 0; at < length; at += 2) {
      // Past the end charCodeAt gives NaN, which counts as 0 here.
      const pair = text.charCodeAt(at) | (text.charCodeAt(at + 1) << 16);
      high = Math.imul(high ^ pair, 2654435761);
      low = ((low << 7) | (low >>> 25)) + (pair ^ (high >>> 15));
    }
    high = Math.imul(high ^ (high >>> 16), 2246822507) ^ low;
    low = Math.imul(low ^ (low >>> 15), 3266489909);
    low ^= low >>> 13;
    return this.#insert(high >>> 0, low >>> 0 || 1);
  }

  clear(): void {
    this.#slots = new Uint32Array(initialSlots * 2);
    this.#size = 0;
  }

  /** A slot is two numbers; the second is never 0, which marks a free one. */
  #insert(high: number, low: number): boolean {
    const slots = this.#slots;
    const mask = slots.length - 1;
    for (let slot = (low << 1) & mask; ; slot = (slot + 2) & mask) {
      const taken = slots[slot + 1];
      if (taken === 0) {
        slots[slot] = high;
        slots[slot + 1] = low;
        this.#size += 1;
        return true;
      }
      if (taken === low && slots[slot] === high) return false;
    }
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new Uint32Array(old.length * 4);
    this.#size = 0;
    for (let at = 0; at < old.length; at += 2) {
      const low = old[at + 1] ?? 0;
      if (low !== 0) this.#insert(old[at] ?? 0, low);
    }
  }
}

/** Ids this long are unique wherever they come from; shorter ones (counters, times) only within their parent. */
const uniqueIdLength = 32;

/** Recognises repeated items of a list. Items without an id are never recognised. */
export class ItemSet {
  readonly #texts = new TextSet();

  /** Whether any item had an id, so that repeats can be recognised at all. */
  get canTell(): boolean {
    return this.#texts.size > 0;
  }

  /** Adds an item; false when it was already there. */
  add(item: unknown): boolean {
    const id = typeof item === 'object' && item !== null && 'id' in item ? item.id : undefined;
    if (typeof id === 'string' && id.length >= uniqueIdLength) return this.#texts.add(id);
    return id === undefined || id === null || this.#texts.add(JSON.stringify(item));
  }
}
