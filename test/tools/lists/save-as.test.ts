import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { localCaller } from '../../../src/core/base/caller.ts';
import { runTool, type ToolCallOptions } from '../../../src/server/run-tool.ts';
import { createSurface } from '../../../src/server/surface.ts';
import { tools as allTools } from '../../../src/tools/registry.ts';
import { createRewritingClient } from '../../support/rewriting-client.ts';
import { openSandboxTools, type SandboxTools } from '../../support/sandbox-tools.ts';

let tools: SandboxTools;
beforeAll(async () => {
  tools = await openSandboxTools({ frozenClock: true });
});
afterAll(() => tools.close());
beforeEach(() => tools.forget());

const files = (home = tools.home) => {
  try {
    return readdirSync(join(home, 'exports'));
  } catch {
    return [];
  }
};

async function answerTo(input: Readonly<Record<string, unknown>>, options: Partial<ToolCallOptions>) {
  const tool = allTools.find(({ name }) => name === 'graph_query');
  if (tool === undefined) throw new Error('There is no such tool.');
  const how = { caller: localCaller, signal: new AbortController().signal, ...options };
  return runTool(tool, { connection: 'sandbox', ...input }, how, tools.runtime);
}

test('the answer of save_as has path, rows and columns, and no items', async () => {
  const { response, meta } = await tools.call('graph_query', {
    endpoint: '/users',
    params: { $select: 'id,displayName' },
    save_as: 'people.csv',
  });
  const path = join(tools.home, 'exports', 'people.csv');
  const text = readFileSync(path, 'utf8');
  expect(response.data).toEqual({ path, rows: 240, bytes: Buffer.byteLength(text), columns: ['id', 'displayName'] });
  expect(meta).toEqual({ complete: true });
  expect(text.split('\n')).toHaveLength(242);
});

test.each([
  ['graph_query', { endpoint: '/groups' }],
  ['arm_query', { path: '/subscriptions/{subscriptionId}/resources' }],
  ['resource_graph_query', { query: 'resources | project id, name' }],
])('%s saves each format with the same items', async (tool, input) => {
  const saved = await Promise.all(
    ['csv', 'ndjson', 'json'].map(async (format) => {
      const { response } = await tools.call(tool, { ...input, save_as: `${tool}.${format}` });
      return { rows: response.data.rows, text: readFileSync(response.data.path, 'utf8') };
    }),
  );
  const [csv, ndjson, json] = saved;
  const items = JSON.parse(json?.text ?? '');
  expect(items).toHaveLength(json?.rows);
  expect(new Set(saved.map(({ rows }) => rows)).size).toBe(1);
  expect(
    ndjson?.text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)),
  ).toEqual(items);
  expect(csv?.text.split('\n').length).toBeGreaterThan(items.length);
});

test('groups are saved where count_by asks for them', async () => {
  const { response } = await tools.call('graph_query', {
    endpoint: '/users',
    params: { $select: 'department' },
    count_by: 'department',
    save_as: 'departments.csv',
  });
  expect(response.data).toMatchObject({ columns: ['key', 'count'] });
});

test('$top is the size of pages, and settings of the call do not cut the file', async () => {
  const { response, meta, diagnostics } = await tools.call('graph_query', {
    endpoint: '/users',
    params: { $top: 60 },
    save_as: 'tops.ndjson',
  });
  expect(response.data.rows).toBe(240);
  expect(diagnostics.pages).toBe(4);
  expect(meta.notes.join(' ')).toContain('$top was taken as the page size');
});

test('a limit ends the file, and the answer says that there is more', async () => {
  const { response, meta } = await tools.call('graph_query', { endpoint: '/users', limit: 7, save_as: 'few.csv' });
  expect(response.data.rows).toBe(7);
  expect(meta).toMatchObject({ complete: false, notes: [expect.stringContaining('first 7 rows')] });
});

test('one page is one page, and the answer says that it is not the whole list', async () => {
  const { response, meta } = await tools.call('graph_query', {
    endpoint: '/users',
    auto_paginate: false,
    save_as: 'page.csv',
  });
  expect(response.data.rows).toBe(100);
  expect(meta).toMatchObject({ complete: false, notes: [expect.stringContaining('first 100 items only')] });
});

test('the ending decides, and a format that says otherwise is noted', async () => {
  const input = { endpoint: '/groups', format: 'csv', save_as: 'groups.json' };
  const { response, meta } = await tools.call('graph_query', input);
  expect(readFileSync(response.data.path, 'utf8').startsWith('[')).toBe(true);
  expect(meta.notes).toEqual(['format was ignored: the ending of save_as says it.']);
});

