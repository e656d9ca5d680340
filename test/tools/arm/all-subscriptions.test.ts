import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { canBeDivided, groupsOf, isPosition, losesOrder } from '../../../src/tools/arm/all-subscriptions.ts';
import { fakeTime, passTime } from '../../support/pass-time.ts';
import { openSandboxTools, type SandboxTools } from '../../support/sandbox-tools.ts';

let tools: SandboxTools;

beforeAll(async () => {
  tools = await openSandboxTools();
  await tools.call('resource_graph_query', { query: storage, subscriptions: ['all'] });
});
afterAll(() => tools.close());
beforeEach(() => {
  fakeTime();
  tools.forget();
});
afterEach(() => tools.sandbox.reset());

const storage = "resources | where type =~ 'microsoft.storage/storageaccounts' | project id, name | order by id asc";
const groups = 'resourcecontainers | project id, name | order by id asc';

const query = (input: Readonly<Record<string, unknown>>) =>
  passTime(tools.call('resource_graph_query', { subscriptions: ['all'], ...input }));
const asked = () =>
  tools
    .seen()
    .flatMap(({ method, body }) => (method === 'POST' ? [body as { subscriptions?: readonly string[] }] : []));

/** Subscriptions with one resource group each. */
function placeMany(count: number): void {
  for (let index = 0; index < count; index++) {
    const subscriptionId = `00000000-0000-4000-8000-${index.toString(16).padStart(12, '0')}`;
    tools.sandbox.placeObject('arm', 'subscription', { subscriptionId });
    const id = `/subscriptions/${subscriptionId}/resourceGroups/rg-many`;
    const type = 'Microsoft.Resources/subscriptions/resourceGroups';
    tools.sandbox.placeObject('arm', 'resource', { id, name: 'rg-many', type, location: 'westeurope' });
  }
}

describe('all subscriptions', () => {
  test('that fit into one query are named in it', async () => {
    const { response, meta } = await query({ query: storage });
    const names = response.data.value.map(({ name }: { name: string }) => name);
    expect(names).toEqual(expect.arrayContaining(['stcontosodata', 'stcontosodev']));
    expect(asked()).toHaveLength(1);
    expect(asked()[0]?.subscriptions).toHaveLength(2);
    expect(meta.complete).toBe(true);
    expect(response.data.total_records).toBe(names.length);
  });

  test('beyond that are asked in groups of fewer than 300, each row once, in order', async () => {
    placeMany(650);
    const where = `resourcecontainers | where name == 'rg-many' | project id, name | order by id asc`;
    const ids: string[] = [];
    let cursor: string | undefined;
    let notes: readonly string[] = [];
    do {
      const { response, meta } = await query({ query: where, ...(cursor === undefined ? {} : { cursor }) });
      ids.push(...response.data.value.map(({ id }: { id: string }) => id));
      notes = [...notes, ...(meta.notes ?? [])];
      cursor = meta.cursor;
    } while (cursor !== undefined);
    expect(ids).toHaveLength(650);
    expect(ids).toEqual([...new Set(ids)].toSorted());
    expect(asked().map(({ subscriptions }) => subscriptions?.length)).toEqual([299, 299, 54]);
    expect(notes.join()).toContain('652 subscriptions, with 3 queries of fewer than 300.');
  });

  test('are gone on with from where a limit stopped, within a group and between two', async () => {
    placeMany(400);
    const where = `resourcecontainers | where name == 'rg-many' | project id, name | order by id asc`;
    const ids = new Set<string>();
    let cursor: string | undefined;
    let calls = 0;
    do {
      const more = cursor === undefined ? {} : { cursor };
      const { response, meta } = await query({ query: where, limit: 130, ...more });
      for (const { id } of response.data.value) ids.add(id);
      cursor = meta.cursor;
      calls += 1;
    } while (cursor !== undefined && calls < 40);
    expect(ids.size).toBe(400);
  });

  test('are asked as a whole where rows are put together: sums of parts would be wrong', async () => {
    placeMany(300);
    const { response, meta } = await query({ query: 'resourcecontainers | summarize count()' });
    expect(response.success).toBe(true);
    expect(asked().map(({ subscriptions }) => subscriptions)).toEqual([undefined]);
    expect(meta.notes.join()).toContain('whole tenant at once');
  });

  test.each([
    { subscriptions: ['all', '00000000-0000-4000-8000-000000000001'] },
    { subscriptions: ['ALL'], management_groups: ['mg-contoso'] },
  ])('stand alone: %j', async (scope) => {
    const { response } = await query({ query: groups, ...scope });
    expect(response.error).toMatchObject({
      code: 'invalid_argument',
      message: 'subscriptions: "all" cannot be combined with other scopes.',
    });
    expect(tools.seen()).toEqual([]);
  });
});

test.each([
  ["resources | where name == '| count' | project id // | summarize", true],
  ['resources | summarize count() by type', false],
  ["resources | where url == 'https://contoso.example' | summarize count()", false],
  ['resources | where path == @"c:\\" | summarize count() // "', false],
  ["// it's a comment\nresources | count", false],
  ['union (resources | project id), (resourcecontainers | project id)', false],
  ['resources | where id in~ ((resourcecontainers | project id))', false],
  ['resources | extend unions = 1 | where type has "union (" | project id', true],
  ['resources | top 5 by name', false],
  ['resources | join kind=inner (resourcecontainers) on subscriptionId', false],
  ['resources | extend countries = 1 | project id', true],
])('%s: divided %s', (text, divided) => {
  expect(canBeDivided(text)).toBe(divided);
});

test.each([
  ['|eyJwYWdlIjoyfQ==', true],
  ['00000000-0000-4000-8000-00000000012b|', true],
  ['00000000-0000-4000-8000-00000000012b|eyJwYWdlIjoyfQ==', true],
  ['eyJwYWdlIjoyfQ==', false],
])('a list of the whole tenant goes on as one, whatever the number of subscriptions is by then: %s', (link, is) => {
  expect(isPosition(link)).toBe(is);
});

test('order by id stays whole, any other order does not', () => {
  expect(losesOrder('resources | order by id asc')).toBe(false);
  expect(losesOrder('resources | sort by name')).toBe(true);
});

test('groups hold fewer than 300', () => {
  const ids = Array.from({ length: 600 }, (_, index) => String(index));
  expect(groupsOf(ids).map(({ length }) => length)).toEqual([299, 299, 2]);
  expect(groupsOf([])).toEqual([]);
});
