import type { Clock } from '../base/clock.ts';
import { delay } from '../base/delay.ts';
import { longestPauseMs, readAmount, readQuotaReset } from '../base/retry-after.ts';
import type { Slot, SlotRequest } from './limiter-registry.ts';
import { Pace } from './pace.ts';

/** A request that waits for a slot. */
export interface Waiter {
  readonly request: SlotRequest;
  admit(slot: Slot): void;
  /** A pause of so many milliseconds holds it back; may be said again. */
  hold(pauseMs: number): void;
  refuse(error: Error): void;
}

/** The directory reports how much of a limit is used from this share on; refusals begin at 1. */
const slowDownFrom = 0.8;

/** What pauses together: reads or writes of one service and key (and of one mailbox, where it has its own limits). */
export class Lane {
  readonly name: string;
  readonly queue = new FairQueue<Waiter>();
  readonly pace = new Pace();
  readonly alarm: Alarm;
  inFlight = 0;
  pausedUntil = 0;
  /** After the longest pause one request asks whether it is over, before others go. */
  #isOnTrial = false;

  constructor(name: string, clock: Clock, onRing: () => void) {
    this.name = name;
    this.alarm = new Alarm(clock, onRing);
  }

  /** An hour at most, whatever is asked for. */
  pauseFor(ms: number, now: number): void {
    this.pausedUntil = Math.max(this.pausedUntil, now + Math.min(ms, longestPauseMs));
    if (ms >= longestPauseMs) this.#isOnTrial = true;
  }

  pauseLeftMs(now: number): number {
    return Math.max(0, this.pausedUntil - now);
  }

  /** Requests that may be in flight at once. */
  get window(): number {
    return this.#isOnTrial ? 1 : this.pace.window;
  }

  succeeded(now: number): void {
    this.#isOnTrial = false;
    this.pace.succeeded(now);
  }

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
    if (resetMs !== undefined) this.pauseFor(resetMs, now);
    const delayed = readAmount(headers['x-ratelimit-delay']);
    if (delayed !== undefined && delayed > 0) this.pauseFor(Math.min(delayed, 60) * 1000, now);
  }

  /** What remains of the current period is spread over it. */
  #spread(remaining: number | undefined, resetSeconds: number | undefined, now: number): void {
    if (remaining === undefined || resetSeconds === undefined || resetSeconds === 0) return;
    if (remaining === 0) {
      this.pauseFor(resetSeconds * 1000, now);
    } else {
      this.pace.limitTo(remaining / resetSeconds, now);
    }
  }
}

/** A queue with one line for each caller; the lines are served in turn, and replays before all of them. */
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

  remove(item: Item, caller: string): void {
    const line = this.#replays.includes(item) ? this.#replays : this.#lines.get(caller);
    const at = line?.indexOf(item) ?? -1;
    if (line === undefined || at < 0) return;
    line.splice(at, 1);
    this.#size -= 1;
    if (line.length === 0) this.#lines.delete(caller);
  }

  /** All items, in no particular order. */
  items(): Item[] {
    return [...this.#replays, ...[...this.#lines.values()].flat()];
  }

  drain(): Item[] {
    const items: Item[] = [];
    for (let item = this.shift(); item !== undefined; item = this.shift()) {
      items.push(item);
    }
    return items;
  }
}

/** Runs jobs one at a time. */
interface JobQueue {
  schedule(job: () => Promise<void>): Promise<void>;
}

async function createJobQueue(): Promise<JobQueue> {
  const { default: Bottleneck } = await import('bottleneck');
  return new Bottleneck({ maxConcurrent: 1 });
}

/** Rings once at the set time, for a lane that waits for the clock. */
class Alarm {
  readonly #clock: Clock;
  readonly #onRing: () => void;
  #jobs: Promise<JobQueue> | undefined;
  #setting: { readonly at: number; readonly stop: AbortController } | undefined;

  constructor(clock: Clock, onRing: () => void) {
    this.#clock = clock;
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
    this.#jobs ??= createJobQueue();
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
