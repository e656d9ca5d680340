import type { CallContext } from '../../base/call-context.ts';
import type { ApiRequest, ApiResponse } from '../../http/api-client.ts';
import type { BatchItem, BatchOptions, BatchOutcome } from '../../http/batch/batch-item.ts';
import type { Page, PageLimits } from '../../http/page.ts';

/** A request as `send` would put it on the wire, without its token. */
export interface PreparedRequest extends Pick<ApiRequest, 'method' | 'body'> {
  /** Absolute, with its query. */
  readonly url: string;
  /** The caller's headers and those that the planner adds. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Where a delta query stands between two calls. Plain data: saved as JSON, kept away from the model. */
export interface DeltaCursor {
  /** Shape of this object; another number is refused. */
  readonly version: 1;
  /** Next page of an unfinished round, or the start of the next round. Verbatim from the service. */
  readonly link: string;
  /** `next`: the round is not over. `delta`: the round is over, the link asks for what changed since. */
  readonly kind: 'next' | 'delta';
  /** Headers that every page needs again (`Prefer`). */
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
  /** One request; adds the parameters of advanced queries to GETs, and once more after a refusal for lack of them. */
  send(request: ApiRequest, call: CallContext): Promise<ApiResponse>;
  /** The address that a request would be sent to. Sends nothing; throws `invalid_argument` where it is none of this cloud. */
  addressOf(request: ApiRequest): string;
  /** Pages of a list, one after the other; see `paginate`. */
  pages(request: ApiRequest, limits: PageLimits, call: CallContext): AsyncGenerator<Page, void, undefined>;
  batch(items: readonly BatchItem[], options: BatchOptions, call: CallContext): Promise<BatchOutcome>;
  /**
   * A round of a delta query. `start` is the first request (`/users/delta?$select=…`), whose options travel inside the
   * links afterwards; `cursor` goes on from an earlier round. An expired position starts over once, with `resync`.
   */
  delta(start: ApiRequest, cursor: DeltaCursor | undefined, limits: PageLimits, call: CallContext): Promise<DeltaRound>;
  /** What `send` would send, for a dry run; throws whatever `send` refuses before sending. Touches no network. */
  preview(request: ApiRequest, note?: (text: string) => void): PreparedRequest;
}
