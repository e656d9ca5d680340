import { beforeEach, describe, expect, test } from 'vitest';
import type { SandboxResponse } from '../../../../src/sandbox/base/service.ts';
import { answerDelta } from '../../../../src/sandbox/graph/delta/answer-delta.ts';
import { callGraph, createTestContext, type TestContext } from '../../support/test-context.ts';

interface DeltaBody {
  readonly value: readonly Readonly<Record<string, unknown>>[];
  readonly '@odata.nextLink'?: string;
  readonly '@odata.deltaLink'?: string;
}

let context: TestContext;
beforeEach(() => {
  context = createTestContext({ users: 240 });
});

const ask = (path: string, headers: Record<string, string> = {}): Promise<SandboxResponse> =>
  callGraph(answerDelta, context, 'GET', path.replace(/^https:\/\/[^/]+\/v1\.0/, ''), { headers });

const bodyOf = async (path: string, headers?: Record<string, string>) => (await ask(path, headers)).body as DeltaBody;

/** A whole round: its entries and the deltaLink at its end. */
async function round(path: string, headers?: Record<string, string>) {
  const pages: DeltaBody[] = [];
  for (let next: string | undefined = path; next; next = pages.at(-1)?.['@odata.nextLink']) {
    pages.push(await bodyOf(next, headers));
  }
  const link = pages.at(-1)?.['@odata.deltaLink'] ?? '';
  return { link, pages, items: pages.flatMap((page) => page.value) };
}

const firstId = (type: 'user' | 'group') => [...context.store.scan(type)][0]?.entity.id ?? '';
const refusal = (path: string) => ask(path).catch((error: unknown) => error);

describe('the first round', () => {
  test('tells every object once and what can be restored, in pages that end in a deltaLink', async () => {
    const { pages, items, link } = await round('/users/delta');
    const live = items.filter((item) => !item['@removed']);
    expect(new Set(live.map((item) => item['id'])).size).toBe(240);
    expect(items.filter((item) => item['@removed'])).toHaveLength(context.store.deletedItems('user').length);
    expect(pages.map((page) => [Boolean(page['@odata.nextLink']), Boolean(page['@odata.deltaLink'])])).toEqual([
      [true, false],
      [true, false],
      [false, true],
    ]);
    expect(link).toMatch(/\/v1\.0\/users\/delta\?\$deltatoken=[\w-]+$/);
  });

  test('tells many members in slices of the same group', async () => {
    const { items } = await round('/groups/delta?$select=displayName,members');
    const group = firstId('group');
    const slices = items.filter((item) => item['id'] === group);
    const members = slices.flatMap((slice) => slice['members@delta'] as readonly { readonly id: string }[]);
    expect(slices.length).toBeGreaterThan(1);
    expect(slices.map((slice) => 'displayName' in slice)).toEqual([true, ...slices.slice(1).map(() => false)]);
    expect(members.map((member) => member.id)).toEqual(context.store.links('group.members', group));
  });

  test.each([
    ['/users/delta()'],
    ['/users/microsoft.graph.delta'],
    ['/applications/delta'],
    ['/servicePrincipals/delta'],
    ['/devices/delta'],
    ['/directoryRoles/delta'],
    ['/directory/administrativeUnits/delta'],
    ['/contacts/delta'],
  ])('%s works', async (path) => {
    expect((await round(path)).items.length).toBeGreaterThan(0);
  });

  test('latest begins now', async () => {
    const start = await bodyOf('/users/delta?$deltatoken=latest&$select=displayName');
    expect(start.value).toEqual([]);
    context.store.update('user', firstId('user'), { displayName: 'Changed', jobTitle: 'x' });
    const { items } = await round(start['@odata.deltaLink'] ?? '');
    expect(items).toEqual([{ id: firstId('user'), displayName: 'Changed' }]);
  });
});

