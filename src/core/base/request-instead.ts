/**
 * A request that does what a refused one was meant to do, or that finds what the next one needs: only data, which the
 * caller may send or not. A tool shows it as the call that it would be.
 */
export interface RequestInstead {
  readonly api: 'graph' | 'arm';
  readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  /** Below root and version, without query. */
  readonly path: string;
  readonly params?: Readonly<Record<string, string | number | boolean>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** Made here: what the caller sent is never repeated. */
  readonly body?: Readonly<Record<string, unknown>>;
  readonly apiVersion?: string;
  /** JMESPath on the answer, `{ value: [...] }` for a list: what the service cannot choose itself. */
  readonly project?: string;
  /** How many items of a list were wanted, where the request no longer says so. */
  readonly limit?: number;
  /** Another question, whose answer leads on: how the first answer was to be shown says nothing about this one. */
  readonly isOther?: boolean;
  /** A position that was kept is given up: a delta query begins again. */
  readonly restarts?: boolean;
}
