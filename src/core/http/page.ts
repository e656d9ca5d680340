import { isRecord } from '../base/guards.ts';
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
  /** The service left items out and gives no link to them (Resource Graph, queries that it cannot page). */
  readonly isTruncated?: boolean;
  readonly status: number;
  readonly requestId: string | undefined;
}

export interface PageLimits {
  /** Stop after the page in which this many items are reached. */
  readonly maxItems?: number;
  readonly maxPages?: number;
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
