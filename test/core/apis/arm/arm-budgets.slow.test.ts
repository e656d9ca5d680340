import 'bottleneck';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { chargesOf, serviceOf } from '../../../../src/core/apis/arm/arm-descriptor.ts';
import { delay } from '../../../../src/core/base/delay.ts';
import { AppError } from '../../../../src/core/base/errors.ts';
import { testCall } from '../../../support/call.ts';
import { openArm, subscriptionId } from './arm-fixture.ts';
import { armService } from './arm-service.ts';

const subscription = `/subscriptions/${subscriptionId}`;
const group = `${subscription}/resourceGroups/core`;

interface Service {
  readonly atOnce: number;
  /** Milliseconds to the service, one after the other and then again from the start. */
  readonly latencies: readonly number[];
  readonly withHeaders: boolean;
  /** Tokens that somebody else has spent before. */
  readonly spent?: number;
}

/** A bucket of 250 reads, refilled with 25 a second, as Resource Manager publishes it. */
function bucketService({ latencies, withHeaders, spent = 0 }: Service) {
  let level = 250 - spent;
  let at = Date.now();
  const refused: number[] = [];
  const service = armService(async (_, index) => {
    const latency = latencies[index % latencies.length] ?? 0;
    await delay(latency);
    level = Math.min(250, level + ((Date.now() - at) * 25) / 1000);
    at = Date.now();
    const isServed = level >= 1 - 1e-9;
    level -= isServed ? 1 : 0;
    const remaining = String(Math.max(0, Math.floor(level)));
    await delay(latency);
    const headers = withHeaders ? { 'x-ms-ratelimit-remaining-subscription-reads': remaining } : {};
    if (isServed) return { status: 200, headers, body: {} };
    refused.push(index);
    return { status: 429, headers: { ...headers, 'retry-after': '1' }, body: { error: { code: 'TooManyRequests' } } };
  });
  return { service, refused };
}

async function run(requests: number, options: Service) {
  const { service, refused } = bucketService(options);
  const { arm } = openArm({ httpClient: service, settings: { max_concurrent_requests: options.atOnce } });
  const startedAt = Date.now();
  let begun = 0;
  const worker = async () => {
    while (begun < requests) {
      begun += 1;
      await arm.send({ method: 'GET', path: group, apiVersion: '2021-04-01' }, testCall());
    }
  };
  let elapsedMs = 0;
  const all = Promise.all(Array.from({ length: options.atOnce }, worker)).then(() => {
    elapsedMs = Date.now() - startedAt;
  });
  while (elapsedMs === 0 && Date.now() - startedAt < 200_000) await vi.advanceTimersByTimeAsync(500);
  await all;
  return { refused: refused.length, elapsedMs, arrived: service.arrived.length };
}

describe('2,000 reads of one subscription', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });

  /** (2,000 - 250) / 25 s */
  const bestMs = 70_000;

  test.each<Service>([
    { atOnce: 4, latencies: [0], withHeaders: true },
    { atOnce: 4, latencies: [20, 35, 5], withHeaders: true },
    { atOnce: 32, latencies: [20, 90, 5, 60], withHeaders: true },
    { atOnce: 32, latencies: [20, 90, 5, 60], withHeaders: false },
    { atOnce: 64, latencies: [100, 40, 10], withHeaders: true },
  ])('meet no refusal and end near the best possible time: %o', async (service) => {
    const { refused, elapsedMs, arrived } = await run(2000, service);
    expect(refused).toBe(0);
    expect(arrived).toBe(2000);
    expect(elapsedMs).toBeLessThanOrEqual(bestMs * 1.1);
  });

  test('what somebody else has spent is seen in the headers before it is missing', async () => {
    const { refused } = await run(400, { atOnce: 4, latencies: [10], withHeaders: true, spent: 200 });
    expect(refused).toBe(0);
  });
});

