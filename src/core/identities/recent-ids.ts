import type { Clock } from '../base/clock.ts';

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

  /** Takes an object for new if the directory made it within the last minutes, whoever asked for it. */
  addIfNew(createdDateTime: string | undefined, ...ids: readonly string[]): void {
    const createdAt = Date.parse(createdDateTime ?? '');
    if (Math.abs(this.#clock.now() - createdAt) < rememberMs) this.add(...ids);
  }
}
