import type { Clock } from '../base/clock.ts';
import { delay } from '../base/delay.ts';

/** Runs a job alone and in turn; Bottleneck in production. */
export interface JobQueue {
  schedule(job: () => Promise<void>): Promise<void>;
}

/** Rings once at a time; a lane that waits for the clock has one. */
export class Alarm {
  readonly #clock: Clock;
  readonly #createJobs: () => Promise<JobQueue>;
  readonly #onRing: () => void;
  #jobs: Promise<JobQueue> | undefined;
  #setting: { readonly at: number; readonly stop: AbortController } | undefined;

  constructor(clock: Clock, createJobs: () => Promise<JobQueue>, onRing: () => void) {
    this.#clock = clock;
    this.#createJobs = createJobs;
    this.#onRing = onRing;
  }

  /** Rings at `at` (epoch milliseconds), unless it is set to an earlier time already. */
  set(at: number): void {
    if (this.#setting !== undefined && this.#setting.at <= at) return;
    this.#setting?.stop.abort();
    const setting = { at, stop: new AbortController() };
    this.#setting = setting;
    this.#wait(at, setting.stop.signal).then(
      () => this.#ring(setting),
      () => this.#ring(setting),
    );
  }

  stop(): void {
    const setting = this.#setting;
    this.#setting = undefined;
    setting?.stop.abort();
  }

  async #wait(at: number, signal: AbortSignal): Promise<void> {
    this.#jobs ??= this.#createJobs();
    const jobs = await this.#jobs;
    await jobs.schedule(async () => {
      const waitMs = at - this.#clock.now();
      if (waitMs > 0 && !signal.aborted) await delay(waitMs, signal);
    });
  }

  /** A setting that was replaced or stopped does not ring. */
  #ring(setting: object): void {
    if (this.#setting === setting) {
      this.#setting = undefined;
      this.#onRing();
    }
  }
}
