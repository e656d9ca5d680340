import { describe, expect, test } from 'vitest';
import { passTime } from '../../support/pass-time.ts';
import { openSlowTenant } from './support.ts';

// No host waits longer than a minute, and a write whose answer nobody read is written again: by the same client, or by the
// next process. However that happens, the service gets the write once.

async function open() {
  const tenant = await openSlowTenant();
  const { tools } = tenant;
  const { subscriptionId } = tools.sandbox.credentials;
  const path = `/subscriptions/${subscriptionId}/resourceGroups/rg-contoso-data/providers/Microsoft.Storage/storageAccounts/stcontosonew`;
  const body = { location: 'westeurope', sku: { name: 'Standard_LRS' }, kind: 'StorageV2', properties: {} };
  /** The writes that match take five minutes at the service. */
  tools.sandbox.placeObject('arm', 'operationStyle', {
    match: 'PUT *',
    style: 'location',
    seconds: 300,
    retry_after: 5,
  });
  return { ...tenant, put: { method: 'PUT', path, body } };
}

const newGroup = {
  requests: [
    {
      method: 'POST',
      endpoint: '/groups',
      body: { displayName: 'Blue', mailNickname: 'blue', mailEnabled: false, securityEnabled: true },
    },
  ],
};

describe('an operation of five minutes', () => {
  test('is answered with a handle within 45 s; the same write answers that handle until it has ended', async () => {
    const { call, writes, put } = await open();
    const first = await call('arm_write', put);
    expect(first.tookMs).toBeLessThanOrEqual(45_000);
    expect(first.response).toMatchObject({ success: true, status: 202, data: { status: 'running' } });
    expect(first.meta.complete).toBe(false);
    const { operation } = first.response.data;
    const again = await call('arm_write', put);
    expect(again.response.data).toMatchObject({ status: 'running', operation });
    expect(again.meta.notes.join()).toMatch(/^Nothing was sent: the same `arm_write`, begun at .* is still running/);
    expect(again.tookMs).toBeLessThan(5_000);
    expect(writes()).toHaveLength(1);

    const looked = await call('get_operation', { operation });
    expect(looked.response.data).toMatchObject({ status: 'running', method: 'PUT' });
    const ended = await call('get_operation', { operation, wait: true });
    expect(ended.response.data).toMatchObject({ status: 'succeeded', result: { name: 'stcontosonew' } });
    expect((await call('arm_write', put)).meta.notes?.join() ?? '').not.toContain('Nothing was sent');
    expect(writes()).toHaveLength(2);
  });

  test('is waited for until the end where the caller says so', async () => {
    const { call, writes, put } = await open();
    const { response, tookMs } = await call('arm_write', { ...put, wait: true });
    expect(response.data).toMatchObject({ name: 'stcontosonew' });
    expect(tookMs).toBeGreaterThan(290_000);
    expect(writes()).toHaveLength(1);
  });

  test('is the same write with another wait, timeout or correlation_id, and another one with another body', async () => {
    const { call, writes, put } = await open();
    const { operation } = (await call('arm_write', { ...put, wait: false })).response.data;
    const again = await call('arm_write', { body: put.body, path: put.path, method: 'PUT' });
    expect(again.response.data.operation).toBe(operation);
    await call('arm_write', { ...put, body: { ...put.body, tags: { a: '1' } }, wait: false });
    expect(writes()).toHaveLength(2);
  });

  test('of a client that gave up is found by the same call, from another process too', async () => {
    const { call, start, until, another, writes, put } = await open();
    const client = new AbortController();
    const first = start('arm_write', put, { signal: client.signal });
    await until(() => writes().length === 1);
    client.abort();
    await passTime(first);
    const other = await another().call('arm_write', put);
    const same = await call('arm_write', put);
    expect(other.response.data).toMatchObject({ status: 'running', operation: expect.any(String) });
    expect(same.response.data.operation).toBe(other.response.data.operation);
    expect(writes()).toHaveLength(1);
  });

  test('is found while the first call still waits for it', async () => {
    const { start, until, another, writes, put, tools } = await open();
    const first = start('arm_write', put);
    await until(() => tools.armRequests().length > 1);
    const other = another();
    const second = await other.call('arm_write', put);
    expect(second.response.data).toMatchObject({ status: 'running', method: 'PUT', path: put.path });
    const { operation } = second.response.data;
    expect((await passTime(first)).response.data.status).toBe('running');
    const ended = await other.call('get_operation', { operation, wait: true });
    expect(ended.response.data).toMatchObject({ status: 'succeeded', result: { name: 'stcontosonew' } });
    expect(writes()).toHaveLength(1);
  });

  test('that ended after its client gave up is answered, once', async () => {
    const { call, start, until, writes, put } = await open();
    const client = new AbortController();
    const first = start('arm_write', put, { signal: client.signal });
    await until(() => writes().length === 1);
    client.abort();
    await passTime(first);
    await passTime(new Promise((resolve) => setTimeout(resolve, 301_000)));
    const again = await call('arm_write', put);
    expect(again.response.data).toMatchObject({ status: 'succeeded', result: { name: 'stcontosonew' } });
    expect(writes()).toHaveLength(1);
    await call('arm_write', put);
    expect(writes()).toHaveLength(2);
  });

  test('that is older than ten minutes no longer stands for the same write', async () => {
    const { call, tools, writes, put } = await open();
    tools.sandbox.placeObject('arm', 'operationStyle', {
      match: 'PUT *',
      style: 'location',
      seconds: 9_000,
      retry_after: 5,
    });
    await call('arm_write', put);
    await passTime(new Promise((resolve) => setTimeout(resolve, 601_000)));
    await call('arm_write', put);
    expect(writes()).toHaveLength(2);
  });
});

