import 'bottleneck';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { delay } from '../../../src/core/base/delay.ts';
import type { BucketDefinition, Budget, CreateBudget, WantedBudget } from '../../../src/core/throttle/budget.ts';
import { createLimiterRegistry } from '../../../src/core/throttle/limiter.ts';
import type { LimiterRegistry, Slot, SlotRequest } from '../../../src/core/throttle/limiter-registry.ts';
import { bucket, slotRequest } from './slot-request.ts';

/** What several nodes share: units by the name of a budget, handed out after a while. */
class Bank {
  readonly leased = new Map<string, number>();
  leases = 0;

  async lease(name: string, capacity: number, units: number): Promise<number> {
    this.leases += 1;
    await delay(20);
    const left = capacity - (this.leased.get(name) ?? 0);
    const granted = Math.min(left, units);
    this.leased.set(name, capacity - left + granted);
    return granted;
  }

  async giveBack(name: string, units: number): Promise<void> {
    await delay(20);
    this.leased.set(name, (this.leased.get(name) ?? 0) - units);
  }
}

/** Spends what it has leased; leases in chunks, ahead of nothing. */
class LeasedBudget implements Budget {
  readonly definition: BucketDefinition;
  isKept = true;
  readonly #bank: Bank;
  readonly #wanted: WantedBudget;
  #credit = 0;
  #leasedAt = 0;
  #lease: Promise<void> | undefined;

  constructor(bank: Bank, wanted: WantedBudget) {
    this.definition = wanted.definition;
    this.#bank = bank;
    this.#wanted = wanted;
  }

  waitMs(cost: number): number {
    if (this.#credit >= cost) return 0;
    this.#lease ??= this.#fetch(cost);
    return Number.POSITIVE_INFINITY;
  }

  async #fetch(cost: number): Promise<void> {
    const { name, definition, onChange } = this.#wanted;
    const granted = await this.#bank.lease(name, definition.capacity, Math.max(cost, 4));
    this.#credit += granted;
    this.#leasedAt = Date.now();
    this.#lease = undefined;
    if (granted > 0) onChange();
  }

  take(cost: number): void {
    this.#credit -= cost;
  }

  release(): void {}
  correct(): void {}
  limitTo(): void {}
  pauseUntil(): void {}

  pauseLeftMs(): number {
    return 0;
  }

  left(): number {
    return this.#credit;
  }

  ageMs(now: number): number {
    return now - this.#leasedAt;
  }

  async close(): Promise<void> {
    const { name } = this.#wanted;
    await this.#bank.giveBack(name, this.#credit);
    this.#credit = 0;
  }
}

const charge = { bucket: bucket({ capacity: 10, windowMs: 1e9 }), cost: 1 };
let bank: Bank;
let nodes: LimiterRegistry[];

beforeEach(() => {
  vi.useFakeTimers();
  bank = new Bank();
  const createBudget: CreateBudget = (wanted) => new LeasedBudget(bank, wanted);
  nodes = [createLimiterRegistry({ createBudget }), createLimiterRegistry({ createBudget })];
});

afterEach(() => {
  vi.useRealTimers();
});

function acquire(node: number, overrides: Partial<SlotRequest> = {}): Slot | Promise<Slot> {
  const limiter = nodes[node];
  if (limiter === undefined) throw new Error('There is no such node.');
  return limiter.acquire(slotRequest({ maxConcurrent: 100, charges: [charge], ...overrides }));
}

describe('a budget that leases its units', () => {
  test('lets a request wait for the lease, and the next ones go at once', async () => {
    const first = acquire(0);
    expect(first).toBeInstanceOf(Promise);
    await vi.advanceTimersByTimeAsync(20);
    await first;
    for (let request = 0; request < 3; request++) expect(acquire(0)).not.toBeInstanceOf(Promise);
    expect(bank.leases).toBe(1);
  });

  test('never lets all nodes together spend more than there is', async () => {
    let granted = 0;
    for (let request = 0; request < 20; request++) {
      Promise.resolve(acquire(request % 2)).then(
        (slot) => {
          granted += 1;
          slot.release({ status: 200 });
        },
        () => undefined,
      );
    }
    await vi.advanceTimersByTimeAsync(1_000);
    expect(granted).toBe(10);
    expect([...bank.leased]).toEqual([['app tenant units', 10]]);
  });

  test('has the name of its key and scope, the same on every node', async () => {
    const scoped = { charges: [{ ...charge, scope: 'ada' }] };
    void acquire(0, scoped);
    void acquire(1, scoped);
    void acquire(1, { lane: 'graph directory write' });
    await vi.advanceTimersByTimeAsync(20);
    expect([...bank.leased]).toEqual([
      ['app tenant units ada', 8],
      ['app tenant units', 4],
    ]);
  });

  test('says how old its figure is', async () => {
    void acquire(0);
    await vi.advanceTimersByTimeAsync(20);
    await vi.advanceTimersByTimeAsync(700);
    expect(nodes[0]?.snapshot().budgets).toMatchObject([{ budget: 'units', left: 3, ageMs: 700 }]);
  });

  test('gives back what is left of its lease before the limiter is closed', async () => {
    void acquire(0);
    await vi.advanceTimersByTimeAsync(20);
    let isClosed = false;
    const closing = nodes[0]?.close().then(() => {
      isClosed = true;
    });
    await vi.advanceTimersByTimeAsync(10);
    expect([isClosed, bank.leased.get('app tenant units')]).toEqual([false, 4]);
    await vi.advanceTimersByTimeAsync(10);
    await closing;
    expect([isClosed, bank.leased.get('app tenant units')]).toEqual([true, 1]);
  });

  test('gives it back as well when its key is forgotten', async () => {
    for (let key = 0; key < 1_000; key++) {
      const leasing = Promise.resolve(acquire(0, { key: `key-${key}` }));
      await vi.advanceTimersByTimeAsync(20);
      (await leasing).release({ status: 200 });
    }
    void acquire(0, { key: 'one too many' });
    await vi.advanceTimersByTimeAsync(20);
    expect([bank.leased.get('key-0 units'), bank.leased.get('key-999 units')]).toEqual([1, 1]);
  });

  test('is not waited for any longer once the call is cancelled', async () => {
    const controller = new AbortController();
    const waiting = Promise.resolve(acquire(0, { signal: controller.signal }));
    const refused = expect(waiting).rejects.toMatchObject({ code: 'cancelled' });
    controller.abort();
    await refused;
    await vi.advanceTimersByTimeAsync(20);
    expect(acquire(0)).not.toBeInstanceOf(Promise);
  });
});
