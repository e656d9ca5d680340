import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openSandboxTools, type SandboxTools } from '../../support/sandbox-tools.ts';

let tools: SandboxTools;
beforeAll(async () => {
  tools = await openSandboxTools({ frozenClock: true });
});
afterAll(() => tools.close());
beforeEach(() => tools.forget());

const users = { endpoint: '/users', params: { $select: 'id,department' } };
type Groups = readonly { readonly key: unknown; readonly count: number }[];
const sumOf = (groups: Groups) => groups.reduce((sum, { count }) => sum + count, 0);

describe('count_by', () => {
  test('answers how many items have each value, of all pages', async () => {
    const { response, meta } = await tools.call('graph_query', { ...users, count_by: 'department' });
    const groups: Groups = response.data.value;
    expect(sumOf(groups)).toBe(240);
    expect(groups.map(({ count }) => count)).toEqual(groups.map(({ count }) => count).toSorted((a, b) => b - a));
    expect(meta).toEqual({ complete: true, count: groups.length, notes: ['240 items counted.'] });
    const finance = await tools.call('graph_query', {
      endpoint: '/users/$count',
      params: { $filter: "department eq 'Finance'" },
    });
    expect(groups.find(({ key }) => key === 'Finance')?.count).toBe(finance.response.data);
  });

  test('counts what project gives', async () => {
    const project = "value[?department=='Finance'].{d:department}";
    const { response } = await tools.call('graph_query', { ...users, project, count_by: 'd' });
    expect(response.data.value).toEqual([{ key: 'Finance', count: expect.any(Number) }]);
    const whole = await tools.call('graph_query', { ...users, project: 'reverse(value)', count_by: 'department' });
    expect(sumOf(whole.response.data.value)).toBe(240);
  });

  test('takes limit as the number of groups, the largest first, with a cursor for the others', async () => {
    const input = { ...users, count_by: 'department', limit: 5 };
    const first = await tools.call('graph_query', input);
    expect(first.meta).toMatchObject({ complete: false, count: 5, cursor: expect.any(String) });
    tools.forget();
    const rest = await tools.call('graph_query', { ...input, limit: 100, cursor: first.meta.cursor });
    expect(tools.graphRequests()).toEqual([]);
    expect(rest.meta.complete).toBe(true);
    const all: Groups = [...first.response.data.value, ...rest.response.data.value];
    expect(all).toHaveLength(first.meta.total);
    expect(sumOf(all)).toBe(240);
  });

  test('takes $top as the size of pages, and says so', async () => {
    const input = { endpoint: '/users', params: { $top: 50, $select: 'department' }, count_by: 'department' };
    const { response, meta, diagnostics } = await tools.call('graph_query', input);
    expect(sumOf(response.data.value)).toBe(240);
    expect(diagnostics.pages).toBe(5);
    expect(meta.notes.join(' ')).toContain('$top was taken as the page size');
  });

  test('answers a table where one is asked for', async () => {
    const { response } = await tools.call('graph_query', { ...users, count_by: 'department', format: 'csv' });
    expect(response.data.split('\n').slice(0, 1)).toEqual(['key,count']);
  });

  test('of a property that Graph sends only when it is selected selects it, and says so', async () => {
    const { response, meta } = await tools.call('graph_query', { endpoint: '/users', count_by: 'department' });
    const selected = await tools.call('graph_query', { ...users, count_by: 'department' });
    expect(response.data).toEqual(selected.response.data);
    expect(meta.notes).toContain('$select=department was added, since count_by reads nothing else.');
  });

  test.each([
    ['$select', { endpoint: '/users?$select=id', count_by: 'department' }],
    ['project', { endpoint: '/users', count_by: 'department', project: 'value[?mail]' }],
    ['a member that is not known', { endpoint: '/users', count_by: 'nickname' }],
    ['a list of something else', { endpoint: '/subscribedSkus', count_by: 'displayName' }],
  ])('selects nothing by itself with %s', async (_, input) => {
    await tools.call('graph_query', input);
    const [sent = ''] = tools.graphRequests();
    expect(sent).not.toMatch(/select=(?!id\b)/);
  });

  test('names a member that no item has', async () => {
    const { response, meta } = await tools.call('graph_query', { endpoint: '/users', count_by: 'departmnt' });
    expect(response.data.value).toEqual([{ key: null, count: 240 }]);
    expect(meta.notes.join(' ')).toContain('none of the 240 items that were read has `departmnt`');
  });

  test('says where an expression is one of the list', async () => {
    const { meta } = await tools.call('graph_query', { ...users, count_by: 'value[].department' });
    expect(meta.notes.join(' ')).toContain('leave value[]. out');
  });

  test.each([
    ['graph_query', users],
    ['arm_query', { path: '/subscriptions' }],
    ['resource_graph_query', { query: 'resources' }],
  ])('that is no expression costs %s no request', async (tool, input) => {
    for (const wrong of ['department[', 'cnt(department)']) {
      const { response } = await tools.call(tool, { ...input, count_by: wrong });
      expect(response.error).toMatchObject({ code: 'invalid_argument', message: expect.stringMatching(/^count_by: /) });
    }
    expect(tools.seen()).toEqual([]);
  });

  test('is not a way to read the rest of a list: the cursor of another query is refused', async () => {
    const list = await tools.call('graph_query', { endpoint: '/users', limit: 5 });
    tools.forget();
    const { response } = await tools.call('graph_query', {
      endpoint: '/users',
      count_by: 'jobTitle',
      cursor: list.meta.cursor,
    });
    expect(response.error.code).toBe('invalid_argument');
    expect(tools.seen()).toEqual([]);
  });

  test.each([
    ['auto_paginate', { auto_paginate: false }],
    ['a projection', { auto_paginate: false, project: 'value[?id]' }],
  ])('of a part of the list is not complete, and no cursor pretends to lead to the rest: %s', async (_, more) => {
    const { response, meta } = await tools.call('graph_query', { ...users, count_by: 'department', ...more });
    expect(sumOf(response.data.value)).toBe(100);
    expect(meta.complete).toBe(false);
    expect(meta.cursor).toBeUndefined();
    expect(meta.notes.join(' ')).toContain('count_by was applied to the first 100 items only');
  });

  test('of something else than a list is ignored, and says so', async () => {
    const { response, meta } = await tools.call('graph_query', { endpoint: '/users/$count', count_by: 'x' });
    expect(response.data).toBe(240);
    expect(meta.notes).toContain('count_by was ignored: this is not a list.');
  });

  test('is never a part of the list where the service fails', async () => {
    tools.sandbox.fault({ match: 'GET /v1.0/users*skiptoken*', status: 400, times: 1 });
    const { isError, response } = await tools.call('graph_query', { ...users, count_by: 'department' });
    expect(isError).toBe(true);
    expect(response.data).toBeUndefined();
  });

  test('counts resources, of Resource Manager and of Resource Graph', async () => {
    const arm = await tools.call('arm_query', {
      path: '/subscriptions/{subscriptionId}/resources',
      count_by: 'location',
    });
    const graph = await tools.call('resource_graph_query', {
      query: 'resources | project id, location',
      count_by: 'location',
    });
    expect(arm.response.data.value.length).toBeGreaterThan(1);
    expect(sumOf(graph.response.data.value)).toBe(graph.response.data.total_records);
  });
});

