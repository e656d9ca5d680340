import type { Clock } from '../base/clock.ts';
import { delay } from '../base/delay.ts';
import { readAmount, readQuotaReset } from '../base/retry-after.ts';
import type { Slot, SlotRequest } from './limiter-registry.ts';
import { Pace } from './pace.ts';

/** Somebody who waits for a slot. */
export interface Waiter {
  readonly request: SlotRequest;
  admit(slot: Slot): void;
  refuse(error: Error): void;
}

/** From here on the directory reports how much of a limit is used; 1 is where refusals begin. */
const slowDownFrom = 0.8;

/** What pauses together: one service of one key, reading or writing (and one mailbox, where it has limits of its own). */
export class Lane {
  readonly name: string;
  readonly queue = new FairQueue<Waiter>();
  readonly pace = new Pace();
  readonly alarm: Alarm;
  inFlight = 0;
  pausedUntil = 0;

  constructor(name: string, clock: Clock, createJobs: () => Promise<JobQueue>, onRing: () => void) {
    this.name = name;
    this.alarm = new Alarm(clock, createJobs, onRing);
  }

  pauseUntil(at: number): void {
    this.pausedUntil = Math.max(this.pausedUntil, at);
  }

  pauseLeftMs(now: number): number {
    return Math.max(0, this.pausedUntil - now);
  }

  /** Nothing is going on: it can be forgotten. */
  isIdle(now: number): boolean {
    const isBusy = this.queue.size > 0 || this.inFlight > 0 || this.pauseLeftMs(now) > 0;
    return !isBusy && this.pace.perSecond === undefined;
  }

  /**
   * Corrects pace and pause by what the service says in its headers.
   *
   * - `x-ms-throttle-limit-percentage`: https://learn.microsoft.com/graph/throttling-limits
   * - `RateLimit-*`: https://learn.microsoft.com/sharepoint/dev/general-development/how-to-avoid-getting-throttled-or-blocked-in-sharepoint-online
   * - `x-ms-user-quota-*`: https://learn.microsoft.com/azure/governance/resource-graph/concepts/guidance-for-throttled-requests
   * - `X-RateLimit-Delay`: https://learn.microsoft.com/azure/devops/integrate/concepts/rate-limits
   */
  hear(headers: Readonly<Record<string, string>>, now: number): void {
    const used = readAmount(headers['x-ms-throttle-limit-percentage']);
    if (used !== undefined && used >= slowDownFrom) this.pace.slowDown(used, now);
    this.#spread(readAmount(headers['ratelimit-remaining']), readAmount(headers['ratelimit-reset']), now);
    const resetMs = readQuotaReset(headers);
    if (resetMs !== undefined) this.pauseUntil(now + resetMs);
    const delayed = readAmount(headers['x-ratelimit-delay']);
    if (delayed !== undefined && delayed > 0) this.pauseUntil(now + Math.min(delayed, 60) * 1000);
  }

  /** What remains of the current period is spread over it. */
  #spread(remaining: number | undefined, resetSeconds: number | undefined, now: number): void {
    if (remaining === undefined || resetSeconds === undefined || resetSeconds === 0) return;
    if (remaining === 0) {
      this.pauseUntil(now + resetSeconds * 1000);
    } else {
      this.pace.limitTo(remaining / resetSeconds, now);
    }
  }
}

/** A queue with one line for each caller; the lines are served in turn, and replays before everybody. */
class FairQueue<Item> {
  readonly #replays: Item[] = [];
  /** In the order in which the callers are served next. */
  readonly #lines = new Map<string, Item[]>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(item: Item, caller: string, isReplay: boolean): void {
    this.#size += 1;
    if (isReplay) {
      this.#replays.push(item);
      return;
    }
    const line = this.#lines.get(caller);
    if (line === undefined) {
      this.#lines.set(caller, [item]);
    } else {
      line.push(item);
    }
  }

  /** Who is next; stays in the queue. */
  peek(): Item | undefined {
    const [replay] = this.#replays;
    if (replay !== undefined) return replay;
    for (const line of this.#lines.values()) {
      return line[0];
    }
    return undefined;
  }

  /** Takes the one that `peek` shows; its caller goes to the end. */
  shift(): Item | undefined {
    if (this.#size === 0) return undefined;
    this.#size -= 1;
    if (this.#replays.length > 0) return this.#replays.shift();
    for (const [caller, line] of this.#lines) {
      const item = line.shift();
      this.#lines.delete(caller);
      if (line.length > 0) this.#lines.set(caller, line);
      return item;
    }
    return undefined;
  }

  /** Takes somebody out who no longer wants to wait. */
  remove(item: Item, caller: string): void {
    const line = this.#replays.includes(item) ? this.#replays : this.#lines.get(caller);
    const at = line?.indexOf(item) ?? -1;
    if (line === undefined || at < 0) return;
    line.splice(at, 1);
    this.#size -= 1;
    if (line.length === 0) this.#lines.delete(caller);
  }

  /** Everybody who waits, in no particular order. */
  items(): Item[] {
    return [...this.#replays, ...[...this.#lines.values()].flat()];
  }

  /** Empties the queue. */
  drain(): Item[] {
    const items: Item[] = [];
    for (let item = this.shift(); item !== undefined; item = this.shift()) {
      items.push(item);
    }
    return items;
  }
}

/** Runs a job alone and in turn; Bottleneck in production. */
export interface JobQueue {
  schedule(job: () => Promise<void>): Promise<void>;
}

/** Rings once at a time; a lane that waits for the clock has one. */
class Alarm {
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
