/** What a handler answers; `run-tool` wraps it as `{ response, connection, meta }`. */
export interface ToolOutcome {
  /** HTTP status of the decisive answer, or 200 for work done locally. */
  readonly status: number;
  readonly data: unknown;
  /** False when the work was done in part (a batch with failed items). Default true. */
  readonly success?: boolean;
  /** With `success: false`: whether the whole call is an error for the caller. Default true. */
  readonly isError?: boolean;
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
