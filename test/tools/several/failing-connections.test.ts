import { afterEach, describe, expect, test } from 'vitest';
import type { SandboxTools } from '../../support/sandbox-tools.ts';
import { openSeveralTenants, type SeveralTenantsOptions } from '../../support/several-tenants.ts';

let t: SandboxTools;

afterEach(() => t.close());

async function open(options: Partial<SeveralTenantsOptions> = {}): Promise<SandboxTools> {
  t = await openSeveralTenants({ tenants: 3, ...options });
  return t;
}

const users = { endpoint: '/users', params: { $select: 'id,displayName' } };
const both = { connection: 'contoso,fabrikam', ...users };

/** Seconds; a little is added so that readers do not come back together. */
const aboutThirty = expect.closeTo(30, -1);

/** How many items each connection gave. */
function countsOf(items: readonly { readonly connection: string }[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { connection } of items) counts[connection] = (counts[connection] ?? 0) + 1;
  return counts;
}

/** A tenant that asks every reader to wait for so long. */
function throttle(label: string, seconds: number, times = 50): void {
  t.sandbox.fault({ service: 'graph', tenant: `${label}.example`, status: 429, retry_after: seconds, times });
}

function fail(label: string, status: number): void {
  t.sandbox.fault({ service: 'graph', tenant: `${label}.example`, status, times: 50 });
}

test('of 32 tenants one that is throttled, one that fails and one without the permission are named, and nobody waits', async () => {
  await open({ tenants: 32, policy: { fan_out: true } });
  // Nobody waits for it: the test would not end in time.
  throttle('fabrikam', 30);
  fail('northwind', 503);
  fail('adatum', 403);
  const { isError, response, meta, text } = await t.call('graph_query', { connection: '*', ...users, format: 'json' });
  expect(isError).toBe(false);
  expect(Object.keys(countsOf(response.data.value))).toHaveLength(29);
  expect(meta).toMatchObject({ complete: false, count: 145, cursor: expect.any(String) });
  expect(meta.connections).toHaveLength(32);
  const reportOf = (name: string) => meta.connections.find((one: { name: string }) => one.name === name);
  expect(reportOf('contoso')).toEqual({ name: 'contoso', tenant: expect.any(String), cloud: 'sandbox', count: 5 });
  expect(reportOf('fabrikam')).toMatchObject({
    count: 0,
    complete: false,
    error: { code: 'throttled', retry_after_seconds: aboutThirty },
  });
  expect(reportOf('northwind')).toMatchObject({ count: 0, complete: false, error: { code: 'upstream_unavailable' } });
  expect(reportOf('adatum')).toMatchObject({ count: 0, complete: false, error: { code: 'permission_denied' } });
  expect(reportOf('adatum').error.hint).toContain('User.ReadBasic.All');
  expect(Buffer.byteLength(text)).toBeLessThan(24_000);
});

test('32 tenants fit an answer that nobody has asked to be long', async () => {
  await open({ tenants: 32, policy: { fan_out: true } });
  fail('fabrikam', 403);
  const { response, meta, text } = await t.call('graph_query', { connection: '*', endpoint: '/users' });
  expect(Buffer.byteLength(text)).toBeLessThanOrEqual(10_000);
  expect(meta.connections).toHaveLength(32);
  expect(response.data.value.length).toBeGreaterThan(0);
  expect(meta).toMatchObject({ complete: false, total: 155, cursor: expect.any(String) });
});

describe('a throttled connection', () => {
  test('is given up when the others are done, and the cursor goes on with it alone', async () => {
    await open();
    throttle('contoso', 30, 1);
    const first = await t.call('graph_query', both);
    expect(countsOf(first.response.data.value)).toEqual({ fabrikam: 5 });
    expect(first.meta.connections).toMatchObject([
      { name: 'contoso', count: 0, complete: false, error: { code: 'throttled', retry_after_seconds: aboutThirty } },
      { name: 'fabrikam', count: 5 },
    ]);
    t.sandbox.advance(31);
    t.forget();
    const second = await t.call('graph_query', { ...both, cursor: first.meta.cursor });
    expect(countsOf(second.response.data.value)).toEqual({ contoso: 5 });
    expect(second.meta).toMatchObject({ complete: true, count: 5, connections: [{ name: 'contoso', count: 5 }] });
    expect(t.graphRequests()).toHaveLength(1);
  });

  test('keeps what it has given before, and goes on behind it', async () => {
    await open();
    const paged = { ...both, params: { $select: 'id', $top: 2 }, auto_paginate: true };
    t.sandbox.fault({ match: 'GET /v1.0/users*skiptoken*', tenant: 'fabrikam.example', status: 429, retry_after: 30 });
    const first = await t.call('graph_query', paged);
    expect(countsOf(first.response.data.value)).toEqual({ contoso: 5, fabrikam: 2 });
    expect(first.meta.connections[1]).toMatchObject({ count: 2, complete: false, error: { code: 'throttled' } });
    t.sandbox.advance(31);
    const second = await t.call('graph_query', { ...paged, cursor: first.meta.cursor });
    expect(countsOf(second.response.data.value)).toEqual({ fabrikam: 3 });
    expect(second.meta.complete).toBe(true);
    const ids = [...first.response.data.value, ...second.response.data.value].map(({ id }: { id: string }) => id);
    expect(new Set(ids).size).toBe(10);
  });

  test('is waited for where the answer is made of the whole list', async () => {
    await open();
    throttle('fabrikam', 1.2, 1);
    const { response, meta } = await t.call('graph_query', { ...both, project: 'length(value)' });
    expect(response.data).toBe(10);
    expect(meta.complete).toBe(true);
  });

  test('is waited for where no other has anything to answer', async () => {
    await open();
    throttle('contoso', 1.2, 1);
    fail('fabrikam', 403);
    const { response, meta } = await t.call('graph_query', both);
    expect(countsOf(response.data.value)).toEqual({ contoso: 5 });
    expect(meta.complete).toBe(false);
  });
});