describe('a connection that limits lists', () => {
  test.each([
    ['max_pages', { max_pages: 1 }],
    ['max_items', { max_items: 100 }],
    ['auto_paginate', { auto_paginate: false }],
  ])('by %s makes counts of a part, which say so', async (_, settings) => {
    const limited = await openSandboxTools({ frozenClock: true, settings });
    const { response, meta } = await limited.call('graph_query', { ...users, count_by: 'department' });
    await limited.close();
    expect(sumOf(response.data.value)).toBe(100);
    expect(meta).toMatchObject({
      complete: false,
      notes: [expect.stringContaining('first 100 items'), '100 items counted.'],
    });
    expect(meta.cursor).toBeUndefined();
  });
});

test('many groups are a sample, largest first, and the rest is behind a cursor', async () => {
  const input = { endpoint: '/users', count_by: 'userPrincipalName' };
  const first = await tools.call('graph_query', input);
  expect(first.text.length).toBeLessThan(10_000);
  expect(first.meta).toMatchObject({ complete: false, total: 240, result: expect.stringMatching(/^tenantry:/) });
  const keys = first.response.data.value.map(({ key }: { key: string }) => key);
  for (let cursor = first.meta.cursor; cursor !== undefined; ) {
    const next = await tools.call('graph_query', { ...input, cursor });
    keys.push(...next.response.data.value.map(({ key }: { key: string }) => key));
    cursor = next.meta.cursor;
  }
  expect(new Set(keys).size).toBe(240);
});