describe('refusals', () => {
  const limited = (headers: Readonly<Record<string, string>>) =>
    armService((_, index) =>
      index === 0
        ? { status: 429, headers: { 'retry-after': '60', ...headers }, body: { error: { code: 'TooManyRequests' } } }
        : { status: 200, body: {} },
    );
  const settings = { retry: { max_attempts: 1 } };
  const soon = () => testCall({ deadlineAt: Date.now() + 10_000 });
  const read = (path: string) => ({ method: 'GET', path, apiVersion: '2024-01-01' }) as const;
  const machines = `${group}/providers/Microsoft.Compute/virtualMachines`;
  const accounts = `${group}/providers/Microsoft.Storage/storageAccounts`;

  async function codeOf(promise: Promise<unknown>) {
    try {
      await promise;
      return 'sent';
    } catch (error) {
      return error instanceof AppError ? error.code : error;
    }
  }

  test('one of Resource Manager pauses every provider that draws on the bucket', async () => {
    const service = limited({ 'x-ms-failure-cause': 'gateway' });
    const { arm } = openArm({ httpClient: service, settings });
    expect(await codeOf(arm.send(read(machines), soon()))).toBe('throttled');
    expect(await codeOf(arm.send(read(accounts), soon()))).toBe('throttled');
    expect(service.arrived).toHaveLength(1);
    expect(await codeOf(arm.send(read('/subscriptions'), soon()))).toBe('sent');
  });

  test('one of a provider pauses that provider alone', async () => {
    const service = limited({ 'x-ms-ratelimit-remaining-resource': 'Microsoft.Compute/HighCostGet;0' });
    const { arm } = openArm({ httpClient: service, settings });
    expect(await codeOf(arm.send(read(machines), soon()))).toBe('throttled');
    expect(await codeOf(arm.send(read(machines), soon()))).toBe('throttled');
    expect(await codeOf(arm.send(read(accounts), soon()))).toBe('sent');
    expect(service.arrived).toHaveLength(2);
  });

  test('Resource Graph says in its headers when its quota is used up: nothing is sent until it is whole', async () => {
    const service = armService(() => ({
      status: 200,
      headers: { 'x-ms-user-quota-remaining': '0', 'x-ms-user-quota-resets-after': '00:00:30' },
      body: { data: [], totalRecords: 0, count: 0, resultTruncated: 'false' },
    }));
    const { arm } = openArm({ httpClient: service });
    const query = { method: 'POST', path: '/providers/Microsoft.ResourceGraph/resources', body: {} } as const;
    expect(await codeOf(arm.send(query, soon()))).toBe('sent');
    expect(await codeOf(arm.send(query, soon()))).toBe('throttled');
    expect(service.arrived).toHaveLength(1);
  });
});

describe('budgets', () => {
  test.each([
    ['GET', group, 'arm.subscription.reads'],
    ['HEAD', group, 'arm.subscription.reads'],
    ['PUT', group, 'arm.subscription.writes'],
    ['POST', `${group}/providers/Microsoft.Storage/storageAccounts/a/listKeys`, 'arm.subscription.writes'],
    ['DELETE', group, 'arm.subscription.deletes'],
    ['GET', '/subscriptions', 'arm.tenant.reads'],
    ['GET', '/providers/Microsoft.Management/managementGroups', 'arm.tenant.reads'],
    ['POST', '/providers/Microsoft.ResourceGraph/resources', 'arm.resource-graph'],
  ] as const)('%s %s takes from %s', (method, path, id) => {
    expect(chargesOf(method, path).map(({ bucket }) => bucket.id)).toEqual([id]);
  });

  test('subscriptions are told apart without regard to case', () => {
    expect(chargesOf('GET', '/subscriptions/ABC/resourceGroups')[0]?.scope).toBe('abc');
    expect(serviceOf('GET', '/subscriptions/ABC/providers/microsoft.compute/disks')).toBe('abc microsoft.compute');
  });
});
