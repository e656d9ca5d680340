import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { tenant } from '../../../../src/sandbox/seed/tenant.ts';
import { fakeTime } from '../../../support/pass-time.ts';
import { openSandboxTools, type SandboxTools } from '../../../support/sandbox-tools.ts';

const subscription = `/subscriptions/${tenant.subscriptionId}`;
/** Different providers have lanes of their own and draw on the same bucket. */
const paths = [
  `${subscription}/resourcegroups/rg-contoso-data`,
  `${subscription}/resourceGroups/rg-contoso-web`,
  `${subscription}/resourceGroups/rg-contoso-data/providers/Microsoft.Storage/storageAccounts/stcontosodata`,
  `${subscription}/resourceGroups/rg-contoso-data/providers/Microsoft.ServiceBus/namespaces/sb-contoso-orders`,
];

/** Lets time pass in steps in which everything that can happen has happened: no time passes for work. */
async function fastForward<Result>(work: Promise<Result>): Promise<Result> {
  let isDone = false;
  work.then(
    () => {
      isDone = true;
    },
    () => {
      isDone = true;
    },
  );
  for (let step = 0; step < 50_000 && !isDone; step++) {
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
    if (!isDone) await vi.advanceTimersByTimeAsync(20);
  }
  return work;
}

let tools: SandboxTools;

beforeEach(async () => {
  tools = await openSandboxTools({ users: 1, settings: { max_concurrent_requests: 32 } });
  // Versions and tokens are known, and the bucket is full again.
  for (const path of paths) await tools.call('arm_query', { path });
  fakeTime();
  await vi.advanceTimersByTimeAsync(60_000);
  tools.forget();
});

afterEach(async () => {
  vi.useRealTimers();
  await tools.close();
});

/** Reads, so many at a time; answers how long it took by the sandbox's clock. */
async function read(count: number, atOnce: number): Promise<number> {
  const startedAt = tools.sandbox.clock.now();
  let next = 0;
  const worker = async () => {
    while (next < count) {
      const path = paths[next++ % paths.length] ?? '';
      const { isError, response } = await tools.call('arm_query', { path });
      expect(isError, JSON.stringify(response.error)).toBe(false);
    }
  };
  await fastForward(Promise.all(Array.from({ length: atOnce }, worker)));
  return (tools.sandbox.clock.now() - startedAt) / 1000;
}

test('2,000 reads stay inside 250 + 25/s without one refusal, and take hardly longer than they must', async () => {
  const seconds = await read(2000, 64);
  const seen = tools.seen().filter(({ service }) => service === 'arm');
  expect(seen).toHaveLength(2000);
  expect(seen.filter(({ status }) => status === 429)).toEqual([]);
  const best = (2000 - 250) / 25;
  expect(seconds).toBeGreaterThanOrEqual(best);
  expect(seconds).toBeLessThanOrEqual(best * 1.1);
}, 120_000);

test('what others have used of the bucket is learned from the answers', async () => {
  tools.sandbox.placeObject('arm', 'throttleLimits', { reads: 100, reads_per_second: 25 });
  await read(400, 64);
  const seen = tools.seen().filter(({ service }) => service === 'arm');
  expect(seen.filter(({ status }) => status === 429)).toEqual([]);
  expect(seen.filter(({ status }) => status === 200)).toHaveLength(400);
}, 120_000);
