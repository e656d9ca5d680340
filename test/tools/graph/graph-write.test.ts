import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openSandboxTools, type SandboxTools } from '../../support/sandbox-tools.ts';

let tools: SandboxTools;
let user: { id: string; jobTitle: string | null };

beforeAll(async () => {
  tools = await openSandboxTools({ frozenClock: true });
});

afterAll(async () => {
  await tools.close();
});

beforeEach(async () => {
  tools.sandbox.reset();
  const { response } = await tools.call('graph_query', {
    endpoint: '/users',
    params: { $filter: 'onPremisesSyncEnabled ne true and accountEnabled eq true', $select: 'id,jobTitle', $top: 1 },
    auto_paginate: false,
  });
  user = response.data.value[0];
  tools.forget();
});

const write = (input: Readonly<Record<string, unknown>>) => tools.call('graph_write', input);
const read = async (path: string) => (await tools.call('graph_query', { endpoint: path })).response.data;

const newUser = (name: string) => ({
  method: 'POST',
  endpoint: '/users',
  body: {
    accountEnabled: true,
    displayName: name,
    mailNickname: name,
    userPrincipalName: `${name}@contoso.example`,
    passwordProfile: { forceChangePasswordNextSignIn: true, password: 'xWwvJ]6NMw+bWH-d' },
  },
});

test('one request is sent as it is and answers its body', async () => {
  const { response } = await write({ requests: [newUser('grace')] });
  expect(response).toMatchObject({
    success: true,
    status: 201,
    data: { displayName: 'grace', id: expect.any(String) },
  });
  expect(tools.graphRequests()).toEqual(['POST /v1.0/users']);
});

test('no content is null, and null in a body clears a property', async () => {
  const { response } = await write({
    requests: [{ method: 'PATCH', endpoint: `/users/${user.id}`, body: { jobTitle: null } }],
  });
  expect(response).toEqual({ success: true, status: 204, data: null });
  expect(await read(`/users/${user.id}?$select=jobTitle`)).toEqual({ jobTitle: null });
});

test('several are sent as a batch, each depending on those before it where it says so', async () => {
  const { response } = await write({
    requests: [
      { id: 'a', ...newUser('ada') },
      { id: 'b', ...newUser('bob'), depends_on: ['a'] },
    ],
  });
  expect(response.data.responses).toMatchObject([
    { id: 'a', status: 201, success: true, body: { displayName: 'ada' } },
    { id: 'b', status: 201, success: true },
  ]);
  expect(tools.graphRequests()).toEqual(['POST /v1.0/$batch']);
});

test('expected_outcomes count as success, alone and in a batch', async () => {
  const gone = { method: 'DELETE', endpoint: '/users/00000000-0000-0000-0000-00000000dead' };
  expect((await write({ requests: [gone] })).response).toMatchObject({ success: false, status: 404 });
  expect((await write({ requests: [gone], expected_outcomes: [404] })).response).toMatchObject({
    success: true,
    status: 404,
  });
  const several = await write({ requests: [gone, gone], expected_outcomes: [404] });
  expect(several).toMatchObject({ isError: false, response: { success: true } });
});

describe('dry_run', () => {
  test('answers the requests, the current state and the difference, and writes nothing', async () => {
    const { response, meta } = await write({
      dry_run: true,
      requests: [
        { method: 'PATCH', endpoint: `/users/${user.id}`, body: { jobTitle: 'Astronaut' } },
        newUser('never'),
        { method: 'DELETE', endpoint: '/users/00000000-0000-0000-0000-00000000dead' },
      ],
    });
    expect(response.data.dry_run).toBe(true);
    const [patch, post, del] = response.data.requests;
    expect(patch).toMatchObject({
      id: '1',
      method: 'PATCH',
      url: expect.stringMatching(/\/v1\.0\/users\/[0-9a-f-]+$/),
      body: { jobTitle: 'Astronaut' },
      current: { jobTitle: user.jobTitle },
      changes: { jobTitle: { from: user.jobTitle, to: 'Astronaut' } },
    });
    expect(post).toMatchObject({ method: 'POST', body: { displayName: 'never' } });
    expect(post).not.toHaveProperty('current');
    expect(del).toMatchObject({ method: 'DELETE', current_status: 404 });
    expect(meta.notes).toContain('Dry run: no write was sent.');
    expect(await read(`/users/${user.id}?$select=jobTitle`)).toEqual({ jobTitle: user.jobTitle });
    const [envelope] = tools.seen().filter(({ url }) => url.endsWith('/$batch'));
    expect(JSON.stringify(envelope?.body)).not.toMatch(/PATCH|DELETE|POST/);
  });

  test('refuses what sending would refuse', async () => {
    const { response } = await write({
      dry_run: true,
      requests: [{ method: 'DELETE', endpoint: `/groups/${user.id}/members/${user.id}` }],
    });
    expect(response.error.code).toBe('refused');
    expect(tools.seen()).toEqual([]);
  });
});

