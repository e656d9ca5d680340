export interface BucketOptions {
  /** Tokens per second. */
  readonly rate: number;
  /** Tokens that a rested bucket holds. */
  readonly burst: number;
  /** Whether a refused request uses up a token as well, as it does at Microsoft Graph. */
  readonly countRefusals: boolean;
}

/** Arrivals within this time after the first refusal were on their way already; on a busy machine that takes a while. */
const inFlightMs = 250;
/** Timers of Node may fire this much early. */
const timerSlackMs = 2;

/** The service's side of throttling, with an account of how well the client behaves. */
export class TokenBucket {
  readonly #options: BucketOptions;
  #tokens: number;
  #updatedAt: number;
  #pauseBegan = 0;
  #pauseUntil = 0;
  /** Requests that arrived although the client had been asked to wait. */
  sentDuringPause = 0;
  refusals = 0;

  constructor(options: BucketOptions, now: number) {
    this.#options = options;
    this.#tokens = options.burst;
    this.#updatedAt = now;
  }

  /** Takes a token; otherwise gives the whole seconds to wait. `now` in milliseconds. */
  take(now: number): number {
    const { rate, burst, countRefusals } = this.#options;
    if (now < this.#pauseUntil - timerSlackMs && now > this.#pauseBegan + inFlightMs) this.sentDuringPause++;
    this.#tokens = Math.min(burst, this.#tokens + ((now - this.#updatedAt) / 1_000) * rate);
    this.#updatedAt = now;
    if (this.#tokens >= 1) {
      this.#tokens -= 1;
      return 0;
    }
    this.refusals++;
    if (countRefusals) this.#tokens -= 1;
    const seconds = Math.max(1, Math.ceil((1 - this.#tokens) / rate));
    if (now >= this.#pauseUntil) this.#pauseBegan = now;
    this.#pauseUntil = Math.max(this.#pauseUntil, now + seconds * 1_000);
    return seconds;
  }
}
