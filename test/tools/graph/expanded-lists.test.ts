import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { expansionsOf } from '../../../src/core/apis/graph/expand/parse-expand.ts';
import { createRewritingClient } from '../../support/rewriting-client.ts';
import { openSandboxTools, type SandboxTools } from '../../support/sandbox-tools.ts';

const network = createRewritingClient();
let tools: SandboxTools;

interface Group {
  readonly id: string;
  readonly members: readonly { readonly id: string }[];
}

/** The group with the most members, and how many it has. */
let largest: { readonly id: string; readonly members: number };

beforeAll(async () => {
  tools = await openSandboxTools({ frozenClock: true, watch: network.watch });
  const { response } = await tools.call('graph_query', { endpoint: '/groups?$select=id' });
  const sizes: (typeof largest)[] = [];
  for (const { id } of response.data.value.slice(0, 40)) sizes.push({ id, members: await membersOf(id) });
  largest = sizes.reduce((one, other) => (other.members > one.members ? other : one));
});

afterAll(async () => {
  await tools.close();
});

beforeEach(() => {
  network.rewrite = undefined;
  tools.forget();
});

async function membersOf(id: string): Promise<number> {
  const { response } = await tools.call('graph_query', { endpoint: `/groups/${id}/members?$select=id` });
  return response.data.value.length;
}

async function oneMember(): Promise<string> {
  const { response } = await tools.call('graph_query', { endpoint: `/groups/${largest.id}/members`, limit: 9 });
  return response.data.value.at(-1).id;
}

describe('a list of the directory that the service expands to 20 objects', () => {
  test('is read whole in a single object', async () => {
    expect(largest.members).toBeGreaterThan(100);
    const endpoint = `/groups/${largest.id}?$select=id&$expand=members($select=id)`;
    const { response, meta } = await tools.call('graph_query', { endpoint, project: 'length(members)' });
    expect(response.data).toBe(largest.members);
    expect(meta.complete).toBeUndefined();
    expect(meta.notes).toContainEqual(expect.stringContaining('at most 20 objects: `members` of 1 item'));
    expect(tools.graphRequests().at(-1)).toMatch(/\/members\?.*\$select=id/);
  });

  test('is read whole in every item of a list, and counts are right', async () => {
    const input = { endpoint: '/groups', params: { $select: 'id', $expand: 'members($select=id)', $top: 999 } };
    const { response, meta } = await tools.call('graph_query', {
      ...input,
      project: 'value[].{id: id, size: length(members)}',
      limit: 1_000,
    });
    const found = response.data.value.find(({ id }: Group) => id === largest.id);
    expect(found?.size).toBe(largest.members);
    expect(meta.complete).toBe(true);
    const cut = response.data.value.filter(({ size }: { size: number }) => size === 20);
    for (const { id } of cut) expect(await membersOf(id)).toBe(20);
  });

  test('is read whole in the items of a batch', async () => {
    const requests = [
      { url: `/groups/${largest.id}?$select=id&$expand=members($select=id)` },
      { url: `/groups?$filter=id eq '${largest.id}'&$select=id&$expand=members($select=id)` },
    ];
    const { response, meta } = await tools.call('graph_batch', {
      requests,
      project: 'length(members || value[0].members)',
    });
    expect(response.data.responses.map(({ body }: { body: number }) => body)).toEqual([
      largest.members,
      largest.members,
    ]);
    expect(meta.complete).toBe(true);
  });

  test('whose rest may not be read makes the answer incomplete, which names it', async () => {
    network.rewrite = ({ url }) => (url.includes('/members') ? { status: 403, body: '{}' } : undefined);
    const endpoint = `/groups/${largest.id}?$select=id&$expand=members($select=id)`;
    const one = await tools.call('graph_query', { endpoint });
    expect(one.response).toMatchObject({ success: true });
    expect(one.response.data.members).toHaveLength(20);
    expect(one.meta.complete).toBe(false);
    expect(one.meta.notes).toContainEqual(expect.stringContaining('`members` is not complete for 1 item'));
    expect(one.meta.notes).toContainEqual(expect.stringContaining(largest.id));
  });

  test('whose owner has no id makes the answer incomplete', async () => {
    const params = { $select: 'displayName', $expand: 'members($select=id)' };
    const { meta } = await tools.call('graph_query', { endpoint: '/groups', params, limit: 1_000, format: 'csv' });
    expect(meta.complete).toBe(false);
    expect(meta.notes).toContainEqual(expect.stringMatching(/^`members` is not complete for \d+ items: select id too/));
  });

  test('takes no request more where it is shorter', async () => {
    const endpoint = '/directoryRoles?$expand=members';
    const { meta } = await tools.call('graph_query', { endpoint });
    expect((meta.notes ?? []).join(' ')).not.toContain('at most 20');
    expect(tools.graphRequests()).toHaveLength(1);
  });

  test('a single object that is expanded stays as it is', async () => {
    const { response } = await tools.call('graph_query', { endpoint: `/users/${await oneMember()}?$expand=manager` });
    expect(response.data.manager).toMatchObject({ id: expect.any(String) });
    expect(tools.graphRequests()).toHaveLength(2);
  });
});

describe('a list inside an item that has a link to its rest', () => {
  const link = 'https://graph.sandbox.invalid/v1.0/users/1/messages/m/attachments?$skiptoken=2';
  const message = (next: string) => ({ id: 'm', attachments: [{ id: 'a' }], 'attachments@odata.nextLink': next });

  function serve(next: string) {
    network.rewrite = ({ url }) => {
      const headers = { 'content-type': 'application/json' };
      if (url.includes('skiptoken')) return { status: 200, headers, body: '{"value":[{"id":"b"}]}' };
      return url.includes('/messages')
        ? { status: 200, headers, body: JSON.stringify({ value: [message(next)] }) }
        : undefined;
    };
  }

  const endpoint = '/users/1/messages?$expand=attachments';

  test('is read to its end', async () => {
    serve(link);
    const { response, meta } = await tools.call('graph_query', { endpoint });
    expect(response.data.value).toEqual([{ id: 'm', attachments: [{ id: 'a' }, { id: 'b' }] }]);
    expect(meta.complete).toBe(true);
  });

  test('keeps its link, and makes the answer incomplete, where that leads elsewhere', async () => {
    serve('https://elsewhere.example/x?$skiptoken=2');
    const { response, meta } = await tools.call('graph_query', { endpoint });
    expect(response.data.value[0].attachments).toEqual([{ id: 'a' }]);
    expect(meta.complete).toBe(false);
    expect(tools.graphRequests()).toHaveLength(1);
  });
});

test.each([
  ['/groups?$expand=members', [{ navigation: 'members', options: {} }]],
  [
    "/groups?$expand=members($select=id,displayName;$filter=x eq 'a,(b'),owners",
    [
      { navigation: 'members', options: { $select: 'id,displayName', $filter: "x eq 'a,(b'" } },
      { navigation: 'owners', options: {} },
    ],
  ],
  ['/groups?%24expand=members%28%24select%3Did%29', [{ navigation: 'members', options: { $select: 'id' } }]],
  ['/groups?$select=expand', []],
])('%s asks for what it says', (path, expansions) => {
  expect(expansionsOf({ path })).toEqual(expansions);
});
