import { isRecord } from '../base/guards.ts';
import { withoutUndefined } from '../base/without-undefined.ts';
import type { ApiResponse } from './api-client.ts';

/** One page of a list, as an API-independent shape. */
export interface Page {
  readonly items: readonly unknown[];
  /**
   * The answer as JSON, when its `value` is exactly `items`: what is stored then are these bytes, and nothing is
   * written as JSON a second time. Absent when items were left out or changed.
   */
  readonly json?: Buffer;
  /** Link to the next page, verbatim from the service; absent on the last. */
  readonly nextLink?: string;
  /** Headers that the request for `nextLink` wants again: the caller's, and what the planner or the self-heal added. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Only on the last page of a delta round. */
  readonly deltaLink?: string;
  /** `@odata.count` or `totalRecords`, on the first page only. */
  readonly count?: number;
  /**
   * The service left items out and gives no link to them (Resource Graph, queries that it cannot page), or left objects out
   * of a list inside an item.
   */
  readonly isTruncated?: boolean;
  /** Where a list that is read in parts goes on: what `nextLink` alone does not say. Absent for every other list. */
  readonly position?: ListPosition;
  readonly status: number;
  readonly requestId: string | undefined;
}

/** What the request for the page after one wants besides the link. */
export type PageNeeds = Partial<Pick<Page, 'headers' | 'position'>>;

export function needsAfter({ headers, position }: Page): PageNeeds {
  return withoutUndefined({ headers, position });
}

/** A place in a list that is read with several requests, one after the other. Plain data: a cursor stands for it. */
export interface ListPosition {
  /** Which of the requests, and how many there are. */
  readonly part: number;
  readonly of: number;
  /** How many items were given before. */
  readonly given: number;
  /** Its next page; absent at its beginning. */
  readonly link?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** The parts are those of a query that the service refused as a whole. */
  readonly isForced?: boolean;
  /** Ids of what was listed already, where a later part may hold it again. */
  readonly seen?: readonly string[];
}

export interface PageLimits {
  /** Stop after the page in which this many items are reached. */
  readonly maxItems?: number;
  readonly maxPages?: number;
  /** Where an earlier reading of a list in parts stopped. */
  readonly position?: ListPosition;
  /** The answer to exactly this request, when it was sent already: it becomes the first page and is not fetched again. */
  readonly first?: ApiResponse;
}

/** A link of an answer as the service wrote it: the body may show it without its secrets. */
export function linkIn({ body, links }: Pick<ApiResponse, 'body' | 'links'>, name: string): unknown {
  return links?.[name] ?? (isRecord(body) ? body[name] : undefined);
}

/** Name of such a link of an item of a batch, whose answer has the links of all its items. */
export function itemLink(id: string, name: string): string {
  return `${id.toLowerCase()} ${name}`;
}

/** What stands beside the items of a list: links, counts and annotations. */
const besideItems = /^value$|^@|link$|count$/i;

/**
 * The items of a list as most services write it. `null` stands for none, where nothing says that the answer is an object
 * with an empty value. Undefined when the answer is no such list.
 */
export function listIn(body: unknown): readonly unknown[] | undefined {
  if (!isRecord(body)) return undefined;
  const { value } = body;
  if (Array.isArray(value)) return value;
  return value === null && Object.keys(body).every((name) => besideItems.test(name)) ? [] : undefined;
}

/**
 * A link as an absolute address. Absolute ones stay unchanged, byte for byte; relative ones start from the address that
 * answered, unless they step upwards. Whether it may be followed is another question: `//host/path` leads to another host.
 */
export function absoluteLink(link: string, answeredBy: string): string {
  const isAbsolute = /^[a-z][a-z0-9+.-]*:/i.test(link);
  const hasSteps = /(?:^|\/)\.\.?(?:[/?#]|$)/.test(link);
  return isAbsolute || hasSteps ? link : (URL.parse(link, answeredBy)?.href ?? link);
}
