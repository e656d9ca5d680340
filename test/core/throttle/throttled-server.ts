import { delay } from '../../../src/core/base/delay.ts';

export interface ThrottledServerOptions {
  readonly ratePerSecond: number;
  readonly burst: number;
  readonly latencyMs: number;
  /** Refused requests use up budget as well, as at Microsoft Graph. */
  readonly countsRefusals?: boolean;
  readonly retryAfterMs: number;
}

/** A token bucket as services have it, by the (fake) system time. */
export class ThrottledServer {
  readonly #options: ThrottledServerOptions;
  #level: number;
  #at = Date.now();
  #pausedUntil = 0;
  served = 0;
  refused = 0;
  /** Requests that arrived although a pause had been asked for and its answer had been received. */
  early = 0;

  constructor(options: ThrottledServerOptions) {
    this.#options = options;
    this.#level = options.burst;
  }

  async handle(): Promise<{ status: number; pauseMs?: number }> {
    const { latencyMs, burst, ratePerSecond, retryAfterMs, countsRefusals } = this.#options;
    if (Date.now() < this.#pausedUntil) this.early += 1;
    await delay(latencyMs / 2);
    const now = Date.now();
    this.#level = Math.min(burst, this.#level + ((now - this.#at) * ratePerSecond) / 1000);
    this.#at = now;
    const isServed = this.#level >= 1;
    if (isServed || countsRefusals) this.#level = Math.max(isServed ? 0 : -ratePerSecond, this.#level - 1);
    await delay(latencyMs / 2);
    if (isServed) {
      this.served += 1;
      return { status: 200 };
    }
    this.refused += 1;
    this.#pausedUntil = Date.now() + retryAfterMs;
    return { status: 429, pauseMs: retryAfterMs };
  }
}
