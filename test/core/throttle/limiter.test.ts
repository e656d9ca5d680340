import 'bottleneck';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { createLimiterRegistry } from '../../../src/core/throttle/limiter.ts';
import type { LimiterRegistry, Slot, SlotRequest } from '../../../src/core/throttle/limiter-registry.ts';
import { bucket, slotRequest } from './slot-request.ts';

let limiter: LimiterRegistry;

beforeEach(() => {
  vi.useFakeTimers();
  limiter = createLimiterRegistry({ maxQueue: 5 });
});

/** Takes a slot that must be free. */
function take(overrides: Partial<SlotRequest> = {}): Slot {
  const slot = limiter.acquire(slotRequest(overrides));
  if (slot instanceof Promise) throw new Error('The slot was not free.');
  return slot;
}

/** Waits for a slot and notes when it came. */
function wait(overrides: Partial<SlotRequest> = {}) {
  const waiting: { slot?: Slot; error?: unknown; at?: number } = {};
  const startedAt = Date.now();
  Promise.resolve(limiter.acquire(slotRequest(overrides))).then(
    (slot) => Object.assign(waiting, { slot, at: Date.now() - startedAt }),
    (error: unknown) => Object.assign(waiting, { error, at: Date.now() - startedAt }),
  );
  return waiting;
}

test('a free slot is handed out synchronously, without a promise or a timer', () => {
  take();
  expect(vi.getTimerCount()).toBe(0);
});

test('no more than max_concurrent_requests are on their way, and a released slot goes to the next at once', async () => {
  const slots = [take(), take(), take(), take()];
  const fifth = wait();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(fifth.slot).toBeUndefined();
  slots[0]?.release({ status: 200 });
  await Promise.resolve();
  await Promise.resolve();
  expect(fifth.slot).toBeDefined();
  expect(vi.getTimerCount()).toBe(0);
});

describe('a pause', () => {
  test('holds back the whole lane until it is over, never earlier', async () => {
    take().release({ status: 429, pauseMs: 7000 });
    const held = wait();
    await vi.advanceTimersByTimeAsync(6999);
    expect(held.slot).toBeUndefined();
    await vi.advanceTimersByTimeAsync(10);
    expect(held.at).toBeGreaterThanOrEqual(7000);
  });

  test('takes hold before the slot goes to somebody else', async () => {
    const slots = [take(), take(), take(), take()];
    const next = wait();
    slots[0]?.release({ status: 429, pauseMs: 1000 });
    for (const slot of slots.slice(1)) slot.release({ status: 200 });
    await vi.advanceTimersByTimeAsync(999);
    expect(next.slot).toBeUndefined();
    await vi.advanceTimersByTimeAsync(10);
    expect(next.slot).toBeDefined();
  });

  test('of a budget outlives many other lanes and keys, whose budgets are forgotten', async () => {
    const charges = [{ bucket: bucket({ isRefusal: () => true }), cost: 1 }];
    take({ charges, lane: 'refused' }).release({ status: 429, headers: {}, pauseMs: 60_000 });
    await vi.advanceTimersByTimeAsync(30_000);
    for (let lane = 0; lane < 501; lane++) take({ lane: `lane-${lane}` }).release({ status: 200 });
    for (let key = 0; key < 1_001; key++) take({ key: `key-${key}` }).release({ status: 200 });
    const waiting = wait({ charges, lane: 'another' });
    await vi.advanceTimersByTimeAsync(29_900);
    expect(waiting.slot).toBeUndefined();
    await vi.advanceTimersByTimeAsync(200);
    expect(waiting.slot).toBeDefined();
  });

  test('lets other lanes and other keys go on', () => {
    take().release({ status: 429, pauseMs: 60_000 });
    take({ lane: 'graph directory write' });
    take({ key: 'another app' });
  });

  test('that is longer than the deadline fails at once and says how long', async () => {
    take().release({ status: 429, pauseMs: 300_000 });
    const acquire = () => limiter.acquire(slotRequest({ deadlineAt: Date.now() + 60_000 }));
    expect(acquire).toThrow(expect.objectContaining({ code: 'throttled', retryAfterMs: 300_000 }));
  });

  test('that grows beyond the deadline of somebody who waits tells them then', async () => {
    const slots = [take(), take(), take(), take()];
    const waiting = wait({ deadlineAt: Date.now() + 60_000 });
    slots[0]?.release({ status: 429, pauseMs: 300_000 });
    await vi.advanceTimersByTimeAsync(0);
    expect(waiting.error).toMatchObject({ code: 'throttled' });
  });
});

