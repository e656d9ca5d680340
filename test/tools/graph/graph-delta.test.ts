import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openSandboxTools, type SandboxTools } from '../../support/sandbox-tools.ts';

let tools: SandboxTools;

beforeEach(async () => {
  tools = await openSandboxTools({ frozenClock: true });
});

afterEach(async () => {
  await tools.close();
});

const params = { $select: 'id,displayName' };
const delta = (input: Readonly<Record<string, unknown>> = {}) =>
  tools.call('graph_delta', { endpoint: '/users/delta', params, name: 'staff', project: 'value[].id', ...input });

async function createUser(name: string): Promise<string> {
  const { response } = await tools.call('graph_write', {
    requests: [
      {
        method: 'POST',
        endpoint: '/users',
        body: {
          accountEnabled: true,
          displayName: name,
          mailNickname: name,
          userPrincipalName: `${name}@contoso.example`,
          passwordProfile: { password: 'xWwvJ]6NMw+bWH-d' },
        },
      },
    ],
  });
  return response.data.id;
}

test('the first round is everything, the next what changed, removed ones at the end', async () => {
  const first = await delta();
  expect(first.meta).toMatchObject({ complete: true });
  expect(first.meta.count).toBeGreaterThanOrEqual(240);
  expect(first.text).not.toContain('$deltatoken');

  const quiet = await delta({ project: null });
  expect(quiet.response.data).toEqual({ value: [] });

  const added = await createUser('newcomer');
  const leaver = first.response.data.value[5];
  await tools.call('graph_write', { requests: [{ method: 'DELETE', endpoint: `/users/${leaver}` }] });
  const second = await delta({ project: null });
  expect(second.response.data).toEqual({
    value: [
      { id: added, displayName: 'newcomer' },
      { id: leaver, '@removed': { reason: 'changed' } },
    ],
  });
  expect(second.meta.notes).toEqual([
    '1 object removed: the items with @removed, at the end of the list.',
    'Saved as "staff": the next call with this name returns what changed after this answer.',
  ]);
  expect((await delta({ project: null })).response.data.value).toEqual([]);
});

test('a round that a limit cut goes on with the name, and nothing is lost', async () => {
  const all = await delta({ name: 'all' });
  const parts: string[] = [];
  let complete = false;
  for (let call = 0; call < 10 && !complete; call++) {
    const { response, meta } = await delta({ limit: 10 });
    parts.push(...response.data.value);
    complete = meta.complete;
  }
  expect(parts.toSorted()).toEqual(all.response.data.value.toSorted());
});

test('without a name the answer carries the link, which goes on as endpoint', async () => {
  const first = await delta({ name: null, project: null, params: { $select: 'id' } });
  const link = first.response.data['@odata.deltaLink'];
  expect(link).toContain('$deltatoken');
  const added = await createUser('linked');
  const next = await delta({ name: null, params: null, project: null, endpoint: link });
  expect(next.response.data.value).toMatchObject([{ id: added }]);
});

test('a forgotten position that began at "now" gives the full list too, not an empty one', async () => {
  const followed = { endpoint: '/users/delta', name: 'from-now' };
  const first = await tools.call('graph_delta', { ...followed, params: { $select: 'id', $deltatoken: 'latest' } });
  expect(first.response.data.value).toEqual([]);
  tools.sandbox.advance(8 * 86_400);
  const { meta } = await tools.call('graph_delta', followed);
  expect(meta.total ?? meta.count).toBeGreaterThanOrEqual(240);
  expect(meta.notes).toContainEqual(expect.stringContaining('this is the full list'));
});

test('a position that the service has forgotten gives the full list and says so', async () => {
  await delta();
  tools.sandbox.advance(8 * 86_400);
  const again = await delta();
  expect(again.meta.count).toBeGreaterThanOrEqual(240);
  expect(again.meta.notes[0]).toContain('Drop what you kept');
});

test('reset starts over; the name is bound to endpoint and params', async () => {
  const first = await delta();
  const other = await delta({ endpoint: '/groups/delta' });
  expect(other.response.error).toMatchObject({
    code: 'invalid_argument',
    message: expect.stringContaining('/users/delta'),
  });
  const otherParams = await delta({ params: { $select: 'id' } });
  expect(otherParams.response.error.code).toBe('invalid_argument');
  const reset = await delta({ reset: true });
  expect(reset.meta.count).toBe(first.meta.count);
});

test('a name is enough to go on: params that are left out are those of the saved position', async () => {
  const params = { $select: 'id' };
  await delta({ params, project: null });
  expect((await delta({ params: null, project: null })).response.data.value).toEqual([]);
  const added = await createUser('later');
  const next = await delta({ params: null, project: null });
  expect(next.response.data.value).toEqual([{ id: added }]);
  expect(next.meta.notes).toContain('The saved params were used: {"$select":"id"}.');
  tools.sandbox.advance(8 * 86_400);
  const again = await delta({ params: null, project: null, limit: 1 });
  expect(Object.keys(again.response.data.value[0])).toEqual(['id']);
  expect((await delta({ params, project: null })).response.success).toBe(true);
});

