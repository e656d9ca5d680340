import type { Patience } from '../base/patience.ts';
import type { BucketDefinition, Charge } from './budget.ts';

export interface SlotRequest {
  /** What shares concurrency and budgets: `rate_limit_key`, or base URL, app and tenant. */
  readonly key: string;
  /** What pauses together within the key: service and read or write. */
  readonly lane: string;
  /** Whose call it is: callers are served in turn, however many calls each of them has. Default: one for all. */
  readonly owner?: string;
  /** Requests of one call wait in one line; the lines of a caller are served in turn. */
  readonly caller: string;
  readonly maxConcurrent: number;
  readonly charges: readonly Charge[];
  /** It has waited before and was refused: it goes first. */
  readonly isReplay: boolean;
  readonly signal: AbortSignal;
  /** Told of a pause that the request waits for; when it ends, such a request fails with `throttled`. */
  readonly patience?: Patience | undefined;
  /** Epoch milliseconds; a pause that ends later fails at once with `throttled`. */
  readonly deadlineAt: number;
  /** Longest wait for a free slot. */
  readonly poolMs: number | undefined;
}

/** How the attempt ended; the limiter learns from it. */
export interface SlotOutcome {
  /** Undefined when no answer came. */
  readonly status?: number;
  /** Lower-case names. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The service asked for a pause: nothing of this lane is sent for this long. */
  readonly pauseMs?: number;
}

export interface Slot {
  /** Hands the slot on; the pause takes effect before another request gets it. Call it exactly once. */
  release(outcome: SlotOutcome): void;
}

/** One lane of a key, for `tenantry://limits`. */
export interface LaneSnapshot {
  readonly key: string;
  readonly lane: string;
  readonly waiting: number;
  readonly inFlight: number;
  /** Milliseconds that its pause still lasts; 0 when it is not paused. */
  readonly pausedForMs: number;
  /** Requests per second that the lane keeps to since it was refused; undefined when it need not. */
  readonly pacedPerSecond: number | undefined;
  /** What of it belongs to whom: of each caller that has used the lane, and the caller that is none (`''`). */
  readonly owners: ReadonlyMap<string, LaneShare>;
}

/** One caller's part of a lane. */
export interface LaneShare {
  readonly waiting: number;
  readonly inFlight: number;
}

/** One budget of a key, for `tenantry://limits`. */
export interface BudgetSnapshot extends Pick<BucketDefinition, 'capacity' | 'windowMs' | 'source'> {
  readonly key: string;
  readonly budget: string;
  readonly left: number;
  /** How old `left` is, in milliseconds: 0 where this process alone keeps the budget. */
  readonly ageMs: number;
}

export interface LimiterSnapshot {
  readonly lanes: readonly LaneSnapshot[];
  readonly budgets: readonly BudgetSnapshot[];
}

/**
 * Limits of all connections of a process: the seam between the pipeline and what keeps the limits. The pipeline knows
 * nothing else about it, so another limiter only has to be passed to `createRuntime({ limiter })`.
 *
 * Limits that several nodes share need no limiter of their own: the embedded one takes another `createBudget`
 * (`LimiterOptions`), whose budgets lease units from a bank; lanes, queues and pace stay with each node.
 */
export interface LimiterRegistry {
  /**
   * A slot: at once when one is free (no promise, no timer), otherwise when it is this request's turn.
   * Rejects with `throttled` when the queue is full or the pause is longer than the deadline, with `cancelled` when
   * the signal aborts.
   */
  acquire(request: SlotRequest): Slot | Promise<Slot>;
  /** What waits and what is left, for one key or all, as far as this process knows: it asks no other node. */
  snapshot(key?: string): LimiterSnapshot;
  /** Refuses all that still wait, ends all timers, and gives back what other nodes could use. */
  close(): Promise<void>;
}
