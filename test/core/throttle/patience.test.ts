import 'bottleneck';
import { beforeEach, expect, test, vi } from 'vitest';
import { createPatience } from '../../../src/core/base/patience.ts';
import { createLimiterRegistry } from '../../../src/core/throttle/limiter.ts';
import type { LimiterRegistry, Slot } from '../../../src/core/throttle/limiter-registry.ts';
import { slotRequest } from './slot-request.ts';

let limiter: LimiterRegistry;

beforeEach(() => {
  vi.useFakeTimers();
  limiter = createLimiterRegistry();
});

function take(): Slot {
  const slot = limiter.acquire(slotRequest());
  if (slot instanceof Promise) throw new Error('The slot was not free.');
  return slot;
}

test('a request that waits for a pause says so, and fails with the rest of the pause when patience ends', async () => {
  const onWait = vi.fn();
  const patience = createPatience(onWait);
  take().release({ status: 429, pauseMs: 7_000 });
  const waiting = Promise.resolve(limiter.acquire(slotRequest({ patience })));
  const failed = expect(waiting).rejects.toMatchObject({ code: 'throttled', retryAfterMs: 6_000 });
  expect(onWait).toHaveBeenCalledTimes(1);
  expect(patience.isWaiting).toBe(true);
  await vi.advanceTimersByTimeAsync(1_000);
  patience.end();
  await failed;
  expect(patience.isWaiting).toBe(false);
  expect(limiter.snapshot().lanes).toMatchObject([{ waiting: 0 }]);
});

test('a pause that begins while a request waits for a slot is told too', async () => {
  const patience = createPatience(() => undefined);
  const slots = [take(), take(), take(), take()];
  const waiting = Promise.resolve(limiter.acquire(slotRequest({ patience })));
  expect(patience.isWaiting).toBe(false);
  slots[0]?.release({ status: 429, pauseMs: 7_000 });
  expect(patience.isWaiting).toBe(true);
  patience.end();
  await expect(waiting).rejects.toMatchObject({ code: 'throttled' });
});

test('without patience nothing is waited for, and what needs no pause still goes', async () => {
  const patience = createPatience(() => undefined);
  patience.end();
  const slot = limiter.acquire(slotRequest({ patience }));
  if (slot instanceof Promise) throw new Error('The slot was not free.');
  slot.release({ status: 429, pauseMs: 7_000 });
  expect(() => limiter.acquire(slotRequest({ patience }))).toThrow('a pause that lasts another 7 s');
});

test('a request whose pause is over waits no more', async () => {
  const patience = createPatience(() => undefined);
  take().release({ status: 429, pauseMs: 7_000 });
  const waiting = limiter.acquire(slotRequest({ patience }));
  await vi.advanceTimersByTimeAsync(7_010);
  await waiting;
  expect(patience.isWaiting).toBe(false);
});

test('a second of waits together is a moment, and no wait', () => {
  const patience = createPatience(() => undefined);
  patience.waits(400);
  patience.waits(600);
  expect(patience.isWaiting).toBe(false);
  const over = patience.waits(1);
  expect(patience.isWaiting).toBe(true);
  over();
  over();
  expect(patience.isWaiting).toBe(false);
});
