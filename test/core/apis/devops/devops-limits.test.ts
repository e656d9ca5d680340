import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { DevOpsRequest } from '../../../../src/core/apis/devops/devops-api.ts';
import { testCall } from '../../../support/call.ts';
import { fakeTime, passTime } from '../../../support/pass-time.ts';
import { openArm } from '../arm/arm-fixture.ts';
import { type ServedAnswer, armService as scriptedService } from '../arm/arm-service.ts';
import { openDevOps } from './devops-fixture.ts';

const read: DevOpsRequest = { method: 'GET', path: '/_apis/projects', scope: {} };
const write: DevOpsRequest = { method: 'POST', path: '/_apis/serviceendpoint/endpoints', scope: {}, body: {} };

beforeEach(fakeTime);
afterEach(() => {
  vi.useRealTimers();
});

/** Sends the first request, then the second; seconds between their arrivals. */
async function secondsBetween(first: DevOpsRequest, answer: ServedAnswer, second: DevOpsRequest): Promise<number> {
  const at: number[] = [];
  const service = scriptedService((_, index) => {
    at.push(Date.now());
    return index === 0 ? answer : { status: 200, body: {} };
  });
  const { devops } = openDevOps({ httpClient: service });
  await passTime(devops.send(first, testCall()));
  await passTime(devops.send(second, testCall()));
  return ((at[1] ?? 0) - (at[0] ?? 0)) / 1000;
}

test.each<readonly [string, Readonly<Record<string, string>>, number]>([
  ['Retry-After', { 'retry-after': '7' }, 7],
  ['X-RateLimit-Delay', { 'x-ratelimit-delay': '2.5' }, 2.5],
  ['the longer of both', { 'retry-after': '3', 'x-ratelimit-delay': '5' }, 5],
])('after a success with %s nothing is sent for so long, neither read nor write', async (_, headers, seconds) => {
  for (const second of [read, write]) {
    const waited = await secondsBetween(read, { status: 200, headers, body: {} }, second);
    expect(waited).toBeGreaterThanOrEqual(seconds);
    expect(waited).toBeLessThan(seconds + 0.2);
  }
});

test('a refusal of the request itself may ask for a pause too', async () => {
  const answer = { status: 404, headers: { 'retry-after': '6' }, body: { message: 'no' } };
  const expecting: DevOpsRequest = { ...read, expectedStatuses: [404] };
  expect(await secondsBetween(expecting, answer, write)).toBeGreaterThanOrEqual(6);
});

test.each<readonly [string, Readonly<Record<string, string>>]>([
  ['nothing', {}],
  ['no delay', { 'retry-after': '0', 'x-ratelimit-delay': '0' }],
  ['nonsense', { 'retry-after': 'soon', 'x-ratelimit-delay': 'NaN', 'x-ratelimit-remaining': 'many' }],
  ['much that is left', { 'x-ratelimit-limit': '200', 'x-ratelimit-remaining': '120' }],
])('a success that asks for %s holds nothing up', async (_, headers) => {
  expect(await secondsBetween(read, { status: 200, headers, body: {} }, read)).toBeLessThan(0.1);
});

test('the last units are left to come back before the service holds requests back', async () => {
  const headers = { 'x-ratelimit-limit': '200', 'x-ratelimit-remaining': '4' };
  // 6 units are missing to the tenth, at 200 in five minutes.
  const waited = await secondsBetween(read, { status: 200, headers, body: {} }, write);
  expect(waited).toBeGreaterThanOrEqual(9);
  expect(waited).toBeLessThan(9.3);
});

test('a refusal pauses reads and writes, and is sent again after as long as it asks', async () => {
  const at: number[] = [];
  const service = scriptedService((_, index) => {
    at.push(Date.now());
    return index === 0 ? { status: 429, headers: { 'retry-after': '4' } } : { status: 200, body: {} };
  });
  const { devops } = openDevOps({ httpClient: service });
  const first = devops.send(read, testCall());
  await passTime(Promise.resolve());
  await vi.waitFor(() => expect(service.arrived).toHaveLength(1));
  const second = devops.send(write, testCall());
  await passTime(Promise.all([first, second]));
  expect(service.arrived).toHaveLength(3);
  for (const later of at.slice(1)) expect(later - (at[0] ?? 0)).toBeGreaterThanOrEqual(4000);
});

test('a pause beyond the time of the call is told at once', async () => {
  const service = scriptedService(() => ({ status: 200, headers: { 'retry-after': '600' }, body: {} }));
  const { devops } = openDevOps({ httpClient: service });
  await passTime(devops.send(read, testCall()));
  const failed = devops.send(read, testCall({ deadlineAt: Date.now() + 60_000 }));
  await expect(passTime(failed)).rejects.toMatchObject({ code: 'throttled', retryAfterMs: expect.any(Number) });
  expect(service.arrived).toHaveLength(1);
});

test('a success of another API with Retry-After holds nothing up', async () => {
  const at: number[] = [];
  const service = scriptedService(() => {
    at.push(Date.now());
    return { status: 200, headers: { 'retry-after': '30' }, body: {} };
  });
  const { arm } = openArm({ httpClient: service });
  for (let index = 0; index < 2; index++) {
    await passTime(arm.send({ method: 'GET', path: '/subscriptions' }, testCall()));
  }
  expect((at[1] ?? 0) - (at[0] ?? 0)).toBeLessThan(100);
});