describe('a failing connection', () => {
  test('is told again with the rest of the list, and costs no request more', async () => {
    await open();
    fail('contoso', 403);
    throttle('fabrikam', 30, 1);
    const all = { ...both, connection: 'contoso,fabrikam,northwind' };
    const first = await t.call('graph_query', all);
    expect(countsOf(first.response.data.value)).toEqual({ northwind: 5 });
    t.sandbox.advance(31);
    t.forget();
    const second = await t.call('graph_query', { ...all, cursor: first.meta.cursor });
    expect(countsOf(second.response.data.value)).toEqual({ fabrikam: 5 });
    expect(second.meta).toMatchObject({
      complete: false,
      connections: [
        { name: 'contoso', complete: false, error: { code: 'permission_denied' } },
        { name: 'fabrikam', count: 5 },
      ],
    });
    expect(second.meta.cursor).toBeUndefined();
    expect(t.graphRequests()).toHaveLength(1);
  });

  test('is still missing at the end of a stored list', async () => {
    await open({ users: 60 });
    fail('contoso', 403);
    let answer = await t.call('graph_query', { ...both, connection: 'contoso,fabrikam,northwind', params: {} });
    expect(answer.meta.result).toBeDefined();
    let count = answer.meta.count;
    while (answer.meta.cursor !== undefined) {
      expect(answer.meta.complete).toBe(false);
      const { cursor } = answer.meta;
      answer = await t.call('graph_query', { ...both, connection: 'contoso,fabrikam,northwind', params: {}, cursor });
      count += answer.meta.count;
    }
    expect(count).toBe(120);
    expect(answer.meta.complete).toBe(false);
  });

  test('is the error of the call where all fail in the same way', async () => {
    await open();
    const { response } = await t.call('graph_query', { ...both, endpoint: '/nothing' });
    expect(response.success).toBe(false);
    expect(response.error.message).toMatch(/^No connection could answer: /);
  });

  test('is named where all fail in different ways', async () => {
    await open();
    fail('contoso', 403);
    fail('fabrikam', 404);
    const { isError, response } = await t.call('graph_query', both);
    expect(isError).toBe(true);
    expect(response.error.message).toMatch(/^No connection could answer\. contoso: .* fabrikam: /);
    expect(response.error.detail.connections).toEqual([
      { name: 'contoso', code: 'permission_denied' },
      { name: 'fabrikam', code: 'not_found' },
    ]);
  });

  test('is missing in a figure and in a file of the others, which say so', async () => {
    await open();
    fail('contoso', 403);
    const figure = await t.call('graph_query', { ...both, count_by: 'connection' });
    expect(figure.response.data.value).toEqual([{ key: 'fabrikam', count: 5 }]);
    const file = await t.call('graph_query', { ...both, save_as: 'some.ndjson' });
    expect(file.response.data.rows).toBe(5);
    for (const { meta } of [figure, file]) {
      expect(meta.complete).toBe(false);
      expect(meta.connections[0]).toMatchObject({ name: 'contoso', error: { code: 'permission_denied' } });
    }
  });

  test('by a rule of the policy does not stop the others', async () => {
    await open({ policy: { connections: { contoso: { deny: [{ service: 'graph', path: '/users/**' }] } } } });
    const { response, meta } = await t.call('graph_query', both);
    expect(countsOf(response.data.value)).toEqual({ fabrikam: 5 });
    expect(meta.connections[0]).toMatchObject({ name: 'contoso', complete: false, error: { code: 'refused' } });
  });
});

test('a slow connection is waited for until the time is up, and the cursor leads to it', async () => {
  await open();
  t.sandbox.fault({ service: 'graph', tenant: 'contoso.example', delay_ms: 60_000 });
  const first = await t.call('graph_query', { ...both, timeout: 1 });
  expect(countsOf(first.response.data.value)).toEqual({ fabrikam: 5 });
  expect(first.meta.connections[0]).toMatchObject({ name: 'contoso', complete: false, error: { code: 'timeout' } });
  const second = await t.call('graph_query', { ...both, cursor: first.meta.cursor });
  expect(countsOf(second.response.data.value)).toEqual({ contoso: 5 });
});

test('what the caller cancels is an error, whatever is there', async () => {
  await open();
  const controller = new AbortController();
  t.sandbox.fault({ service: 'graph', tenant: 'contoso.example', delay_ms: 60_000 });
  const call = t.call('graph_query', both, { signal: controller.signal });
  controller.abort();
  const { response } = await call;
  expect(response.error.code).toBe('cancelled');
});
