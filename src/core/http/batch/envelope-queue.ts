import type { BatchEntry } from './batch-item.ts';
import { countLanes, maxItemsPerLane, planEnvelopes } from './plan-envelopes.ts';

type Envelope = readonly BatchEntry[];

/** How many waiting envelopes are searched for one that may go now. */
const lookAhead = 64;

/** Pauses are kept per lane; everything without a lane shares one. */
const commonLane = '';

/** What waits to be sent: envelopes, items for another attempt, and items that need others to be done first. */
export class EnvelopeQueue {
  readonly #byIndex: ReadonlyMap<number, BatchEntry>;
  /** Nothing else goes while refused items wait for their turn. */
  readonly #inOrder: boolean;
  readonly #envelopes: Envelope[];
  #later: readonly BatchEntry[];
  #retries: BatchEntry[] = [];
  /** Epoch milliseconds until which nothing of a lane is sent. */
  readonly #pauses = new Map<string, number>();
  /** Items of each lane that are in flight. */
  readonly #inFlight = new Map<string, number>();

  constructor(entries: readonly BatchEntry[], inOrder: boolean) {
    const plan = planEnvelopes(entries);
    this.#byIndex = new Map(entries.map((entry) => [entry.index, entry]));
    this.#inOrder = inOrder;
    this.#envelopes = [...plan.envelopes];
    this.#later = plan.later;
  }

  /** The next envelope that may go; refused items first. */
  take(now: number): Envelope | undefined {
    if (this.#retries.length > 0) {
      if (this.#retriesDueAt() <= now) {
        this.#planRetries();
      } else if (this.#inOrder) {
        return undefined;
      }
    }
    const at = this.#envelopes.slice(0, lookAhead).findIndex((envelope) => this.#mayGo(envelope, now));
    const [envelope] = at < 0 ? [] : this.#envelopes.splice(at, 1);
    if (envelope !== undefined) this.#count(envelope, 1);
    return envelope;
  }

  /** The envelope came back. */
  release(envelope: Envelope): void {
    this.#count(envelope, -1);
  }

  retry(entry: BatchEntry, notBefore: number): void {
    entry.notBefore = notBefore;
    this.#retries.push(entry);
  }

  /** Nothing of the entry's lane is sent before `until`. */
  pause(entry: BatchEntry, until: number): void {
    const lane = entry.lane ?? commonLane;
    this.#pauses.set(lane, Math.max(until, this.#pauses.get(lane) ?? 0));
  }

  /** When something becomes due that waits for time alone; undefined when nothing does. */
  wakeAt(): number | undefined {
    if (this.#retries.length > 0 && (this.#inOrder || this.#envelopes.length === 0)) return this.#retriesDueAt();
    const times = this.#envelopes.slice(0, lookAhead).map((envelope) => this.#pausedUntil(envelope));
    if (this.#retries.length > 0) times.push(this.#retriesDueAt());
    return times.length === 0 ? undefined : Math.min(...times);
  }

  /**
   * Plans the items that waited for others, now that these are done; those whose others failed are handed to `fail`.
   * False when there are none.
   */
  planWaiting(fail: (entry: BatchEntry, needed: BatchEntry) => void): boolean {
    if (this.#later.length === 0) return false;
    const failed = new Map<number, BatchEntry>();
    const remaining: BatchEntry[] = [];
    for (const entry of this.#later) {
      const needed = this.#failedNeed(entry, failed);
      if (needed === undefined) {
        remaining.push(entry);
      } else {
        fail(entry, needed);
        failed.set(entry.index, entry);
      }
    }
    const plan = planEnvelopes(remaining);
    this.#envelopes.push(...plan.envelopes);
    this.#later = plan.later;
    return true;
  }

  #failedNeed(entry: BatchEntry, failed: ReadonlyMap<number, BatchEntry>): BatchEntry | undefined {
    for (const index of entry.dependsOn) {
      const needed = failed.get(index) ?? this.#byIndex.get(index);
      if (needed?.result?.success === false) return needed;
    }
    return undefined;
  }

  #planRetries(): void {
    const plan = planEnvelopes(this.#retries.toSorted((a, b) => a.index - b.index));
    this.#envelopes.unshift(...plan.envelopes);
    this.#later = [...this.#later, ...plan.later];
    this.#retries = [];
  }

  /** Refused items go together, after the longest wait. */
  #retriesDueAt(): number {
    return this.#retries.reduce((latest, { notBefore }) => Math.max(latest, notBefore), 0);
  }

  #mayGo(envelope: Envelope, now: number): boolean {
    return this.#pausedUntil(envelope) <= now && this.#fits(envelope);
  }

  #pausedUntil(envelope: Envelope): number {
    if (this.#pauses.size === 0) return 0;
    return Math.max(...envelope.map(({ lane }) => this.#pauses.get(lane ?? commonLane) ?? 0));
  }

  /** At most four items of a mailbox at a time; more of them in one envelope run one after the other. */
  #fits(envelope: Envelope): boolean {
    return [...countLanes(envelope)].every(([lane, items]) => {
      const used = this.#inFlight.get(lane) ?? 0;
      return used === 0 || used + items <= maxItemsPerLane;
    });
  }

  #count(envelope: Envelope, sign: 1 | -1): void {
    for (const [lane, items] of countLanes(envelope)) {
      this.#inFlight.set(lane, (this.#inFlight.get(lane) ?? 0) + sign * items);
    }
  }
}
