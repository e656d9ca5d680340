import { expect, test } from 'vitest';
import { seededCredentials } from '../../../src/sandbox/seed/sandbox-credentials.ts';
import { createArmClient, development, production } from './support/arm-client.ts';

test('every answer says how much is left, by subscription or tenant', async () => {
  const arm = await createArmClient();
  const read = await arm.get(production);
  expect(read.headers).toMatchObject({
    'x-ms-ratelimit-remaining-subscription-reads': '249',
    'x-ms-ratelimit-remaining-subscription-global-reads': '3749',
  });
  expect((await arm.get('/tenants')).headers['x-ms-ratelimit-remaining-tenant-reads']).toBe('249');
  const refused = await arm.send('DELETE', `${production}/resourceGroups/rg-none`);
  expect([refused.status, refused.headers['x-ms-ratelimit-remaining-subscription-deletes']]).toEqual([404, '199']);
});

test('an empty bucket answers 429 until it has refilled, and refuses who does not wait', async () => {
  const arm = await createArmClient();
  arm.sandbox.placeObject('arm', 'throttleLimits', { reads: 5, reads_per_second: 0.5 });
  for (let call = 0; call < 5; call++) expect((await arm.get(production)).status).toBe(200);
  const refused = await arm.get(production);
  expect(refused).toMatchObject({
    status: 429,
    headers: { 'retry-after': '2', 'x-ms-ratelimit-remaining-subscription-reads': '0' },
    body: { error: { code: 'SubscriptionRequestsThrottled' } },
  });
  arm.sandbox.advance(1);
  expect((await arm.get(production)).status).toBe(429);
  arm.sandbox.advance(1);
  expect((await arm.get(production)).status).toBe(200);
});

test('buckets are apart by subscription, principal and kind of traffic', async () => {
  const arm = await createArmClient();
  const other = await arm.as(seededCredentials('limited'));
  arm.sandbox.placeObject('arm', 'throttleLimits', { reads: 1, reads_per_second: 1 });
  expect((await arm.get(production)).status).toBe(200);
  expect((await arm.get(production)).status).toBe(429);
  expect((await arm.get(development)).status).toBe(200);
  expect((await other.get(production)).status).toBe(200);
  expect((await arm.send('DELETE', `${production}/resourceGroups/rg-none`)).status).toBe(404);
});

test('all principals together share a larger bucket', async () => {
  const arm = await createArmClient();
  const other = await arm.as(seededCredentials('limited'));
  arm.sandbox.placeObject('arm', 'throttleLimits', { reads: 2, reads_per_second: 1, global_factor: 1 });
  await arm.get(production);
  await arm.get(production);
  expect((await other.get(production)).status).toBe(429);
});

test('2,000 reads at the published pace meet no 429', async () => {
  const arm = await createArmClient();
  let refused = 0;
  for (let call = 0; call < 2_000; call++) {
    if (call >= 250) arm.sandbox.advance(1 / 25);
    if ((await arm.get(production)).status === 429) refused += 1;
  }
  expect(refused).toBe(0);
});
