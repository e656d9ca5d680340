import 'bottleneck';
import { beforeEach, expect, test, vi } from 'vitest';
import { createLimiterRegistry } from '../../../src/core/throttle/limiter.ts';
import { slotRequest } from './slot-request.ts';
import { ThrottledServer, type ThrottledServerOptions } from './throttled-server.ts';

interface Run {
  readonly requests: number;
  readonly atOnce: number;
  readonly server: ThrottledServerOptions;
}

beforeEach(() => {
  vi.useFakeTimers();
});

/** Sends through the limiter, repeating what is refused, and says how long it took in fake time. */
async function run({ requests, atOnce, server: options }: Run) {
  const server = new ThrottledServer(options);
  const limiter = createLimiterRegistry();
  const startedAt = Date.now();
  let begun = 0;
  let mostAttempts = 0;
  const sendOne = async () => {
    for (let attempt = 1; ; attempt++) {
      mostAttempts = Math.max(mostAttempts, attempt);
      const slot = await limiter.acquire(slotRequest({ maxConcurrent: atOnce, isReplay: attempt > 1 }));
      const outcome = await server.handle();
      slot.release(outcome);
      if (outcome.status === 200) return;
    }
  };
  const worker = async () => {
    while (begun < requests) {
      begun += 1;
      await sendOne();
    }
  };
  let elapsedMs = 0;
  const all = Promise.all(Array.from({ length: atOnce }, worker)).then(() => {
    elapsedMs = Date.now() - startedAt;
  });
  while (elapsedMs === 0 && Date.now() - startedAt < 120_000) await vi.advanceTimersByTimeAsync(50);
  await all;
  await limiter.close();
  const bestMs = ((requests - options.burst) / options.ratePerSecond) * 1000;
  return { server, ratio: elapsedMs / bestMs, mostAttempts };
}

const fast = { ratePerSecond: 200, burst: 200, latencyMs: 2, retryAfterMs: 1000 };
const slow = { ratePerSecond: 50, burst: 50, latencyMs: 20, retryAfterMs: 1000 };

test.each([
  { name: '32 at once, 200/s', requests: 2000, atOnce: 32, server: fast, limit: 1.06 },
  { name: '128 at once, 50/s', requests: 1000, atOnce: 128, server: slow, limit: 1.06 },
  { name: '4 at once, 200/s', requests: 2000, atOnce: 4, server: fast, limit: 1.06 },
  {
    name: '32 at once, refusals counted',
    requests: 2000,
    atOnce: 32,
    server: { ...fast, countsRefusals: true },
    limit: 1.15,
  },
  {
    name: '128 at once, refusals counted',
    requests: 1000,
    atOnce: 128,
    server: { ...slow, countsRefusals: true },
    limit: 1.15,
  },
])('a throttled run stays near the best possible time: $name', async ({ requests, atOnce, server, limit }) => {
  const outcome = await run({ requests, atOnce, server });
  expect(outcome.server.served).toBe(requests);
  expect(outcome.server.early).toBe(0);
  expect(outcome.mostAttempts).toBeLessThanOrEqual(3);
  expect(outcome.server.refused).toBeLessThanOrEqual(requests * 0.05);
  expect(outcome.ratio).toBeLessThanOrEqual(limit);
});

test('a bucket smaller than what flows in during a pause is found out, and the rate is regained', async () => {
  const outcome = await run({ requests: 2000, atOnce: 32, server: { ...fast, burst: 20 } });
  expect(outcome.server.served).toBe(2000);
  expect(outcome.server.early).toBe(0);
  expect(outcome.ratio).toBeLessThan(2);
});
