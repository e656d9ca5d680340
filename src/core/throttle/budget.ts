import { readAmount } from '../base/retry-after.ts';

/**
 * What is left of one published budget. Times are epoch milliseconds. Everything but `close` answers at once, from what
 * this process knows: a budget that several nodes share leases units ahead, answers `waitMs` with Infinity while it waits
 * for a lease, and calls `onChange` when it has one.
 */
export interface Budget {
  readonly definition: BucketDefinition;
  /**
   * Whether requests wait for it. A budget in resource units counts once the service reports such units: a service that
   * does not count them cannot refuse for them.
   */
  isKept: boolean;
  /** Milliseconds until `cost` can be taken; 0 when it can be now, Infinity when only a release can help. */
  waitMs(cost: number, now: number): number;
  take(cost: number, now: number): void;
  /** The request is over. */
  release(cost: number): void;
  /** The service says what a request really cost. */
  correct(difference: number, now: number): void;
  /** The service says what was left when it answered. */
  limitTo(left: number, now: number): void;
  /** Nothing may be taken before this time. */
  pauseUntil(at: number): void;
  /** Milliseconds that such a pause still lasts. */
  pauseLeftMs(now: number): number;
  left(now: number): number;
  /** How old `left` is, in milliseconds: 0 where only this process spends, otherwise the age of the last lease. */
  ageMs(now: number): number;
  /** Gives back what is leased. Never rejects. */
  close(): Promise<void>;
}

/** What a gate asks for when a charge names a budget for the first time. */
export interface WantedBudget {
  /** The same for the same budget on every node: the key of the gate, the id of the budget, and its scope. */
  readonly name: string;
  readonly definition: BucketDefinition;
  readonly now: number;
  /** To be called when `waitMs` gets shorter, or a pause longer, by itself; never from within a method of the budget. */
  readonly onChange: () => void;
}

export type CreateBudget = (wanted: WantedBudget) => Budget;

/** Counted in this process alone. A refusal of the service holds for all that draw on the budget. */
class LocalBudget {
  readonly definition: BucketDefinition;
  isKept: boolean;
  #pausedUntil = 0;

  constructor(definition: BucketDefinition) {
    this.definition = definition;
    this.isKept = definition.inResourceUnits !== true;
  }

  pauseUntil(at: number): void {
    this.#pausedUntil = Math.max(this.#pausedUntil, at);
  }

  pauseLeftMs(now: number): number {
    return Math.max(0, this.#pausedUntil - now);
  }

  ageMs(): number {
    return 0;
  }

  async close(): Promise<void> {}
}

/** Tokens flow in steadily; may go below zero when requests cost more than was reserved for them. */
class TokenBudget extends LocalBudget implements Budget {
  readonly #perMs: number;
  #level: number;
  #at: number;
  /** Taken by requests in flight: the service may not have counted them yet. */
  #onTheWay = 0;

  constructor(definition: BucketDefinition, now: number) {
    super(definition);
    this.#perMs = definition.capacity / definition.windowMs;
    this.#level = definition.capacity;
    this.#at = now;
  }

  waitMs(cost: number, now: number): number {
    const { capacity, reserve = 0 } = this.definition;
    const missing = Math.min(cost + reserve, capacity) - this.left(now);
    return missing <= 0 ? 0 : Math.ceil(missing / this.#perMs);
  }

  take(cost: number, now: number): void {
    this.#level = this.left(now) - cost;
    this.#onTheWay += cost;
  }

  release(cost: number): void {
    this.#onTheWay -= cost;
  }

  correct(difference: number, now: number): void {
    this.#level = this.left(now) - difference;
  }

  limitTo(left: number, now: number): void {
    this.#level = Math.min(this.left(now), left - this.#onTheWay);
  }

  left(now: number): number {
    this.#level = Math.min(this.definition.capacity, this.#level + Math.max(0, now - this.#at) * this.#perMs);
    this.#at = now;
    return this.#level;
  }
}

/** Never more than the capacity in any window of time. */
class WindowBudget extends LocalBudget implements Budget {
  /** Takings of the last window, oldest first. Those within a hundredth of the window are counted as one. */
  #takings: { at: number; cost: number }[] = [];
  #used = 0;

  waitMs(cost: number, now: number): number {
    const { capacity, windowMs } = this.definition;
    let missing = Math.min(cost, capacity) - this.left(now);
    for (const taking of this.#takings) {
      if (missing <= 0) break;
      missing -= taking.cost;
      if (missing <= 0) return taking.at + windowMs - now;
    }
    return 0;
  }

