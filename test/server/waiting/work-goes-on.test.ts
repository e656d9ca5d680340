import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Caller } from '../../../src/core/base/caller.ts';
import { passTime } from '../../support/pass-time.ts';
import { openSlowTenant } from './support.ts';

// What is more work than a call has time for goes on in the process, and `get_operation` tells what becomes of it.

const openDevops = () => openSlowTenant({ scopes: ['directory', 'resources', 'devops'] });
const all = { organization: 'contoso', project: 'Payments', all: true };

describe('a projection of a whole list', () => {
  const whole = { endpoint: '/users', params: { $top: 50 }, project: 'length(value)' };

  test('goes on behind a handle, and is never a figure of a part', async () => {
    const { call, slow } = await openSlowTenant();
    slow.takes = () => 20_000;
    const first = await call('graph_query', whole);
    expect(first.tookMs).toBeLessThanOrEqual(45_000);
    expect(first.response.data).toMatchObject({ status: 'running', tool: 'graph_query' });
    expect(first.meta.complete).toBe(false);
    const { operation } = first.response.data;
    const looked = await call('get_operation', { operation });
    expect(looked.response.data).toMatchObject({
      status: 'running',
      progress: { message: expect.stringMatching(/pages?$/) },
    });
    const ended = await call('get_operation', { operation, wait: true });
    expect(ended.response.data).toMatchObject({ status: 'succeeded', tool: 'graph_query', result: expect.any(Number) });
    slow.takes = () => 0;
    expect(ended.response.data.result).toBe((await call('graph_query', whole)).response.data);
    const later = await call('get_operation', { operation });
    expect(later.response.data.result).toBe(ended.response.data.result);
  });

  test('that is item by item answers what it has, with a cursor', async () => {
    const { call, slow } = await openSlowTenant();
    slow.takes = () => 20_000;
    const { response, meta, tookMs } = await call('graph_query', { ...whole, project: 'value[].id' });
    expect(tookMs).toBeLessThanOrEqual(45_000);
    expect(response.success).toBe(true);
    expect(meta).toMatchObject({ complete: false, cursor: expect.any(String) });
  });

  test('is not waited for longer than the caller says', async () => {
    const { call, slow } = await openSlowTenant();
    slow.takes = () => 3_000;
    const { response, tookMs } = await call('graph_query', { ...whole, timeout: 5 });
    expect(tookMs).toBeLessThanOrEqual(6_000);
    expect(response.data.status).toBe('running');
  });
});

describe('what is made of a whole list', () => {
  const whole = { endpoint: '/users', params: { $top: 50, $select: 'department' } };

  test.each([
    ['count_by', { count_by: 'department' }],
    ['save_as', { save_as: 'users.csv' }],
  ])('%s goes on behind a handle, and is never of a part', async (_, more) => {
    const { call, slow, tools } = await openSlowTenant();
    slow.takes = () => 20_000;
    const first = await call('graph_query', { ...whole, ...more });
    expect(first.tookMs).toBeLessThanOrEqual(45_000);
    expect(first.response.data).toMatchObject({ status: 'running', tool: 'graph_query' });
    const exports = join(tools.home, 'exports');
    if ('save_as' in more) expect(readdirSync(exports).filter((name) => !name.startsWith('.'))).toEqual([]);
    const { operation } = first.response.data;
    const ended = await call('get_operation', { operation, wait: true });
    expect(ended.meta.complete).toBe(true);
    const { result } = ended.response.data;
    if ('save_as' in more) {
      expect(result).toMatchObject({ rows: 240, path: join(exports, 'users.csv') });
      expect(readdirSync(exports)).toEqual(['users.csv']);
    } else {
      expect(result.value.reduce((sum: number, { count }: { count: number }) => sum + count, 0)).toBe(240);
    }
  });
});

test('a page that hangs does not hold the caller: the list answers what it has', async () => {
  const { call, slow } = await openSlowTenant();
  slow.takes = ({ url }) => (/skiptoken/i.test(url) ? 90_000 : 0);
  const { response, meta, tookMs } = await call('graph_query', {
    endpoint: '/users',
    params: { $top: 50 },
    limit: 200,
  });
  expect(tookMs).toBeLessThanOrEqual(45_000);
  expect(response.data.value).toHaveLength(50);
  expect(meta).toMatchObject({ complete: false, cursor: expect.any(String) });
});

test('a batch of reads that hangs answers what it has', async () => {
  const { call, slow } = await openSlowTenant();
  const requests = Array.from({ length: 60 }, (_, index) => ({ id: String(index), url: '/users?$top=1&$select=id' }));
  let envelopes = 0;
  slow.takes = ({ url }) => {
    envelopes += url.includes('$batch') ? 1 : 0;
    return envelopes > 1 ? 90_000 : 0;
  };
  const { response, tookMs } = await call('graph_batch', { requests, continue_on_error: true });
  expect(tookMs).toBeLessThanOrEqual(45_000);
  const { responses } = response.data;
  expect(responses.filter(({ success }: { success: boolean }) => success)).toHaveLength(20);
});

