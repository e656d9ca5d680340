import type { CallContext } from '../base/call-context.ts';
import type { Page } from '../http/page.ts';
import type { Continuation } from '../storage/storage.ts';
import type { ToolOutcome } from './tool-outcome.ts';

export interface CollectOptions {
  /** What the cursor is bound to besides caller and connection: tool name and the arguments that shape the list. */
  readonly query: Readonly<Record<string, unknown>>;
  readonly connectionId: string;
  readonly caller: string;
  /** Show at most this many items; the rest is left to the cursor. */
  readonly limit?: number;
  /** JMESPath on `{ value: [...] }`; applied to the whole list. */
  readonly project?: string;
  readonly format?: 'json' | 'csv';
  /** What a cursor needs to go on at the service when pages were left unread (headers, api version). */
  readonly continuation?: Readonly<Record<string, unknown>>;
  /** Arguments of the tool that make an answer smaller, for the note of one that was cut. Default: those of queries. */
  readonly makeSmallerWith?: string;
}

/** Turns a stream of pages into an answer that fits the byte budget. Memory stays flat in the number of pages. */
export interface ListCollector {
  collect(pages: AsyncIterable<Page>, options: CollectOptions, call: CallContext): Promise<ToolOutcome>;
  /**
   * Opens a cursor that `collect` minted for the same caller, connection and query; throws `invalid_argument` when it
   * is malformed, expired or belongs to something else.
   */
  openCursor(cursor: string, options: Omit<CollectOptions, 'continuation'>): Promise<OpenedCursor>;
}

export type OpenedCursor =
  /** The rest is in a stored result: the answer is ready. */
  | { readonly kind: 'stored'; readonly outcome: ToolOutcome }
  /** The rest is at the service: fetch from `nextLink` with `continuation` and collect again. */
  | ({ readonly kind: 'continue' } & Continuation);