  take(cost: number, now: number): void {
    const last = this.#takings.at(-1);
    if (last !== undefined && now - last.at < this.definition.windowMs / 100) {
      last.cost += cost;
      last.at = now;
    } else {
      this.#takings.push({ at: now, cost });
    }
    this.#used += cost;
  }

  release(): void {}

  correct(difference: number, now: number): void {
    this.take(difference, now);
  }

  limitTo(left: number, now: number): void {
    const surplus = this.left(now) - left;
    if (surplus > 0) this.take(surplus, now);
  }

  left(now: number): number {
    const { capacity, windowMs } = this.definition;
    while (this.#takings[0] !== undefined && this.#takings[0].at + windowMs <= now) {
      this.#used -= this.#takings[0].cost;
      this.#takings.shift();
    }
    return capacity - this.#used;
  }
}

class ConcurrencyBudget extends LocalBudget implements Budget {
  #taken = 0;

  waitMs(cost: number): number {
    return this.left() >= Math.min(cost, this.definition.capacity) ? 0 : Number.POSITIVE_INFINITY;
  }

  take(cost: number): void {
    this.#taken += cost;
  }

  release(cost: number): void {
    this.#taken -= cost;
  }

  correct(): void {}

  limitTo(): void {}

  left(): number {
    return this.definition.capacity - this.#taken;
  }
}

export function createBudget(definition: BucketDefinition, now: number): Budget {
  switch (definition.kind) {
    case 'bucket':
      return new TokenBudget(definition, now);
    case 'window':
      return new WindowBudget(definition);
    case 'concurrency':
      return new ConcurrencyBudget(definition);
  }
}

/**
 * Corrects a budget by what the service says in its headers.
 *
 * - `x-ms-resource-unit`: https://learn.microsoft.com/graph/throttling-limits
 * - `x-ms-ratelimit-remaining-*`: https://learn.microsoft.com/azure/azure-resource-manager/management/request-limits-and-throttling
 */
export function correctBudget(
  budget: Budget,
  { bucket, cost }: Charge,
  headers: Readonly<Record<string, string>>,
  now: number,
): void {
  const units = readAmount(headers['x-ms-resource-unit']);
  if (bucket.inResourceUnits === true && units !== undefined) {
    budget.isKept = true;
    // No request costs more than all there is: a header that says so would stop everything for hours.
    budget.correct(Math.min(units, bucket.capacity) - cost, now);
  }
  const remaining = readAmount(headers[bucket.remainingHeader ?? '']);
  if (remaining !== undefined) budget.limitTo(remaining, now);
}

/**
 * A budget that a service publishes for an app in a tenant.
 *
 * - `bucket`: tokens flow in steadily and may be saved up to `capacity` (resource units, ARM).
 * - `window`: never more than `capacity` in any `windowMs` (audit logs: 5 in 10 s).
 * - `concurrency`: never more than `capacity` requests in flight (one mailbox: 4).
 */
export interface BucketDefinition {
  /** Unique within its API: `directory.units`. Budgets with the same id are the same budget. */
  readonly id: string;
  readonly kind: 'bucket' | 'window' | 'concurrency';
  readonly capacity: number;
  /** Time in which `capacity` comes back; 0 for `concurrency`. */
  readonly windowMs: number;
  /** `x-ms-resource-unit` tells the real cost of a request in units of this budget. Default false. */
  readonly inResourceUnits?: boolean;
  /** Lower-case name of the header that tells what is left: `x-ms-ratelimit-remaining-subscription-reads`. */
  readonly remainingHeader?: string;
  /**
   * Part of the capacity of a `bucket` that stays unspent, for differences between our count and the service's that
   * network and clocks cause. Default 0.
   */
  readonly reserve?: number;
  /**
   * Whether a refusal (429) with these headers means this budget: then everything that draws on it waits as long as the
   * service asks, whatever lane it is in. Lower-case names. Default: never, the refused lane alone waits.
   */
  isRefusal?(headers: Readonly<Record<string, string>>): boolean;
  /** Page where the service publishes the numbers. */
  readonly source: string;
}

/** What one request takes from one budget. */
export interface Charge {
  readonly bucket: BucketDefinition;
  /** In units of the budget; 1 for `concurrency`. */
  readonly cost: number;
  /** Splits the budget by object, e.g. the mailbox: each value has the whole capacity. */
  readonly scope?: string;
}