test('a full queue answers throttled at once', async () => {
  for (let slot = 0; slot < 4; slot++) take();
  const waiting = Array.from({ length: 5 }, () => wait());
  expect(() => limiter.acquire(slotRequest())).toThrow(expect.objectContaining({ code: 'throttled' }));
  expect(waiting.every(({ error }) => error === undefined)).toBe(true);
});

test('callers take turns, whoever asked for more', async () => {
  const slots = [take(), take(), take(), take()];
  const order: string[] = [];
  for (const caller of ['a', 'a', 'a', 'b']) {
    void (async () => {
      const slot = await limiter.acquire(slotRequest({ caller }));
      order.push(caller);
      slots.push(slot);
    })();
  }
  for (let turn = 0; turn < 4; turn++) {
    slots.shift()?.release({ status: 200 });
    await vi.advanceTimersByTimeAsync(0);
  }
  expect(order).toEqual(['a', 'b', 'a', 'a']);
});

test('people take turns, however many calls each of them makes', async () => {
  const slots = [take(), take(), take(), take()];
  const order: string[] = [];
  for (const [owner, caller] of [
    ['ada', '1'],
    ['ada', '2'],
    ['ada', '3'],
    ['bob', '4'],
  ] as const) {
    void (async () => {
      slots.push(await limiter.acquire(slotRequest({ owner, caller })));
      order.push(owner);
    })();
  }
  for (let turn = 0; turn < 4; turn++) {
    slots.shift()?.release({ status: 200 });
    await vi.advanceTimersByTimeAsync(0);
  }
  expect(order).toEqual(['ada', 'bob', 'ada', 'ada']);
});

test('the queue that one caller has filled is open to another, and says of each what is theirs', () => {
  for (let slot = 0; slot < 4; slot++) take({ owner: 'ada' });
  for (let waiting = 0; waiting < 5; waiting++) wait({ owner: 'ada', caller: `${waiting}` });
  expect(() => limiter.acquire(slotRequest({ owner: 'ada' }))).toThrow('5 requests waiting');
  const bobs = wait({ owner: 'bob' });
  expect(bobs.error).toBeUndefined();
  const [lane] = limiter.snapshot().lanes;
  expect([...(lane?.owners ?? [])]).toEqual([
    ['ada', { waiting: 5, inFlight: 4 }],
    ['bob', { waiting: 1, inFlight: 0 }],
  ]);
});

test('whoever was refused goes first after the pause', async () => {
  const slots = [take(), take(), take(), take()];
  const fresh = wait({ caller: 'a' });
  const replay = wait({ caller: 'b', isReplay: true });
  slots[0]?.release({ status: 200 });
  await vi.advanceTimersByTimeAsync(0);
  expect(replay.slot).toBeDefined();
  expect(fresh.slot).toBeUndefined();
});

test('cancelling leaves the queue and takes nothing', async () => {
  const slots = [take(), take(), take(), take()];
  const controller = new AbortController();
  const gone = wait({ signal: controller.signal });
  const next = wait();
  controller.abort();
  await vi.advanceTimersByTimeAsync(0);
  expect(gone.error).toMatchObject({ code: 'cancelled' });
  expect(limiter.snapshot().lanes[0]).toMatchObject({ waiting: 1 });
  slots[0]?.release({ status: 200 });
  await vi.advanceTimersByTimeAsync(0);
  expect(next.slot).toBeDefined();
});

test('a pool timeout ends the wait for a slot, but a pause does not count', async () => {
  take().release({ status: 429, pauseMs: 5000 });
  const paused = wait({ poolMs: 1000 });
  await vi.advanceTimersByTimeAsync(5010);
  expect(paused.slot).toBeDefined();
  for (let slot = 1; slot < 4; slot++) take({ lane: 'graph directory write' });
  const late = wait({ poolMs: 1000, lane: 'graph directory write' });
  await vi.advanceTimersByTimeAsync(1000);
  expect(late.error).toMatchObject({ code: 'throttled' });
});