test('taking a member out without /$ref, which deletes the member itself, is refused with the right form', async () => {
  const request = { method: 'DELETE', endpoint: `/groups/${user.id}/members/${user.id}` };
  for (const requests of [[request], [newUser('eve'), request]]) {
    const { response } = await write({ requests });
    expect(JSON.stringify(response)).toContain('/$ref');
    expect(tools.graphRequests().filter((line) => line.startsWith('POST /v1.0/users'))).toEqual([]);
  }
  expect(await read(`/users/${user.id}?$select=id`)).toEqual({ id: user.id });
});

test.each([
  (member: string) => ` ${member}`,
  (member: string) => member.replace('/members', '/%6dembers'),
  (member: string) => `https://graph.sandbox.invalid${member}`,
  (member: string) => `HTTPS://GRAPH.SANDBOX.INVALID/v1.0${member}`,
])('however it is written (%#)', async (spell) => {
  const request = { method: 'DELETE', endpoint: spell(`/groups/${user.id}/members/${user.id}`) };
  for (const requests of [[request], [newUser('x'), request]]) {
    for (const dry_run of [true, false]) {
      expect((await write({ requests, dry_run })).response.error).toMatchObject({ code: 'refused' });
    }
  }
  expect(tools.graphRequests()).toEqual([]);
});

test.each(['/$batch', '/%24batch', '$BATCH', ' /v1.0/$batch/', 'https://graph.sandbox.invalid/$batch?x=1'])(
  'an envelope of the caller is refused: %s',
  async (endpoint) => {
    const body = { requests: [{ id: '1', method: 'DELETE', url: `/groups/${user.id}/members/${user.id}` }] };
    const request = { method: 'POST', endpoint, body };
    for (const requests of [[request], [newUser('x'), request]]) {
      const { response } = await write({ requests });
      expect(response.error).toMatchObject({
        code: 'invalid_argument',
        hint: expect.stringContaining('writes to graph_write'),
      });
    }
    expect(await tools.call('graph_query', { endpoint })).toMatchObject({
      response: { error: { code: 'invalid_argument' } },
    });
    expect(await tools.call('graph_batch', { requests: [{ url: endpoint }] })).toMatchObject({
      response: { error: { code: 'invalid_argument' } },
    });
    expect(tools.graphRequests()).toEqual([]);
  },
);

test('a connection that only reads refuses writes, dry or not', async () => {
  const reader = await openSandboxTools({ access: 'read_only' });
  const { response } = await reader.call('graph_write', { requests: [newUser('x')] });
  expect(response.error).toMatchObject({ code: 'refused', hint: expect.stringMatching(/^Ask the person/) });
  expect(reader.seen()).toEqual([]);
  await reader.close();
});

let deep: unknown = 'x';
for (let level = 0; level < 1_000; level++) deep = { a: deep };

test.each([
  ['a read', { requests: [{ method: 'GET', endpoint: '/users' }] }],
  ['no requests', { requests: [] }],
  ['a missing method', { requests: [{ endpoint: '/users' }] }],
  ['a misspelt key', { requests: [{ method: 'POST', endpoint: '/users', boddy: {} }] }],
  ['a body that is a list', { requests: [{ method: 'POST', endpoint: '/users', body: [1] }] }],
  ['a body that is 10,000 levels deep', { requests: [{ method: 'POST', endpoint: '/users', body: deep }] }],
  ['a step upwards', { requests: [{ method: 'DELETE', endpoint: '/users/x/../../groups/y' }] }],
  ['another host', { requests: [{ method: 'DELETE', endpoint: 'https://evil.example/v1.0/users/x' }] }],
  [
    'another host in the second request',
    { requests: [newUser('y'), { method: 'DELETE', endpoint: 'https://evil.example/x' }] },
  ],
  ['an encoded slash', { requests: [{ method: 'DELETE', endpoint: '/users/x%2fy' }] }],
  ['a reserved header', { requests: [{ method: 'DELETE', endpoint: '/users/x', headers: { Host: 'evil.example' } }] }],
  ['an expected outcome that is no status', { requests: [newUser('z')], expected_outcomes: [42] }],
  ['a lost answer as an expected outcome', { requests: [newUser('z')], expected_outcomes: [503] }],
  ['a refused sign-in as an expected outcome', { requests: [newUser('z')], expected_outcomes: [401] }],
])('%s never becomes a request', async (_, input) => {
  const { response } = await write(input);
  expect(response.error).toMatchObject({ code: 'invalid_argument', hint: expect.any(String) });
  expect(tools.seen()).toEqual([]);
});