test('a batch of writes says what was not sent', async () => {
  const { call, slow, writes } = await openSlowTenant();
  slow.takes = ({ url }) => (/batch/.test(url) ? 15_000 : 0);
  const requests = Array.from({ length: 100 }, (_, index) => ({
    method: 'POST',
    endpoint: '/groups',
    body: { displayName: `G${index}`, mailNickname: `g${index}`, mailEnabled: false, securityEnabled: true },
  }));
  const first = await call('graph_write', { requests });
  expect(first.tookMs).toBeLessThanOrEqual(45_000);
  // The envelope that was on the wire when the time was up is waited for behind the handle.
  const { status, operation } = first.response.data;
  const ended = status === 'running' ? await call('get_operation', { operation, wait: true }) : first;
  const sent = writes().length * 20;
  expect(sent).toBeLessThan(100);
  expect(ended.meta.notes.join('\n')).toContain(`${100 - sent} of 100 requests were not sent`);
});

describe('a bulk conversion', () => {
  test('goes on behind a handle, tells its progress, and is not begun twice', async () => {
    const { call, slow, writes } = await openDevops();
    slow.takes = ({ method }) => (method === 'PUT' ? 60_000 : 0);
    const first = await call('convert_service_connection', all);
    expect(first.tookMs).toBeLessThanOrEqual(45_000);
    expect(first.response.data, first.text).toMatchObject({ status: 'running', tool: 'convert_service_connection' });
    const { operation } = first.response.data;
    const again = await call('convert_service_connection', all);
    expect(again.response.data).toMatchObject({ status: 'running', operation });
    expect(again.meta.notes.join()).toContain('Nothing was sent: the same `convert_service_connection`');
    const ended = await call('get_operation', { operation, wait: true });
    expect(ended.response.data.result.summary.converted).toBe(4);
    expect(writes()).toHaveLength(4);
  });

  test('of a process that has ended is not known, and the error says where to look', async () => {
    const { call, slow, tools, another } = await openDevops();
    slow.takes = ({ method }) => (method === 'PUT' ? 60_000 : 0);
    const first = await call('convert_service_connection', all);
    const { operation } = first.response.data;
    const other = another();
    expect((await other.call('get_operation', { operation })).response.data.status).toBe('running');
    await passTime(tools.restart());
    const { response } = await other.call('get_operation', { operation });
    expect(response.error).toMatchObject({
      code: 'outcome_unknown',
      hint: expect.stringContaining('list_service_connections'),
    });
  });
});

test('the handle of a job is for its caller and connection only', async () => {
  const { call, slow } = await openSlowTenant();
  slow.takes = () => 20_000;
  const input = { endpoint: '/users', params: { $top: 50 }, project: 'length(value)' };
  const { operation } = (await call('graph_query', input)).response.data;
  for (const [given, more] of [
    [{ operation }, { caller: new Caller({ id: 'eve' }) }],
    [{ operation: `${operation}x` }, {}],
    [{ operation: 'job.' }, {}],
  ] as const) {
    expect((await call('get_operation', given, more)).response.error.code).toMatch(/invalid_argument|not_found/);
  }
});

test('a pause that is longer than the call answers at once', async () => {
  const { call, tools } = await openSlowTenant();
  tools.sandbox.fault({ match: 'GET */users*', service: 'graph', status: 429, retry_after: 50, times: 9 });
  const { response, tookMs } = await call('graph_query', { endpoint: '/users' });
  expect(response.error.code).toBe('throttled');
  expect(response.error.retry_after_seconds).toBeGreaterThanOrEqual(50);
  expect(tookMs).toBeLessThan(5_000);
});

test('work that ends after its answer has a second line in the audit log', async () => {
  const { call, slow, tools } = await openSlowTenant();
  slow.takes = () => 20_000;
  const whole = { endpoint: '/users', params: { $top: 50 }, project: 'length(value)' };
  const { operation } = (await call('graph_query', whole)).response.data;
  await call('get_operation', { operation, wait: true });
  await passTime(tools.restart());
  const directory = join(tools.home, 'audit');
  const [file = ''] = readdirSync(directory);
  const lines = readFileSync(join(directory, file), 'utf8').trim().split('\n');
  const found = lines.map((line) => JSON.parse(line)).filter(({ tool }) => tool === 'graph_query');
  expect(found.map(({ outcome }) => outcome)).toEqual(['success', 'success']);
});
