import { randomBytes } from 'node:crypto';

/** A page that is left at the service, and what its request needs. */
export interface Continuation {
  readonly nextLink: string;
  /** Headers, api version and the like, as the tool that reads on wants them. */
  readonly continuation: Readonly<Record<string, unknown>>;
}

/** A stored list without its items. */
export interface StoredResult {
  readonly id: string;
  readonly caller: string;
  readonly connectionId: string;
  /** Ids of the connections that its items are from: who reads it must still be allowed to use all of them. */
  readonly from?: readonly string[];
  readonly format: 'json' | 'csv';
  /** Columns of a CSV list, in order. */
  readonly columns?: readonly string[];
  readonly items: number;
  /** They are not the first of their list: earlier answers had those. */
  readonly isContinued?: boolean;
  /** They were made of a part of a list, and nothing leads to the rest of that. */
  readonly isPart?: boolean;
  /** The pages left at the service after the stored items. */
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

/** Takes the items of one list; nothing can be read before `finish`. It is given no more than `left` at once. */
export interface ResultWriter {
  readonly id: string;
  /** Bytes that it may still take. */
  readonly left: number;
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
  /** Room is each caller's own: what one stores makes no room at the cost of another. */
  create(caller: string): Promise<ResultWriter>;
  /** Resolves undefined when the result does not exist, has expired, or belongs to another caller. */
  read(id: string, caller: string, position: number, maxBytes: number): Promise<StoredPart | undefined>;
  /** Removes what has expired; also done by `create`. */
  sweep(): Promise<void>;
}

/** A name that nobody guesses, short enough for a model to repeat. */
export function newResultId(): string {
  return randomBytes(12).toString('base64url');
}

export const resultIdPattern = /^[A-Za-z0-9_-]{16}$/;

/** What every implementation keeps of results. The oldest make room for new ones. */
export interface ResultLimits {
  readonly ttlMs: number;
  /** Results of one caller. */
  readonly most: number;
  /** Bytes of one result. */
  readonly mostBytes: number;
  /** Bytes of all results of one caller. */
  readonly mostBytesTogether: number;
  /** Bytes of all results of all callers in the same folder. Default: sixteen times those of one caller. */
  readonly mostBytesOfAll?: number;
}

const mebibyte = 1024 * 1024;

export const defaultResultLimits: ResultLimits = {
  ttlMs: 3_600_000,
  most: 100,
  mostBytes: 64 * mebibyte,
  mostBytesTogether: 512 * mebibyte,
};
