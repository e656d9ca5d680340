import type { Clock } from '../base/clock.ts';

/** A page that is left at the service, and what its request needs. */
export interface Continuation {
  readonly nextLink: string;
  /** Headers, api version and the like, as the tool that reads on wants them. */
  readonly continuation: Readonly<Record<string, unknown>>;
}

/** What is known about a stored list besides its items. */
export interface StoredResult {
  readonly id: string;
  readonly caller: string;
  readonly connectionId: string;
  readonly format: 'json' | 'csv';
  /** Columns of a CSV list, in order. */
  readonly columns?: readonly string[];
  readonly items: number;
  /** What is left at the service after the stored items. */
  readonly then?: Continuation;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
}

export interface StoredPart {
  readonly result: StoredResult;
  /** Items from `position` on, as many as fit `maxBytes` of JSON, at least one when there is one. */
  readonly items: readonly unknown[];
  readonly position: number;
}

/** Takes the items of one list; nothing can be read before `finish`. */
export interface ResultWriter {
  readonly id: string;
  /** JSON texts of items, one line each. */
  append(lines: readonly string[]): Promise<void>;
  /** A whole page: JSON of an object whose `value` is an array of `items` items. The bytes must not change any more. */
  appendPage(json: Buffer, items: number): Promise<void>;
  finish(result: Omit<StoredResult, 'id' | 'items' | 'expiresAt'>): Promise<StoredResult>;
  /** Removes what was written. */
  discard(): Promise<void>;
}

/** Where lists live that are too long for one answer. */
export interface ResultStore {
  create(): Promise<ResultWriter>;
  /** Resolves undefined when the result does not exist, has expired, or is somebody else's. */
  read(id: string, caller: string, position: number, maxBytes: number): Promise<StoredPart | undefined>;
}

export interface ResultStoreOptions {
  /** Folder of the files; made when the first result is stored. */
  readonly directory: string;
  readonly clock: Clock;
  /** Takes known secret values out of the JSON of an item or a page. Default: nothing is taken out. */
  readonly mask?: (json: string) => string;
  /** Whether `mask` would take anything out of a text, given as UTF-8. Default: never. */
  readonly holdsSecret?: (bytes: Buffer) => boolean;
  /** How long a result can be read. Default one hour. */
  readonly ttlMs?: number;
  /** Oldest results go when there are more. Default 100. */
  readonly maxResults?: number;
}
