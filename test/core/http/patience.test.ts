import { createHttpHeaders, type HttpClient } from '@azure/core-rest-pipeline';
import { beforeEach, expect, test, vi } from 'vitest';
import { createPatience } from '../../../src/core/base/patience.ts';
import { createLimiterRegistry } from '../../../src/core/throttle/limiter.ts';
import { testCall } from '../../support/call.ts';
import { passTime } from '../../support/pass-time.ts';
import { testClient } from './client-fixture.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
});

/** A service that always answers so, and a reader whose patience ends with the first wait. */
function read(status: number, headers: Readonly<Record<string, string>> = {}) {
  const sent: number[] = [];
  const httpClient: HttpClient = {
    async sendRequest(request) {
      sent.push(Date.now());
      return { request, status, headers: createHttpHeaders({ ...headers }), bodyAsText: '' };
    },
  };
  const client = testClient({ httpClient, limiter: createLimiterRegistry() });
  const patience = createPatience(() => queueMicrotask(patience.end));
  const call = { ...testCall({ deadlineAt: Date.now() + 45_000 }), patience };
  const error = passTime(client.send({ method: 'GET', path: '/users/1' }, call)).then(
    () => expect.unreachable(),
    (failure: unknown) => failure,
  );
  return { error, sent, patience };
}

test('a request that fails is tried again after a moment, and then not waited for', async () => {
  const { error, sent, patience } = read(503);
  expect(await error).toMatchObject({ code: 'upstream_unavailable', status: 503 });
  expect(sent).toHaveLength(2);
  expect(patience.isWaiting).toBe(false);
});

test('a pause is not waited for, and the error has its rest', async () => {
  const { error, sent, patience } = read(429, { 'retry-after': '30' });
  expect(await error).toMatchObject({ code: 'throttled', retryAfterMs: expect.closeTo(30_000, -3) });
  expect(sent).toHaveLength(1);
  expect(patience.isWaiting).toBe(false);
});
