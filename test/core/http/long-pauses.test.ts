import 'bottleneck';
import { createHttpHeaders, type HttpClient } from '@azure/core-rest-pipeline';
import { beforeEach, expect, test, vi } from 'vitest';
import { delay } from '../../../src/core/base/delay.ts';
import { createLimiterRegistry } from '../../../src/core/throttle/limiter.ts';
import { testCall } from '../../support/call.ts';
import { testClient } from './client-fixture.ts';

const hourMs = 3_600_000;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
});

/** Refuses with these headers as long as `isRefusing`. */
function service(headers: Readonly<Record<string, string>>) {
  const state = { isRefusing: true, sent: [] as number[] };
  const httpClient: HttpClient = {
    async sendRequest(request) {
      state.sent.push(Date.now());
      const { isRefusing } = state;
      await delay(10);
      return isRefusing
        ? { request, status: 429, headers: createHttpHeaders({ ...headers }), bodyAsText: '' }
        : { request, status: 200, headers: createHttpHeaders(), bodyAsText: '' };
    },
  };
  const client = testClient({ httpClient, limiter: createLimiterRegistry() });
  return {
    state,
    send: () => client.send({ method: 'GET', path: '/users/1' }, testCall({ deadlineAt: Date.now() + 45_000 })),
  };
}

async function pass(ms: number): Promise<void> {
  const end = Date.now() + ms;
  while (Date.now() < end) {
    await vi.advanceTimersByTimeAsync(Math.min(end - Date.now(), hourMs / 4));
    for (let turn = 0; turn < 12; turn++) await new Promise((resolve) => setImmediate(resolve));
  }
}

const outcomeOf = async (answer: Promise<unknown>) => {
  const settled = answer.then(
    () => 'answered',
    (error: unknown) => error,
  );
  for (let step = 0; step < 5; step++) await pass(5);
  return settled;
};

test.each([
  { 'retry-after': '99999999999' },
  { 'retry-after': '9'.repeat(400) },
  { 'retry-after': 'Fri, 31 Dec 9999 23:59:59 GMT' },
  { 'retry-after-ms': '99999999999999999999' },
  { 'retry-after': '86400', 'x-ms-retry-after-ms': '5' },
  { 'ratelimit-reset': '80000' },
  { 'x-ms-user-quota-remaining': '0', 'x-ms-user-quota-resets-after': '99:59:59' },
])('%j pauses the key for an hour, and then one request asks again', async (headers) => {
  const { state, send } = service(headers as Record<string, string>);
  const first = await outcomeOf(send());
  expect(first).toMatchObject({ code: 'throttled' });
  // Who calls during the pause is told at once how much of it is left.
  await pass(hourMs / 2);
  const during = await outcomeOf(send());
  expect(during).toMatchObject({ code: 'throttled', hint: expect.stringMatching(/in (?:17|18)\d\d s/) });
  expect(state.sent).toHaveLength(1);
  await pass(hourMs / 2 + 60_000);
  state.isRefusing = false;
  const all = Promise.all([send(), send(), send()]);
  await pass(5);
  expect(state.sent).toHaveLength(2);
  await outcomeOf(all);
  expect(state.sent).toHaveLength(4);
});

test.each(['-5', 'NaN', 'Infinity', '', 'soon', '1e9', '0x10', '5, 6', 'Thu, 01 Jan 1970 00:00:00 GMT'])(
  'Retry-After: %s is no wait of its own: the request is repeated within a minute',
  async (value) => {
    const { state, send } = service({ 'retry-after': value });
    const answer = send();
    await pass(5);
    state.isRefusing = false;
    await pass(60_000);
    expect(await outcomeOf(answer)).toBe('answered');
    expect(state.sent).toHaveLength(2);
  },
);
