import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openSandboxTools, type SandboxTools } from '../../support/sandbox-tools.ts';

let tools: SandboxTools;
let people: readonly string[];
let group: string;

beforeEach(async () => {
  tools = await openSandboxTools({ frozenClock: true, users: 80, maxResultBytes: 100_000 });
  const users = await tools.call('graph_query', { endpoint: '/users', params: { $select: 'id', $top: 70 } });
  people = users.response.data.value.map(({ id }: { id: string }) => id);
  const made = await tools.call('graph_write', { requests: [newGroup('empty')] });
  group = made.response.data.id;
  tools.forget();
});

afterEach(async () => {
  await tools.close();
});

const references = (ids: readonly string[], of = tools) =>
  ids.map((id) => `${of.sandbox.cloud.graph}/v1.0/directoryObjects/${id}`);
const fill = (ids: readonly string[], more: object = {}) => ({
  method: 'PATCH',
  endpoint: `/groups/${group}`,
  body: { ...more, 'members@odata.bind': references(ids) },
});

function newGroup(name: string, more: object = {}) {
  const body = { displayName: name, mailEnabled: false, mailNickname: name, securityEnabled: true, ...more };
  return { method: 'POST', endpoint: '/groups', body };
}

async function membersOf(id: string, relation = 'members'): Promise<readonly string[]> {
  const answer = await tools.call('graph_query', { endpoint: `/groups/${id}/${relation}`, params: { $select: 'id' } });
  return answer.response.data.value.map(({ id: member }: { id: string }) => member).toSorted();
}

interface Item {
  readonly id: string;
  readonly status: number;
  readonly not_sent?: boolean;
}

const statusesOf = (items: readonly Item[]) => items.map(({ id, status }) => [id, status]);

describe('a group that is there', () => {
  test('gets more than 20 members with several requests, each with its answer', async () => {
    const answer = await tools.call('graph_write', { requests: [fill(people.slice(0, 45), { description: 'Full.' })] });
    expect(answer.isError).toBe(false);
    expect(statusesOf(answer.response.data.responses)).toEqual([
      ['1', 204],
      ['1 part 2', 204],
      ['1 part 3', 204],
    ]);
    expect(answer.meta.notes).toContain(
      'Request `1` adds 45 references and the directory takes 20 at a time: it is 3 requests, each with an answer of its own.',
    );
    expect(await membersOf(group)).toEqual(people.slice(0, 45).toSorted());
    const read = await tools.call('graph_query', { endpoint: `/groups/${group}` });
    expect(read.response.data.description).toBe('Full.');
  });

  test('20 go in one request, as they are', async () => {
    const answer = await tools.call('graph_write', { requests: [fill(people.slice(0, 20))] });
    expect(answer.response.status).toBe(204);
    expect(tools.graphRequests()).toEqual([`PATCH /v1.0/groups/${group}`]);
  });

  test('what comes after a part that failed is not carried out, and the answer says which', async () => {
    await tools.call('graph_write', { requests: [fill([people[25] ?? ''])] });
    const answer = await tools.call('graph_write', {
      continue_on_error: true,
      requests: [
        fill(people.slice(0, 60)),
        { id: 'after', method: 'PATCH', endpoint: `/groups/${group}`, body: { description: 'x' }, depends_on: ['1'] },
        { id: 'free', method: 'PATCH', endpoint: `/groups/${group}`, body: { displayName: 'y' } },
      ],
    });
    expect(statusesOf(answer.response.data.responses)).toEqual([
      ['1', 204],
      ['1 part 2', 400],
      ['1 part 3', 424],
      ['after', 424],
      ['free', 204],
    ]);
    expect(answer.response.success).toBe(false);
    expect(await membersOf(group)).toEqual([...people.slice(0, 20), people[25]].toSorted());
  });

  test('a dry run shows every request and sends none', async () => {
    const answer = await tools.call('graph_write', { dry_run: true, requests: [fill(people.slice(0, 45))] });
    const { requests } = answer.response.data;
    expect(
      requests.map(({ id, body }: { id: string; body: Record<string, unknown[]> }) => [
        id,
        body['members@odata.bind']?.length,
      ]),
    ).toEqual([
      ['1', 20],
      ['1 part 2', 20],
      ['1 part 3', 5],
    ]);
    expect(tools.graphRequests().some((request) => request.startsWith('PATCH'))).toBe(false);
  });

  test('an administrative unit too', async () => {
    const unit = await tools.call('graph_write', {
      requests: [{ method: 'POST', endpoint: '/directory/administrativeUnits', body: { displayName: 'Unit' } }],
    });
    const endpoint = `/directory/administrativeUnits/${unit.response.data.id}`;
    const body = { 'members@odata.bind': references(people.slice(0, 25)) };
    const answer = await tools.call('graph_write', { requests: [{ method: 'PATCH', endpoint, body }] });
    expect(statusesOf(answer.response.data.responses)).toEqual([
      ['1', 204],
      ['1 part 2', 204],
    ]);
  });
});

