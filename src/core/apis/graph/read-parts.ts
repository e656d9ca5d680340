import type { CallContext } from '../../base/call-context.ts';
import { AppError } from '../../base/errors.ts';
import { isRecord } from '../../base/guards.ts';
import { quoteNames } from '../../base/plain-text.ts';
import { withoutUndefined } from '../../base/without-undefined.ts';
import type { ApiRequest } from '../../http/api-client.ts';
import type { ListPosition, Page, PageLimits } from '../../http/page.ts';
import { ItemSet } from '../../http/paginate.ts';
import type { ListParts } from './advanced/list-parts.ts';
import { readQueryOptions } from './advanced/plan-query.ts';
import type { ReadPages } from './delta.ts';

export interface PartsReading {
  readonly whole: ListParts;
  /** What the caller asked for. */
  readonly request: ApiRequest;
  /** Where an earlier reading stopped; the beginning when absent. */
  readonly from?: ListPosition | undefined;
  readonly limits: PageLimits;
  /** Items that make a page where the caller does not say how many. Default: as many as the service gives. */
  readonly usualPage?: number;
  readonly pages: ReadPages;
  addressOf(request: ApiRequest): string;
  readonly call: CallContext;
}

/** https://learn.microsoft.com/graph/api/user-list */
const pageOfService = 100;

/** Most ids that a position carries, so that what was listed in an earlier call is not listed again. */
const mostRemembered = 20_000;

/** A place in the list: a part from its beginning, or from a link in it. */
type Place = Pick<ListPosition, 'part' | 'link' | 'headers'>;

/**
 * Reads the parts of a list one after the other, as pages of the size that was asked for. No object comes twice, and every
 * page but the last says where to go on.
 */
export async function* readParts(reading: PartsReading): AsyncGenerator<Page, void, undefined> {
  yield* new PartsReader(reading).read();
}

class PartsReader {
  readonly #reading: PartsReading;
  readonly #size: number;
  readonly #set = new ItemSet();
  readonly #seen: string[];
  readonly #skipped: string[] = [];
  /** Of the page of the service that was given in part. */
  #filled: string[] = [];
  #items: unknown[] = [];
  #last: Pick<Page, 'status' | 'requestId'> = { status: 200, requestId: undefined };
  #isTruncated = false;
  #hasRead: boolean;
  /** Items of earlier readings. */
  readonly #before: number;
  #delivered = 0;
  #pages = 0;

