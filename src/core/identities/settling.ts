import type { CallContext } from '../base/call-context.ts';
import type { Clock } from '../base/clock.ts';
import { delay } from '../base/delay.ts';
import { AppError } from '../base/errors.ts';

/** Two minutes in all: the directory is seconds behind as a rule. https://learn.microsoft.com/graph/best-practices-concept */
const waitsMs: readonly number[] = [1, 2, 4, 8, 15, 15, 15, 15, 15, 15, 15].map((seconds) => seconds * 1_000);

export interface SettlingOptions {
  readonly clock: Clock;
  readonly call: CallContext;
  /** Whether a failure may only mean that something new is not known everywhere yet, or that others are at work. */
  readonly isPassing: (error: AppError) => boolean;
  /** What the person is told about the first wait. */
  readonly note: string;
  /** Default 120,000. */
  readonly longestMs?: number;
}

/**
 * Repeats `attempt` while its failure may pass, for two minutes at most and never beyond the deadline of the call. Then,
 * and for every other failure, the failure itself is thrown.
 */
export async function untilSettled<Result>(
  attempt: () => Promise<Result>,
  { clock, call, isPassing, note, longestMs = 120_000 }: SettlingOptions,
): Promise<Result> {
  const startedAt = clock.now();
  for (const waitMs of waitsMs) {
    try {
      return await attempt();
    } catch (error) {
      const until = clock.now() + waitMs;
      const isWorthIt = error instanceof AppError && isPassing(error);
      if (!isWorthIt || until > call.deadlineAt || until - startedAt > longestMs) throw error;
      call.note(note);
      await delay(waitMs, call.signal);
    }
  }
  return attempt();
}

const rememberMs = 5 * 60_000;
const maxRemembered = 5_000;

/**
 * Ids of directory objects that are new: only for those a 404 may mean that a replica is behind; for every other object
 * it is final.
 */
export class RecentIds {
  readonly #clock: Clock;
  /** Time by id in lower case, oldest first. */
  readonly #ids = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(...ids: readonly string[]): void {
    for (const id of ids) {
      this.#ids.delete(id.toLowerCase());
      this.#ids.set(id.toLowerCase(), this.#clock.now());
    }
    for (const [oldest] of this.#ids) {
      if (this.#ids.size <= maxRemembered) return;
      this.#ids.delete(oldest);
    }
  }

  has(id: string): boolean {
    const addedAt = this.#ids.get(id.toLowerCase());
    return addedAt !== undefined && this.#clock.now() - addedAt < rememberMs;
  }

  /** Takes an object for new if the directory made it within the last minutes, no matter who asked for it. */
  addIfNew(createdDateTime: string | undefined, ...ids: readonly string[]): void {
    const createdAt = Date.parse(createdDateTime ?? '');
    if (Math.abs(this.#clock.now() - createdAt) < rememberMs) this.add(...ids);
  }
}