describe('later rounds', () => {
  test('nothing changed: nothing is told, and the next link follows', async () => {
    const { link } = await round('/users/delta');
    const second = await round(link);
    expect(second.items).toEqual([]);
    expect((await round(second.link)).items).toEqual([]);
  });

  test('an object is told once, as it is at the end', async () => {
    const { link } = await round('/users/delta?$select=displayName,city');
    const id = firstId('user');
    for (const displayName of ['One', 'Two', 'Three']) context.store.update('user', id, { displayName });
    expect((await round(link)).items).toEqual([{ id, displayName: 'Three', city: expect.anything() }]);
  });

  test('return=minimal leaves what did not change', async () => {
    const { link } = await round('/users/delta?$select=displayName,city');
    const id = firstId('user');
    context.store.update('user', id, { displayName: 'One' });
    expect((await round(link, { prefer: 'return=minimal' })).items).toEqual([{ id, displayName: 'One' }]);
  });

  test('a change outside the selection is not told', async () => {
    const { link } = await round('/users/delta?$select=displayName');
    context.store.update('user', firstId('user'), { city: 'Elsewhere' });
    expect((await round(link)).items).toEqual([]);
  });

  test('deleted objects say whether they can be restored', async () => {
    const { link } = await round('/users/delta?$select=id');
    const [gone = '', lost = ''] = [...context.store.scan('user')].map(({ entity }) => entity.id);
    context.store.softDelete('user', gone);
    context.store.softDelete('user', lost);
    context.store.purge('user', lost);
    const second = await round(link);
    expect(second.items).toEqual([
      { id: gone, '@removed': { reason: 'changed' } },
      { id: lost, '@removed': { reason: 'deleted' } },
    ]);
    context.store.restore(gone);
    expect((await round(second.link)).items).toEqual([{ id: gone }]);
  });

  test('members that came and went are told with their group', async () => {
    const { link } = await round('/groups/delta');
    const group = firstId('group');
    const [old = ''] = context.store.links('group.members', group);
    const fresh = [...context.store.scan('group')].at(-1)?.entity.id ?? '';
    context.store.unlink('group.members', group, old);
    context.store.link('group.members', group, fresh);
    context.store.link('group.owners', group, fresh);
    const { items } = await round(link);
    expect(items).toEqual([
      expect.objectContaining({
        id: group,
        'members@delta': [
          { '@odata.type': '#microsoft.graph.user', id: old, '@removed': { reason: 'deleted' } },
          { '@odata.type': '#microsoft.graph.group', id: fresh },
        ],
      }),
    ]);
  });

  test('a selection without members is not told about them', async () => {
    const { link } = await round('/groups/delta?$select=displayName');
    context.store.link('group.members', firstId('group'), [...context.store.scan('group')].at(-1)?.entity.id ?? '');
    expect((await round(link)).items).toEqual([]);
  });

  test('a manager is told when it was selected', async () => {
    const ids = [...context.store.scan('user')].map(({ entity }) => entity.id);
    const [manager = '', id = ''] = [ids.at(30), ids.at(5)];
    const watching = await round('/users/delta?$select=manager');
    const other = await round('/users/delta');
    context.store.link('user.manager', id, manager);
    expect((await round(watching.link)).items).toEqual([
      { id, 'manager@delta': [{ '@odata.type': '#microsoft.graph.user', id: manager }] },
    ]);
    expect((await round(other.link)).items).toEqual([]);
  });

  test('what happens during a round belongs to the next one', async () => {
    const first = await bodyOf('/users/delta?$select=displayName');
    context.store.update('user', firstId('user'), { displayName: 'During' });
    const rest = await round(first['@odata.nextLink'] ?? '');
    expect((await round(rest.link)).items).toEqual([{ id: firstId('user'), displayName: 'During' }]);
  });

  test('a filter on ids narrows every round', async () => {
    const id = firstId('user');
    const { items, link } = await round(`/users/delta?$filter=id eq '${id}'`);
    expect(items.map((item) => item['id'])).toEqual([id]);
    const [, other = ''] = [...context.store.scan('user')].map(({ entity }) => entity.id);
    context.store.update('user', other, { displayName: 'x' });
    expect((await round(link)).items).toEqual([]);
  });
});

describe('tokens', () => {
  test('after seven days the answer is 410 and the address of a fresh start', async () => {
    const { link } = await round('/users/delta?$select=id');
    context.advance(7 * 86_400);
    expect((await round(link)).items).toEqual([]);
    context.advance(1);
    const gone = await refusal(link);
    expect(gone).toMatchObject({
      status: 410,
      headers: { location: expect.stringMatching(/\/v1\.0\/users\/delta\?\$deltatoken=$/) },
    });
    expect((await round('/users/delta?$deltatoken=')).items.length).toBeGreaterThan(240);
  });

  test('a token of another list or a made-up one is refused', async () => {
    const { link } = await round('/users/delta');
    for (const path of [link.replace('/users/', '/groups/'), '/users/delta?$deltatoken=made-up']) {
      expect(await refusal(path)).toMatchObject({ status: 400, code: 'Request_UnsupportedQuery' });
    }
  });

  test('options are not given again beside a token', async () => {
    const { link } = await round('/users/delta');
    expect(await refusal(`${link}&$select=id`)).toMatchObject({ status: 400 });
  });
});

test.each([
  '/users/delta?$top=5',
  '/users/delta?$expand=manager',
  '/users/delta?$orderby=displayName',
  '/users/delta?$search="x"',
  '/users/delta?$count=true',
  "/users/delta?$filter=displayName eq 'x'",
  "/users/delta?$filter=id eq 'a' and id eq 'b'",
  `/users/delta?$filter=${Array.from({ length: 51 }, (_, index) => `id eq '${index}'`).join(' or ')}`,
])('%.60s is refused', async (path) => {
  expect(await refusal(path)).toMatchObject({ status: 400 });
});

test('properties kept in the mailbox are not tracked', async () => {
  expect(await refusal('/users/delta?$select=skills')).toMatchObject({ status: 501 });
});