  constructor(reading: PartsReading) {
    this.#reading = reading;
    const { $top: top } = readQueryOptions(reading.request);
    const asked = top !== undefined && Number(top) >= 1 ? Number(top) : undefined;
    this.#size = asked ?? reading.usualPage ?? pageOfService;
    this.#seen = [...(reading.from?.seen ?? [])];
    for (const id of this.#seen) this.#set.add({ id });
    this.#hasRead = reading.from !== undefined;
    this.#before = reading.from?.given ?? 0;
  }

  async *read(): AsyncGenerator<Page, void, undefined> {
    const { whole, from, call } = this.#reading;
    call.note(whole.note);
    let refusal: unknown;
    for (let place: Place | undefined = from ?? { part: 0 }; place !== undefined; ) {
      const { part }: Place = place;
      try {
        place = yield* this.#readPart(place);
        if (!this.#hasRoom()) return;
      } catch (error) {
        if (!(error instanceof RefusedType)) throw error;
        refusal ??= error.cause;
        place = this.#placeAfter(part);
        if (place === undefined && this.#hasRead) yield this.#page(undefined);
      }
    }
    if (!this.#hasRead) throw refusal;
  }

  /** One part to its end; resolves with the place behind it, where this reading has not given that page yet. */
  async *#readPart(start: Place): AsyncGenerator<Page, Place | undefined, undefined> {
    const isOnePage = this.#reading.limits.maxPages === 1;
    let place: Place | undefined = start;
    try {
      for await (const page of this.#reading.pages(this.#requestAt(start), isOnePage ? { maxPages: 1 } : {})) {
        const rest = this.#fill(page, start.part);
        if (this.#overflows(rest)) {
          yield this.#page(place);
          if (!this.#hasRoom()) return undefined;
        }
        place = this.#take(rest, start.part);
        if (place === undefined || this.#isFull()) yield this.#page(place);
        if (!this.#hasRoom()) return undefined;
      }
    } catch (error) {
      if (this.#isRefused(error, start, place)) throw this.#skip(error, start.part);
      // What was read before stays read.
      if (this.#items.length > 0) yield this.#page(place);
      throw error;
    }
    return place;
  }

  #overflows({ items }: Page): boolean {
    return this.#items.length > 0 && this.#items.length + items.length > this.#size;
  }

  /**
   * Fills the page with the first items of a page of the service that does not fit; gives the rest. Who goes on reads them
   * again, and only ids keep them from being listed twice: without ids the page stays short.
   */
  #fill(page: Page, part: number): Page {
    const { items } = page;
    if (!this.#overflows(page) || !items.every(hasId)) return page;
    let taken = 0;
    for (; this.#items.length < this.#size && taken < items.length; taken += 1) {
      const item = items[taken];
      this.#add(item, part);
      if (hasId(item)) this.#filled.push(item.id);
    }
    return { ...page, items: items.slice(taken) };
  }

  /** Whether an item may have been given before. */
  #mayRepeat(): boolean {
    const { whole, from } = this.#reading;
    return !whole.isDisjoint || (from?.seen?.length ?? 0) > 0;
  }

  #requestAt({ part, link, headers }: Place): ApiRequest {
    const { whole, request } = this.#reading;
    const { method, path, params } = request;
    const answersTo = withoutUndefined({ method, path, params });
    if (link !== undefined) return withoutUndefined({ method, path: link, verbatim: true, headers, answersTo });
    return whole.parts[part]?.request ?? request;
  }

  #placeAfter(part: number): Place | undefined {
    return part + 1 < this.#reading.whole.parts.length ? { part: part + 1 } : undefined;
  }

  /** Takes the items of a page in; the place behind it, undefined at the end of the list. */
  #take({ items, status, requestId, isTruncated, nextLink, headers }: Page, part: number): Place | undefined {
    for (const item of items) this.#add(item, part);
    this.#filled = [];
    this.#last = { status, requestId };
    this.#isTruncated ||= isTruncated === true;
    this.#hasRead = true;
    return nextLink === undefined ? this.#placeAfter(part) : withoutUndefined({ part, link: nextLink, headers });
  }

  #add(item: unknown, part: number): void {
    if (this.#mayRepeat() && !this.#isNew(item)) return;
    const type = this.#reading.whole.parts[part]?.type;
    this.#items.push(type === undefined ? this.#shown(item) : withType(item, type));
  }

  #isNew(item: unknown): boolean {
    if (!this.#set.add(item)) return false;
    const id = isRecord(item) ? item['id'] : undefined;
    if (typeof id === 'string' && this.#seen.length <= mostRemembered) this.#seen.push(id);
    return true;
  }

  #shown(item: unknown): unknown {
    if (!this.#reading.whole.hidesId || !isRecord(item)) return item;
    const { id: _, ...rest } = item;
    return rest;
  }

  #isFull(): boolean {
    const { maxItems = Number.POSITIVE_INFINITY } = this.#reading.limits;
    return this.#items.length >= Math.min(this.#size, maxItems - this.#delivered);
  }

  #hasRoom(): boolean {
    const { maxItems = Number.POSITIVE_INFINITY, maxPages = Number.POSITIVE_INFINITY } = this.#reading.limits;
    return this.#delivered < maxItems && this.#pages < maxPages;
  }

  #page(next: Place | undefined): Page {
    const { request, whole, addressOf } = this.#reading;
    const items = this.#items;
    this.#items = [];
    this.#delivered += items.length;
    this.#pages += 1;
    const wantsCount = readQueryOptions(request).$count?.toLowerCase() === 'true';
    const part = next === undefined ? undefined : whole.parts[next.part];
    return {
      items,
      ...this.#last,
      ...withoutUndefined({
        nextLink: part && (next?.link ?? addressOf(part.request)),
        headers: next?.headers,
        position: next && this.#position(next),
        count: next === undefined && wantsCount ? this.#before + this.#delivered : undefined,
        isTruncated: this.#isTruncated ? true : undefined,
      }),
    };
  }

  #position(next: Place): ListPosition {
    const { whole, call } = this.#reading;
    const isMuch = this.#seen.length > mostRemembered;
    if (isMuch) call.note('The list is so long that an object may come again behind the cursor.');
    const seen = this.#repeatable(isMuch);
    const given = this.#before + this.#delivered;
    return withoutUndefined({ ...next, of: whole.parts.length, given, isForced: whole.isForced || undefined, seen });
  }

  /** Ids that the rest of the list may give again. */
  #repeatable(isMuch: boolean): readonly string[] | undefined {
    if (this.#reading.whole.isDisjoint) return this.#filled.length === 0 ? undefined : [...this.#filled];
    return isMuch ? undefined : [...this.#seen];
  }

  /** A type that may not be read, or that has not what was asked for, is no reason to lose the others. */
  #isRefused(error: unknown, start: Place, place: Place | undefined): error is AppError {
    const { whole } = this.#reading;
    if (whole.parts[start.part]?.type === undefined || place !== start || start.link !== undefined) return false;
    return error instanceof AppError && [400, 403, 404].includes(error.status ?? 0);
  }

  #skip(error: AppError, part: number): RefusedType {
    const { whole, call } = this.#reading;
    this.#skipped.push(whole.parts[part]?.type ?? '');
    // What has no such property cannot have what was asked for.
    this.#isTruncated ||= error.status !== 400;
    call.note(`Not listed, since the service refused it (${error.code}): ${quoteNames(this.#skipped.slice(-1))}.`);
    return new RefusedType('', { cause: error });
  }
}

function hasId(item: unknown): item is { readonly id: string } {
  return isRecord(item) && typeof item['id'] === 'string';
}

class RefusedType extends Error {}

/** In a list of one type the service does not say which it is. */
function withType(item: unknown, type: string): unknown {
  return isRecord(item) && !('@odata.type' in item) ? { '@odata.type': `#microsoft.graph.${type}`, ...item } : item;
}
