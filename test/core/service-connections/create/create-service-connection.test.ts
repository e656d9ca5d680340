import { afterEach, expect, test, vi } from 'vitest';
import { checkRequest } from '../../../../src/core/service-connections/create/check-request.ts';
import { verifyConnection } from '../../../../src/core/service-connections/create/create-service-connection.ts';
import type { Creation, MadeConnection } from '../../../../src/core/service-connections/create/creation.ts';
import type { Verification } from '../../../../src/core/service-connections/service-connection.ts';
import { testCall } from '../../../support/call.ts';
import { fakeTime, passTime } from '../../../support/pass-time.ts';
import { ids, publicCloud, request } from './requests.ts';

const unknown: Verification = { ok: false, status: 'unauthorized', message: 'AADSTS70021' };

/** A test that always ends alike, and how often it was made within the time that the call has left. */
async function countTests(result: Verification, isFresh: boolean, secondsLeft: number): Promise<number> {
  fakeTime();
  const testOnce = vi.fn(async () => result);
  // Only what a verification touches.
  const creation = {
    plan: checkRequest(request(), publicCloud),
    scope: { project: 'Payments' },
    parts: { endpoints: { test: testOnce }, clock: { now: () => Date.now() } },
    call: testCall({ deadlineAt: Date.now() + secondsLeft * 1_000 }),
  } as unknown as Creation;
  const identity = { tenantId: ids.tenant, clientId: ids.client, isAutomatic: false };
  await passTime(verifyConnection(creation, { endpoint: {}, identity, isFresh } as unknown as MadeConnection));
  return testOnce.mock.calls.length;
}
afterEach(() => vi.useRealTimers());

test('fresh federation is tried for a minute', async () => {
  expect(await countTests(unknown, true, 300)).toBe(7);
});

test('no test is begun that the call has no time for', async () => {
  expect(await countTests(unknown, true, 45)).toBe(4);
  expect(await countTests(unknown, true, 5)).toBe(1);
});

test('federation that was there before is tried once', async () => {
  expect(await countTests(unknown, false, 300)).toBe(1);
});

test('a test that passes ends it', async () => {
  expect(await countTests({ ok: true, status: 'ok' }, true, 300)).toBe(1);
});
