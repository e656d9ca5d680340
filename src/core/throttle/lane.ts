import type { Clock } from '../base/clock.ts';
import { delay } from '../base/delay.ts';
import { longestPauseMs, readAmount, readQuotaReset } from '../base/retry-after.ts';
import type { LaneShare, Slot, SlotRequest } from './limiter-registry.ts';
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
  /** The same by caller, of all that have used the lane. */
  readonly #inFlightOf = new Map<string, number>();
  pausedUntil = 0;
  /** After the longest pause one request asks whether it is over, before others go. */
  #isOnTrial = false;

  constructor(name: string, clock: Clock, onRing: () => void) {
    this.name = name;
    this.alarm = new Alarm(clock, onRing);
  }

  /** One more, or one less, of this caller is in flight. */
  fly(by: 1 | -1, owner = ''): void {
    this.inFlight += by;
    this.#inFlightOf.set(owner, (this.#inFlightOf.get(owner) ?? 0) + by);
  }

  shares(): ReadonlyMap<string, LaneShare> {
    const owners = [...this.#inFlightOf];
    const waiting = this.queue
      .items()
      .flatMap(({ request: { owner = '' } }) => (this.#inFlightOf.has(owner) ? [] : owner));
    const all = [...owners, ...waiting.map((owner) => [owner, 0] as const)];
    return new Map(all.map(([owner, inFlight]) => [owner, { waiting: this.queue.sizeOf(owner), inFlight }]));
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

  /** Its name without whose mailbox it is, for metrics: service, part of it, and read or write. */
  get label(): string {
    return this.name.split(' ', 3).join(' ');
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

/** Lines that are served in turn; none of them is empty. */
class Lines<Item> {
  /** In the order in which they are served next. */
  readonly #lines = new Map<string, Item[]>();

  get isEmpty(): boolean {
    return this.#lines.size === 0;
  }

  add(item: Item, line: string): void {
    const items = this.#lines.get(line);
    if (items === undefined) {
      this.#lines.set(line, [item]);
    } else {
      items.push(item);
    }
  }

  peek(): Item | undefined {
    const [first] = this.#lines.values();
    return first?.[0];
  }

  /** Takes the one that `peek` shows; its line goes to the end. */
  shift(): Item | undefined {
    const [first] = this.#lines;
    if (first === undefined) return undefined;
    const [line, items] = first;
    const item = items.shift();
    this.#lines.delete(line);
    if (items.length > 0) this.#lines.set(line, items);
    return item;
  }

  remove(item: Item, line: string): boolean {
    const items = this.#lines.get(line);
    const at = items?.indexOf(item) ?? -1;
    if (items === undefined || at < 0) return false;
    items.splice(at, 1);
    if (items.length === 0) this.#lines.delete(line);
    return true;
  }

  items(): Item[] {
    return [...this.#lines.values()].flat();
  }
}

/** Where in the queue a request stands. */
type Place = Pick<SlotRequest, 'owner' | 'caller' | 'isReplay'>;

/** Callers are served in turn, and the calls of each of them in turn; replays go before all of them. */
class FairQueue<Item> {
  readonly #replays: Item[] = [];
  /** In the order in which the callers are served next. */
  readonly #owners = new Map<string, Lines<Item>>();
  /** How many each caller has in here, replays too. */
  readonly #sizes = new Map<string, number>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  sizeOf(owner: string): number {
    return this.#sizes.get(owner) ?? 0;
  }

  add(item: Item, { owner = '', caller, isReplay }: Place): void {
    this.#count(owner, 1);
    if (isReplay) {
      this.#replays.push(item);
      return;
    }
    const lines = this.#owners.get(owner) ?? new Lines<Item>();
    lines.add(item, caller);
    this.#owners.set(owner, lines);
  }

  /** Who is next; stays in the queue. */
  peek(): Item | undefined {
    const [replay] = this.#replays;
    if (replay !== undefined) return replay;
    const [first] = this.#owners.values();
    return first?.peek();
  }

  /** Takes the one that `peek` shows; its caller goes to the end. */
  shift(placeOf: (item: Item) => Place): Item | undefined {
    const item = this.#replays.length > 0 ? this.#replays.shift() : this.#shiftLine();
    if (item !== undefined) this.#count(placeOf(item).owner ?? '', -1);
    return item;
  }

  remove(item: Item, { owner = '', caller }: Place): void {
    const at = this.#replays.indexOf(item);
    if (at >= 0) {
      this.#replays.splice(at, 1);
      this.#count(owner, -1);
      return;
    }
    const lines = this.#owners.get(owner);
    if (lines?.remove(item, caller) !== true) return;
    if (lines.isEmpty) this.#owners.delete(owner);
    this.#count(owner, -1);
  }

  /** All items, in no particular order. */
  items(): Item[] {
    return [...this.#replays, ...[...this.#owners.values()].flatMap((lines) => lines.items())];
  }

  drain(): Item[] {
    const items = this.items();
    this.#replays.length = 0;
    this.#owners.clear();
    this.#sizes.clear();
    this.#size = 0;
    return items;
  }

  #shiftLine(): Item | undefined {
    const [first] = this.#owners;
    if (first === undefined) return undefined;
    const [owner, lines] = first;
    const item = lines.shift();
    this.#owners.delete(owner);
    if (!lines.isEmpty) this.#owners.set(owner, lines);
    return item;
  }

  #count(owner: string, by: 1 | -1): void {
    this.#size += by;
    const size = this.sizeOf(owner) + by;
    if (size > 0) {
      this.#sizes.set(owner, size);
    } else {
      this.#sizes.delete(owner);
    }
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