describe('a new group', () => {
  const big = (name: string) =>
    newGroup(name, {
      'members@odata.bind': references(people.slice(0, 30)),
      'owners@odata.bind': references(people.slice(40, 42)),
    });

  test('is made with its owners, and gets the rest of its members afterwards', async () => {
    const answer = await tools.call('graph_write', { requests: [big('crew')] });
    expect(answer.isError).toBe(false);
    const { responses } = answer.response.data;
    expect(statusesOf(responses)).toEqual([
      ['1', 201],
      ['1 part 2', 204],
    ]);
    const { id } = responses[0].body;
    expect(await membersOf(id)).toEqual(people.slice(0, 30).toSorted());
    expect(await membersOf(id, 'owners')).toEqual(people.slice(40, 42).toSorted());
  });

  test('a dry run shows what would come afterwards, with a place for the id', async () => {
    const answer = await tools.call('graph_write', { dry_run: true, requests: [big('crew')] });
    const [first, second] = answer.response.data.requests;
    expect(first.body['owners@odata.bind']).toHaveLength(2);
    expect(first.body['members@odata.bind']).toHaveLength(18);
    expect(second).toMatchObject({ id: '1 part 2', method: 'PATCH', url: expect.stringMatching(/\/groups\/\{id\}$/) });
    expect(second.body['members@odata.bind']).toHaveLength(12);
    expect(tools.graphRequests()).toEqual([]);
  });

  test('that could not be made gets nothing, and nothing is added after another failure', async () => {
    tools.sandbox.fault({ match: 'POST /v1.0/groups', status: 403, times: 1 });
    const refused = await tools.call('graph_write', { requests: [big('never')] });
    expect(refused.response.data.responses).toMatchObject([
      { id: '1', status: 403 },
      { id: '1 part 2', status: 0, not_sent: true },
    ]);
    const stopped = await tools.call('graph_write', {
      requests: [big('half'), { method: 'PATCH', endpoint: '/groups/nonsense', body: { description: 'x' } }],
    });
    expect(stopped.isError).toBe(true);
    expect(stopped.response.data.responses).toMatchObject([
      { id: '1', status: 201 },
      { id: '1 part 2', not_sent: true },
      { id: '2', status: 400 },
    ]);
  });

  test('whose answer does not say its id gets nothing, and the note says why', async () => {
    tools.sandbox.fault({ match: 'POST /v1.0/groups', status: 201, body: {}, times: 1 });
    const answer = await tools.call('graph_write', { requests: [big('silent')] });
    expect(answer.response.data.responses).toMatchObject([
      { id: '1', status: 201 },
      { id: '1 part 2', status: 0, not_sent: true },
    ]);
    expect(answer.meta.notes.join(' ')).toContain('the answer does not say which id the new object has');
  });

  test('is said to be there when the rest is refused as a whole', async () => {
    const envelopes: string[] = [];
    const second = await openSandboxTools({
      frozenClock: true,
      users: 80,
      watch: (client) => ({
        sendRequest(request) {
          if (request.url.endsWith('/$batch')) envelopes.push(request.url);
          if (envelopes.length === 2) second.sandbox.fault({ match: 'POST /v1.0/$batch', status: 403 });
          return client.sendRequest(request);
        },
      }),
    });
    const users = await second.call('graph_query', { endpoint: '/users', params: { $select: 'id', $top: 50 } });
    const ids = users.response.data.value.map(({ id }: { id: string }) => id);
    const requests = [newGroup('there', { 'members@odata.bind': references(ids.slice(0, 45), second) })];
    const answer = await second.call('graph_write', { requests });
    expect(answer.isError).toBe(true);
    expect(answer.response.data.responses).toMatchObject([
      { id: '1', status: 201, body: { displayName: 'there' } },
      { id: '1 part 2', status: 403, error: { code: 'permission_denied' } },
      { id: '1 part 3', status: 0, not_sent: true },
    ]);
    await second.close();
  });

  test('of the beta version goes on there', async () => {
    const answer = await tools.call('graph_write', { api_version: 'beta', requests: [big('new')] });
    expect(statusesOf(answer.response.data.responses)).toEqual([
      ['1', 201],
      ['1 part 2', 204],
    ]);
    const urls = tools.seen().filter(({ method }) => method === 'POST');
    expect(urls.every(({ url }) => url === '/beta/$batch')).toBe(true);
  });
});

describe('with rules', () => {
  let strict: SandboxTools;

  afterEach(async () => {
    await strict.close();
  });

  test('a yes covers everything that was asked for, also what comes afterwards', async () => {
    strict = await openSandboxTools({ frozenClock: true, users: 80, policy: { confirm: 'always' } });
    const users = await strict.call('graph_query', { endpoint: '/users', params: { $select: 'id', $top: 50 } });
    const ids = users.response.data.value.map(({ id }: { id: string }) => id);
    const requests = [newGroup('asked', { 'members@odata.bind': references(ids.slice(0, 30), strict) })];
    const asked = await strict.call('graph_write', { requests });
    expect(asked.response.error).toMatchObject({ code: 'refused', confirm: expect.any(String) });
    expect(JSON.stringify(asked.response.error)).toContain('1 part 2');
    const done = await strict.call('graph_write', { requests, confirm: asked.response.error.confirm });
    expect(statusesOf(done.response.data.responses)).toEqual([
      ['1', 201],
      ['1 part 2', 204],
    ]);
  });

  test('a rule that forbids what comes afterwards forbids all of it', async () => {
    const deny = [{ service: 'graph' as const, methods: ['PATCH' as const], path: '/groups/*' }];
    strict = await openSandboxTools({ frozenClock: true, users: 80, policy: { deny } });
    const requests = [newGroup('denied', { 'members@odata.bind': references(people.slice(0, 30)) })];
    const answer = await strict.call('graph_write', { requests });
    expect(answer.response.error).toMatchObject({ code: 'refused' });
    expect(strict.graphRequests()).toEqual([]);
  });
});
