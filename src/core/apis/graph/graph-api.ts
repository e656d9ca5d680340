import type { CallContext } from '../../call-context.ts';
import type { ApiRequest, ApiResponse, HttpMethod, QueryParams } from '../../http/api-client.ts';

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

/** A request as `send` would put it on the wire, without its token. */
export interface PreparedRequest {
  readonly method: HttpMethod;
  /** Absolute, with its query. */
  readonly url: string;
  /** The caller's headers and those that the planner adds. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** One item of a batch of any size. */
export interface BatchItem {
  /** Unique ignoring case; its index from 1 when absent. */
  readonly id?: string;
  readonly method: HttpMethod;
  /** Relative to the version root. */
  readonly url: string;
  /** Query options besides those in `url`, not encoded. */
  readonly params?: QueryParams;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly dependsOn?: readonly string[];
}

export interface BatchItemResult {
  readonly id: string;
  /** 0 when the item was not sent. */
  readonly status: number;
  readonly success: boolean;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Present on every item that did not succeed, mapped like single requests are. */
  readonly error?: Readonly<Record<string, unknown>>;
  readonly notSent?: boolean;
}

export interface BatchOptions {
  readonly apiVersion?: string;
  readonly prefer?: string;
  readonly continueOnError?: boolean;
  /** Follow `nextLink`s inside items until their lists are complete. */
  readonly followPages?: boolean;
  /** Statuses that count as success for an item. */
  readonly expectedStatuses?: readonly number[];
}

export interface BatchOutcome {
  readonly success: boolean;
  /** In request order. */
  readonly responses: readonly BatchItemResult[];
}

/** Where a delta query stands between two calls. Plain data: saved as JSON, kept away from the model. */
export interface DeltaCursor {
  /** Shape of this object; another number is refused. */
  readonly version: 1;
  /** Next page of an unfinished round, or the start of the next round. Verbatim from the service. */
  readonly link: string;
  /** `next`: the round is not over. `delta`: the round is over, the link asks for what changed since. */
  readonly kind: 'next' | 'delta';
  /** Headers that every page wants again (`Prefer`). */
  readonly headers: Readonly<Record<string, string>>;
}

/** One round of a delta query, or the part of it that the limits allowed. */
export interface DeltaRound {
  /** Each object once: repeated ones are merged, the later values win, `…@delta` slices are joined. */
  readonly items: readonly unknown[];
  /** Whether the round was read to its end; otherwise `cursor` goes on with it. */
  readonly complete: boolean;
  /** The service forgot the old position: `items` is a fresh full round, what was known before must be dropped. */
  readonly resync: boolean;
  readonly cursor: DeltaCursor;
  readonly pages: number;
}

/** Microsoft Graph for one connection: single requests, lists, batches. Failures are `AppError`s with hints. */
export interface GraphApi {
  /** One request; plans advanced-query parameters for GETs and heals once. */
  send(request: ApiRequest, call: CallContext): Promise<ApiResponse>;
  /** Pages of a list, one after the other, with all guards of the paging rules. */
  pages(request: ApiRequest, limits: PageLimits, call: CallContext): AsyncGenerator<Page, void, undefined>;
  batch(items: readonly BatchItem[], options: BatchOptions, call: CallContext): Promise<BatchOutcome>;
  /**
   * A round of a delta query. `start` is the first request (`/users/delta?$select=…`), whose options travel inside the
   * links afterwards; `cursor` goes on from an earlier round. An expired position starts over once, with `resync`.
   */
  delta(start: ApiRequest, cursor: DeltaCursor | undefined, limits: PageLimits, call: CallContext): Promise<DeltaRound>;
  /** What `send` would send, for a dry run; throws whatever `send` refuses before sending. Touches no network. */
  preview(request: ApiRequest): PreparedRequest;
}