test('a failed round leaves the saved position where it was', async () => {
  await delta();
  const added = await createUser('survivor');
  tools.sandbox.fault({
    match: 'GET /v1.0/users/delta*',
    status: 403,
    body: { error: { code: 'Authorization_RequestDenied', message: 'no' } },
  });
  expect((await delta()).isError).toBe(true);
  expect((await delta()).response.data.value).toEqual([added]);
});

test.each([{}, { limit: 1 }])(
  'a plain list is refused with the delta forms, and nothing is saved %#',
  async (input) => {
    for (const endpoint of ['/domains', '/users/x', '/directory']) {
      const { response } = await delta({ endpoint, params: null, ...input });
      expect(response.error).toMatchObject({ code: 'invalid_argument', hint: expect.stringContaining('/users/delta') });
    }
    expect((await delta()).response.success).toBe(true);
  },
);

test.each(['/users', 'groups?$select=id', '/directory/administrativeUnits/'])(
  'a list of the directory, %s, is its delta function',
  async (endpoint) => {
    const { response, meta } = await delta({ endpoint, params: null, name: null, limit: 1 });
    expect(response.success).toBe(true);
    expect(meta.notes).toContainEqual(expect.stringMatching(/was read as its delta function/));
    const sent = tools.sandbox.requests().map(({ url }) => new URL(url, 'https://graph').pathname);
    expect(sent.at(-1)).toMatch(/^\/v1\.0\/(?:users|groups|directory\/administrativeUnits)\/delta$/);
  },
);

test('a position that a list has saved belongs to its delta function', async () => {
  await delta({ endpoint: '/users' });
  const added = await createUser('latecomer');
  expect((await delta()).response.data.value).toEqual([added]);
});

test.each(['/users/delta()', '/groups/microsoft.graph.delta()', '/users/delta?$select=id'])(
  '%s is a delta function',
  async (endpoint) => {
    const { response } = await delta({ endpoint, params: null });
    expect(response.error?.message ?? '').not.toContain('no delta function');
  },
);

test.each([
  ['another host', { endpoint: 'https://evil.example/v1.0/users/delta?$deltatoken=x' }],
  ['a step upwards', { endpoint: '/users/../groups/delta' }],
  ['a name that is a path', { name: '../../x' }],
  ['a header of ours', { headers: { Authorization: 'x' } }],
  ['51 ids', { params: { $filter: Array.from({ length: 51 }, (_, index) => `id eq '${index}'`).join(' or ') } }],
  ['an order', { params: { $orderby: 'displayName' } }],
  ['an expansion', { params: { $expand: 'manager' } }],
])('%s never becomes a request', async (_, input) => {
  const { response } = await delta({ params: null, ...input });
  expect(response.error.code).toBe('invalid_argument');
  expect(tools.seen()).toEqual([]);
});

const sent = () => tools.seen().filter(({ service }) => service === 'graph');

describe('headers', () => {
  test('go with every page of the round, and with the next round', async () => {
    const headers = { Prefer: 'return=minimal, deltashowremovedasdeleted' };
    await delta({ headers });
    expect(sent().length).toBeGreaterThan(1);
    expect(sent().every((request) => request.headers['prefer'] === headers.Prefer)).toBe(true);
    tools.forget();
    await delta();
    expect(sent().map((request) => request.headers['prefer'])).toEqual([headers.Prefer]);
    tools.forget();
    await delta({ headers: { Prefer: 'return=representation' } });
    expect(sent().map((request) => request.headers['prefer'])).toEqual(['return=representation']);
  });

  test('return=minimal gives only what changed', async () => {
    const input = { name: 'minimal', params: { $select: 'id,displayName,jobTitle' }, project: null };
    const first = await delta({ ...input, headers: { Prefer: 'return=minimal' } });
    const { id } = first.response.data.value[0];
    await tools.call('graph_write', {
      requests: [{ method: 'PATCH', endpoint: `/users/${id}`, body: { jobTitle: 'Changed' } }],
    });
    const next = await delta({ ...input, headers: { Prefer: 'return=minimal' } });
    expect(next.response.data.value).toEqual([{ id, jobTitle: 'Changed' }]);
  });
});

describe('$top', () => {
  test('of directory objects is left out, and the note says so', async () => {
    const answer = await delta({ params: { $select: 'id', $top: 5 } });
    expect(answer.isError).toBe(false);
    expect(answer.meta.notes.join(' ')).toContain('$top was left out');
    const typed = await delta({ name: 'typed', endpoint: '/groups/delta?$top=5&$select=id', params: null });
    expect(typed.isError).toBe(false);
    expect(tools.graphRequests().some((request) => request.includes('$top'))).toBe(false);
  });

  test('of mail is a page size in Prefer', async () => {
    const endpoint = '/users/ada@contoso.example/mailFolders/inbox/messages/delta';
    const answer = await delta({ endpoint, params: { $top: 5 }, headers: { Prefer: 'IdType="ImmutableId"' } });
    const [request] = sent();
    expect(request?.url).not.toContain('top');
    expect(request?.headers['prefer']).toBe('IdType="ImmutableId", odata.maxpagesize=5');
    expect(answer.meta.notes.join(' ')).toContain('odata.maxpagesize');
  });

  test('is in no example of the tool', () => {
    const text = readFileSync(new URL('../../toolsnaps/graph_delta.json', import.meta.url), 'utf8');
    expect(text).toContain('Prefer');
    expect(text).not.toMatch(/\$top\W{1,4}\d/);
  });
});
