import { AppError } from '../base/errors.ts';

/** What a handler answers; `run-tool` wraps it as `{ response, connection, meta }`. */
export interface ToolOutcome {
  /** HTTP status of the decisive answer, or 200 for work done locally. */
  readonly status: number;
  readonly data: unknown;
  /** False when the work was done in part (a batch with failed items). Default true. */
  readonly success?: boolean;
  /** With `success: false`: whether the whole call is an error for the caller. Default true. */
  readonly isError?: boolean;
  /** The work goes on: `data` has the handle of an operation, and `meta.complete` is false. */
  readonly isUnfinished?: true;
  /** Present on lists; becomes `meta.items`, `meta.complete`, `meta.cursor`, `meta.result`. */
  readonly list?: ListState;
}

export interface ListState {
  /** Items that exist as far as we went: shown ones and stored ones. */
  readonly items: number;
  readonly complete: boolean;
  /** Opaque; leads to what is left. */
  readonly cursor?: string;
  /** `tenantry://results/{id}` of the whole list, when it was stored. */
  readonly result?: string;
}

/** Whether a call has ended before the operation that it started: its answer, or its error, leads to that. */
export function isOperationOpen(ended: { readonly outcome: ToolOutcome } | { readonly error: unknown }): boolean {
  if ('outcome' in ended) return ended.outcome.isUnfinished === true;
  return ended.error instanceof AppError && ended.error.detail?.['operation'] !== undefined;
}
