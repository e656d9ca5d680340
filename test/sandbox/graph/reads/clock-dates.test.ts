import { expect, test } from 'vitest';
import { createSandboxClient, type SandboxClient, sendRaw, signIn } from '../../support/sandbox-client.ts';

const dayMs = 86_400_000;

interface SignIn {
  readonly id: string;
  readonly userId: string;
  readonly createdDateTime: string;
  readonly status: { readonly errorCode: number };
}

async function activityOf({ get }: SandboxClient, id: string) {
  const { body } = await get(`/users/${id}?$select=id,signInActivity`);
  return body.signInActivity;
}

test('sign-in activity is what the log of sign-ins says', async () => {
  const client = await createSandboxClient();
  const log: readonly SignIn[] = (await client.get('/auditLogs/signIns?$top=1000')).body.value;
  const user = log[0]?.userId ?? '';
  const own = log.filter(({ userId }) => userId === user);
  const good = own.find(({ status }) => status.errorCode === 0);
  expect(await activityOf(client, user)).toEqual({
    lastSignInDateTime: own[0]?.createdDateTime,
    lastSignInRequestId: own[0]?.id,
    lastNonInteractiveSignInDateTime: null,
    lastNonInteractiveSignInRequestId: null,
    lastSuccessfulSignInDateTime: good?.createdDateTime ?? null,
    lastSuccessfulSignInRequestId: good?.id ?? null,
  });
});

test('a new entry of the log shows at once, and a failed one is no success', async () => {
  const client = await createSandboxClient();
  const [{ id }] = (await client.get('/users?$top=1&$select=id')).body.value;
  const before = await activityOf(client, id);
  client.sandbox.placeObject('graph', 'signIn', {
    id: 'failed',
    userId: id.toUpperCase(),
    createdDateTime: '2026-01-15T11:00:00Z',
    isInteractive: true,
    status: { errorCode: 50126 },
  });
  client.sandbox.placeObject('graph', 'signIn', {
    id: 'refresh',
    userId: id,
    createdDateTime: '2026-01-15T12:00:00Z',
    isInteractive: false,
    status: { errorCode: 0 },
  });
  expect(await activityOf(client, id)).toEqual({
    ...before,
    lastSignInDateTime: '2026-01-15T11:00:00Z',
    lastSignInRequestId: 'failed',
    lastNonInteractiveSignInDateTime: '2026-01-15T12:00:00Z',
    lastNonInteractiveSignInRequestId: 'refresh',
    lastSuccessfulSignInDateTime: '2026-01-15T12:00:00Z',
    lastSuccessfulSignInRequestId: 'refresh',
  });
});

test('users are found by it, and somebody who is not in the log has none', async () => {
  const client = await createSandboxClient();
  client.sandbox.placeObject('graph', 'user', { id: '00000000-0000-4000-8000-00000000abcd', displayName: 'Absent' });
  client.sandbox.placeObject('graph', 'user', {
    id: '00000000-0000-4000-8000-00000000abce',
    displayName: 'Long ago',
    signInActivity: { lastSignInDateTime: '2024-02-01T00:00:00Z' },
  });
  expect(await activityOf(client, '00000000-0000-4000-8000-00000000abcd')).toBeNull();
  const filter = 'signInActivity/lastSignInDateTime le 2025-01-01T00:00:00Z';
  const { body } = await client.get(`/users?$select=displayName,signInActivity&$filter=${filter}`);
  expect(body.value).toMatchObject([{ displayName: 'Long ago', signInActivity: { lastSignInRequestId: null } }]);
});

/** Signs in again, because tokens expire when the clock moves. */
async function lastSeen({ sandbox }: SandboxClient): Promise<readonly number[]> {
  const token = await signIn(sandbox, sandbox.credentials);
  const url = `${sandbox.cloud.graph}/v1.0/devices?$select=approximateLastSignInDateTime&$top=999`;
  const { body } = await sendRaw(sandbox, 'GET', url, { headers: { authorization: `Bearer ${token}` } });
  return body.value.map((device: { readonly approximateLastSignInDateTime: string }) =>
    Date.parse(device.approximateLastSignInDateTime),
  );
}

test('devices were last seen in the three months before the start, wherever the clock starts', async () => {
  for (const now of ['2026-01-15T10:00:00Z', '2031-06-30T00:00:00Z']) {
    const seen = await lastSeen(await createSandboxClient({ now }));
    expect(Math.max(...seen)).toBeLessThanOrEqual(Date.parse(now));
    expect(Math.max(...seen)).toBeGreaterThan(Date.parse(now) - 3 * dayMs);
    expect(Math.min(...seen)).toBeGreaterThan(Date.parse(now) - 91 * dayMs);
  }
});

test('a device in use moves on with the clock, an idle one stays idle', async () => {
  const client = await createSandboxClient();
  const start = client.sandbox.clock.now();
  const before = await lastSeen(client);
  client.sandbox.advance(40 * 86_400);
  const after = await lastSeen(client);
  const moved = before.map((time, index) => (after[index] ?? 0) - time);
  expect(new Set(moved)).toEqual(new Set([0, 40 * dayMs]));
  for (const [index, time] of before.entries()) {
    if (time >= start - 29 * dayMs) expect(moved[index]).toBe(40 * dayMs);
    if (time <= start - 31 * dayMs) expect(moved[index]).toBe(0);
  }
});

test('users and groups were synchronised shortly before the start', async () => {
  const client = await createSandboxClient({ now: '2031-06-30T00:00:00Z' });
  for (const path of [
    '/users?$filter=onPremisesSyncEnabled eq true',
    '/groups?$filter=onPremisesSyncEnabled eq true',
  ]) {
    const { body } = await client.get(`${path}&$select=onPremisesLastSyncDateTime&$top=1`);
    expect(body.value[0].onPremisesLastSyncDateTime).toBe('2031-06-29T23:43:00Z');
  }
  expect((await client.get('/organization')).body.value[0].onPremisesLastSyncDateTime).toBe('2031-06-29T23:43:00Z');
});