describe('sends nothing, and writes nothing, where', () => {
  test.each(['../x.csv', '/tmp/x.csv', 'a/b.csv', 'C:x.csv', 'nul.csv', '.x.csv', 'x.exe', 'x', 'x\u202ecsv.csv'])(
    'the name is %j',
    async (name) => {
      const before = files();
      const { response } = await tools.call('graph_query', { endpoint: '/users', save_as: name });
      expect(response.error).toMatchObject({ code: 'invalid_argument', message: expect.stringMatching(/^save_as: /) });
      expect(tools.seen()).toEqual([]);
      expect(files()).toEqual(before);
    },
  );

  test('the call came over HTTP', async () => {
    const before = files();
    const { structured } = await answerTo({ endpoint: '/users', save_as: 'http.csv' }, { channel: 'http' });
    expect(structured['response']).toMatchObject({ error: { code: 'refused' } });
    const surface = createSurface(tools.runtime, { listed: allTools, callable: allTools }, 'http');
    const args = { connection: 'sandbox', endpoint: '/users', save_as: 'http.csv' };
    const context = { mcpReq: { signal: new AbortController().signal } } as never;
    expect(await surface.callTool({ name: 'graph_query', arguments: args }, context)).toMatchObject({ isError: true });
    expect(tools.seen()).toEqual([]);
    expect(files()).toEqual(before);
  });

  test.each([
    ['a cursor is passed as well', { cursor: 'abc' }],
    ['project is no expression', { project: 'value[' }],
    ['count_by is no expression', { count_by: 'a[' }],
  ])('%s', async (_, more) => {
    const before = files();
    const { response } = await tools.call('graph_query', { endpoint: '/users', save_as: 'y.csv', ...more });
    expect(response.error.code).toBe('invalid_argument');
    expect(tools.seen()).toEqual([]);
    expect(files()).toEqual(before);
  });

  test('the operator has switched it off', async () => {
    const off = await openSandboxTools({ rules: { exports: { mostBytes: 0, mostBytesTogether: 1 } } });
    const { response } = await off.call('graph_query', { endpoint: '/users', save_as: 'y.csv' });
    expect(response.error).toMatchObject({ code: 'refused', hint: expect.stringContaining('exports.max_mb') });
    expect(off.seen()).toEqual([]);
    expect(files(off.home)).toEqual([]);
    await off.close();
  });
});

describe('what the service should not have said', () => {
  const connectionString = 'DefaultEndpointsProtocol=https;AccountName=st;AccountKey=c2VjcmV0LXNlY3JldC1zZWNyZXQ=;';
  const item = { id: '1', displayName: connectionString, clientSecret: 'hunter2-hunter2', name: 'A\u202eB' };

  test.each(['csv', 'ndjson', 'json'])('is in no %s, nor among the groups; the rest is as it is', async (format) => {
    const service = createRewritingClient();
    const box = await openSandboxTools({ frozenClock: true, watch: service.watch });
    const body = JSON.stringify({ value: [item, { ...item, id: '2' }] });
    service.rewrite = ({ url }) =>
      url.includes('/users') ? { status: 200, headers: { 'content-type': 'application/json' }, body } : undefined;
    const { response } = await box.call('graph_query', { endpoint: '/users', save_as: `x.${format}` });
    const text = readFileSync(response.data.path, 'utf8');
    const groups = await box.call('graph_query', { endpoint: '/users', count_by: '[clientSecret, displayName]' });
    await box.close();
    for (const shown of [text, groups.text]) {
      expect(shown).toContain('[secret]');
      expect(shown).not.toContain('hunter2');
      expect(shown).not.toContain('c2VjcmV0');
    }
    expect(text).toContain('A\u202eB');
  });
});

test('a failure in the middle leaves no file', async () => {
  const before = files();
  tools.sandbox.fault({ match: 'GET /v1.0/users*skiptoken*', status: 400, times: 1 });
  const { isError } = await tools.call('graph_query', { endpoint: '/users', save_as: 'broken.csv' });
  expect(isError).toBe(true);
  expect(files()).toEqual(before);
});

test('a call that is cancelled leaves no file', async () => {
  const before = files();
  const controller = new AbortController();
  const progress = () => controller.abort();
  const { response } = await tools.call(
    'graph_query',
    { endpoint: '/users', params: { $top: 20 }, save_as: 'cancelled.csv' },
    { signal: controller.signal, progress },
  );
  expect(response.error.code).toBe('cancelled');
  expect(files()).toEqual(before);
});

test('a read-only process saves too: nothing of the tenant changes', async () => {
  const readOnly = await openSandboxTools({ readOnly: true });
  const { response } = await readOnly.call('graph_query', { endpoint: '/groups', save_as: 'groups.csv' });
  expect(response.data.rows).toBeGreaterThan(0);
  await readOnly.close();
});

test('a list that was cut names what makes it smaller, and save_as only where it is possible', async () => {
  const input = {
    endpoint: '/users',
    params: { $select: 'id,displayName,mail,userPrincipalName,jobTitle,department' },
  };
  const { meta } = await tools.call('graph_query', input);
  expect(meta.notes.join(' ')).toContain('$filter, $select, project, count_by, format: csv or save_as.');
  const { text } = await answerTo(input, { channel: 'http' });
  expect(text).toContain('project, count_by or format: csv.');
  expect(text).not.toContain('save_as');
});

test('a known secret is in no file, however the service escapes it', async () => {
  const service = createRewritingClient();
  const box = await openSandboxTools({ frozenClock: true, watch: service.watch });
  const known = 'walnut/пароль/harbour';
  box.runtime.secrets.add(known);
  for (const shown of [known.replaceAll('/', '\\/'), known.replaceAll('п', '\\u043f')]) {
    const body = `{"value":[{"id":"1","displayName":"is ${shown}"}]}`;
    service.rewrite = ({ url }) =>
      url.includes('/users') ? { status: 200, headers: { 'content-type': 'application/json' }, body } : undefined;
    const { response } = await box.call('graph_query', { endpoint: '/users', save_as: 'x.ndjson' });
    const text = readFileSync(response.data.path, 'utf8');
    expect(text).toContain('"is ');
    expect(text).not.toContain('harbour');
  }
  await box.close();
});