describe('budgets', () => {
  test('are reserved before sending and refilled steadily', async () => {
    const charges = [{ bucket: bucket(), cost: 5 }];
    take({ charges }).release({ status: 200 });
    take({ charges }).release({ status: 200 });
    const third = wait({ charges });
    await vi.advanceTimersByTimeAsync(499);
    expect(third.slot).toBeUndefined();
    await vi.advanceTimersByTimeAsync(10);
    expect(third.slot).toBeDefined();
  });

  test('of a window are never exceeded in any window', async () => {
    const charges = [{ bucket: bucket({ kind: 'window', capacity: 5, windowMs: 10_000 }), cost: 1 }];
    const sentAt: number[] = [];
    const startedAt = Date.now();
    for (let request = 0; request < 5; request++) take({ charges }).release({ status: 200 });
    const waiting = Array.from({ length: 5 }, () => wait({ charges }));
    for (let second = 0; second < 200; second++) {
      await vi.advanceTimersByTimeAsync(100);
      for (const entry of waiting.filter(({ slot }) => slot !== undefined)) {
        entry.slot?.release({ status: 200 });
        sentAt.push(Date.now() - startedAt);
        waiting.splice(waiting.indexOf(entry), 1);
      }
    }
    expect(sentAt).toHaveLength(5);
    expect(Math.min(...sentAt)).toBeGreaterThanOrEqual(10_000);
  });

  test('in resource units bind once the service counts them, and follow the costs it reports', async () => {
    const charges = [{ bucket: bucket({ inResourceUnits: true }), cost: 1 }];
    for (let request = 0; request < 30; request++) take({ charges }).release({ status: 200, headers: {} });
    expect(limiter.snapshot().budgets[0]).toMatchObject({ left: -20 });
    take({ charges }).release({ status: 200, headers: { 'x-ms-resource-unit': '5' } });
    const held = wait({ charges });
    await vi.advanceTimersByTimeAsync(2500);
    expect(held.slot).toBeUndefined();
    await vi.advanceTimersByTimeAsync(300);
    expect(held.slot).toBeDefined();
  });

  test('of one mailbox leave the others alone', async () => {
    const charge = (scope: string) => [
      { bucket: bucket({ kind: 'concurrency', capacity: 1, windowMs: 0 }), cost: 1, scope },
    ];
    const first = take({ charges: charge('ada'), lane: 'graph outlook read ada' });
    const second = wait({ charges: charge('ada'), lane: 'graph outlook read ada' });
    take({ charges: charge('grace'), lane: 'graph outlook read grace' });
    expect(second.slot).toBeUndefined();
    first.release({ status: 200 });
    await vi.advanceTimersByTimeAsync(0);
    expect(second.slot).toBeDefined();
  });

  test('follow what the service says is left', async () => {
    const charges = [{ bucket: bucket({ remainingHeader: 'x-ms-ratelimit-remaining-subscription-reads' }), cost: 1 }];
    take({ charges }).release({ status: 200, headers: { 'x-ms-ratelimit-remaining-subscription-reads': '0' } });
    const held = wait({ charges });
    await vi.advanceTimersByTimeAsync(90);
    expect(held.slot).toBeUndefined();
    await vi.advanceTimersByTimeAsync(20);
    expect(held.slot).toBeDefined();
  });
});

describe('headers that ask to slow down', () => {
  test('pace the lane from 80 % of the limit on', () => {
    for (let request = 0; request < 50; request++) take().release({ status: 200, headers: {} });
    take().release({ status: 200, headers: { 'x-ms-throttle-limit-percentage': '0.9' } });
    expect(limiter.snapshot().lanes[0]?.pacedPerSecond).toBeGreaterThan(0);
  });

  test('spread what remains of a period over it', () => {
    take().release({ status: 200, headers: { 'ratelimit-remaining': '20', 'ratelimit-reset': '5' } });
    expect(limiter.snapshot().lanes[0]?.pacedPerSecond).toBe(4);
  });

  test('hold the lane for the delay that Azure DevOps names', () => {
    take().release({ status: 200, headers: { 'x-ratelimit-delay': '2.5' } });
    expect(limiter.snapshot().lanes[0]?.pausedForMs).toBe(2500);
  });
});

test('closing refuses whoever waits and leaves no timer behind', async () => {
  take().release({ status: 429, pauseMs: 60_000 });
  const held = wait();
  await vi.advanceTimersByTimeAsync(10);
  await limiter.close();
  await vi.advanceTimersByTimeAsync(10);
  expect(held.error).toMatchObject({ code: 'cancelled' });
  expect(vi.getTimerCount()).toBe(0);
});
