import { AppError } from '../base/errors.ts';

/** Small facts that outlive a call and a process, such as the position of a delta query. Never secrets. */
export interface SavedState {
  /** The last value, parsed from JSON; undefined when there is none. Untrusted: parse it with a schema. */
  get(key: StateKey): Promise<unknown>;
  /**
   * Replaces the value as a whole; `value` must be JSON. One with an end is forgotten then: a name always has one or never.
   * Throws `configuration` when the value is longer than `stateLimits` allow, or there is no room for it.
   */
  set(key: StateKey, value: unknown, life?: StateLife): Promise<void>;
  /** Resolves also when there is nothing to remove. */
  remove(key: StateKey): Promise<void>;
  /** Removes what has come to its end. */
  sweep(): Promise<void>;
}

export interface StateLife {
  /** Epoch milliseconds. */
  readonly expiresAt: number;
}

/** Facts are small, but what is in them comes from services: the links of a delta query. Together: those of one caller. */
export const stateLimits = { mostBytes: 1024 * 1024, mostBytesTogether: 64 * 1024 * 1024 } as const;

/** The answer to a value that is too long to be kept. */
export function stateTooLong(bytes: number): AppError {
  return new AppError(
    'configuration',
    `The position is too long to be saved: ${bytes} bytes, and at most ${stateLimits.mostBytes} are kept.`,
    { hint: 'Ask for less with $select and $filter, or leave name out and go on with meta.cursor or the delta link.' },
  );
}

/** The answer where all values of a caller together are too many. */
export function stateFull(): AppError {
  return new AppError('configuration', `Saved positions take more than ${stateLimits.mostBytesTogether} bytes.`, {
    hint: 'Use names again that you have used before, or ask the person who runs Tenantry to clear the state folder of its home.',
  });
}

/** Names a fact within its owner: `['graph_delta', 'staff']` of one connection of one caller. */
export interface StateKey {
  readonly caller: string;
  readonly connectionId: string;
  readonly name: readonly string[];
}