describe('a request that is on the wire when its client gives up', () => {
  test('is waited for, and its operation is the answer to the same write', async () => {
    const { call, start, until, slow, writes, put } = await open();
    slow.takes = ({ method }) => (method === 'PUT' ? 20_000 : 0);
    const client = new AbortController();
    const first = start('arm_write', put, { signal: client.signal });
    await until(() => writes().length === 1);
    client.abort();
    expect((await passTime(first)).response.error.code).toBe('cancelled');
    const again = await call('arm_write', put);
    expect(again.response.data).toMatchObject({ status: 'running', operation: expect.any(String) });
    expect(again.response.data.operation).toBe((await call('arm_write', put)).response.data.operation);
    expect(writes()).toHaveLength(1);
  });

  test('that is done at once is answered to the next call of its kind, and the one after that is a new write', async () => {
    const { call, start, until, slow, writes } = await open();
    slow.takes = ({ method }) => (method === 'POST' ? 20_000 : 0);
    const client = new AbortController();
    const first = start('graph_write', newGroup, { signal: client.signal });
    await until(() => writes().length === 1);
    client.abort();
    await passTime(first);
    const second = await call('graph_write', newGroup);
    expect(second.response).toMatchObject({ status: 201, data: { displayName: 'Blue' } });
    expect(second.meta.notes.join()).toContain('Nothing was sent: the same `graph_write`');
    expect(writes()).toEqual(['POST /v1.0/groups']);
    await call('graph_write', newGroup);
    expect(writes()).toHaveLength(2);
  });

  test('when the time of the call is up is answered with a handle', async () => {
    const { call, slow, writes } = await open();
    slow.takes = ({ method }) => (method === 'POST' ? 70_000 : 0);
    const { response, tookMs } = await call('graph_write', newGroup);
    expect(tookMs).toBeLessThanOrEqual(45_000);
    expect(response).toMatchObject({ status: 202, data: { status: 'running', tool: 'graph_write' } });
    const { operation } = response.data;
    const ended = await call('get_operation', { operation, wait: true });
    expect(ended.response.data).toMatchObject({ status: 'succeeded', result: { displayName: 'Blue' } });
    expect(writes()).toHaveLength(1);
  });

  test('nothing else is sent after that', async () => {
    const { start, until, slow, writes, put, tools } = await open();
    slow.takes = ({ method }) => (method === 'PUT' ? 20_000 : 0);
    const client = new AbortController();
    const first = start('arm_write', put, { signal: client.signal });
    await until(() => writes().length === 1);
    const sent = tools.seen().length;
    client.abort();
    await passTime(first);
    await passTime(new Promise((resolve) => setTimeout(resolve, 120_000)));
    expect(tools.seen()).toHaveLength(sent);
  });

  test('of a process that ended without an answer leaves its outcome open, and says so once', async () => {
    const { start, until, slow, writes, put, tools, call } = await open();
    slow.takes = ({ method }) => (method === 'PUT' ? Number.POSITIVE_INFINITY : 0);
    tools.sandbox.placeObject('arm', 'operationStyle', { match: 'PUT *', style: 'sync' });
    void start('arm_write', put);
    await until(() => writes().length === 1);
    await passTime(tools.restart());
    slow.takes = () => 0;
    const { response } = await call('arm_write', put);
    expect(response.error).toMatchObject({ code: 'outcome_unknown', hint: expect.stringContaining('arm_query') });
    expect(writes()).toHaveLength(1);
    expect((await call('arm_write', put)).response.success).toBe(true);
    expect(writes()).toHaveLength(2);
  });
});

describe('the same write twice at once', () => {
  test('is sent once by one process, and both get the answer', async () => {
    const { start, slow, writes } = await open();
    slow.takes = ({ method }) => (method === 'POST' ? 5_000 : 0);
    const both = await passTime(Promise.all([start('graph_write', newGroup), start('graph_write', newGroup)]));
    expect(both.map(({ response }) => response.data.displayName)).toEqual(['Blue', 'Blue']);
    expect(writes()).toHaveLength(1);
  });

  test('is sent once by two processes; the other one gets a handle that leads to it', async () => {
    const { start, slow, another, writes, put } = await open();
    slow.takes = ({ method }) => (method === 'PUT' ? 5_000 : 0);
    const other = another();
    const both = await passTime(Promise.all([start('arm_write', put), other.start('arm_write', put)]));
    expect(both.map(({ response }) => response.data.status)).toEqual(['running', 'running']);
    expect(writes()).toHaveLength(1);
  });
});

test('a preview is no write, and a write that has ended is sent again', async () => {
  const { call, writes, tools, put } = await open();
  tools.sandbox.placeObject('arm', 'operationStyle', { match: 'PUT *', style: 'sync' });
  await call('arm_write', { ...put, dry_run: true });
  expect(writes()).toHaveLength(0);
  await call('arm_write', put);
  await call('arm_write', put);
  expect(writes()).toHaveLength(2);
});

test('a write that failed is sent again', async () => {
  const { call, writes, tools, put } = await open();
  tools.sandbox.fault({ match: 'PUT *', service: 'arm', status: 409, times: 1 });
  expect((await call('arm_write', put)).isError).toBe(true);
  expect((await call('arm_write', put)).isError).toBe(false);
  expect(writes()).toHaveLength(2);
});
