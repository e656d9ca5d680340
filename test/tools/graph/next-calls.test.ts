import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Answer, openSandboxTools, type SandboxTools } from '../../support/sandbox-tools.ts';

// What a refused call should have been is sent as it stands in the error, and is answered.

let tools: SandboxTools;
let names: Readonly<Record<string, string>>;

beforeAll(async () => {
  tools = await openSandboxTools({ frozenClock: true });
  const first = async (endpoint: string, $select: string) =>
    (await tools.call('graph_query', { endpoint, params: { $top: 1, $select } })).response.data.value[0];
  const [user, app, device] = [
    await first('/users', 'id,userPrincipalName'),
    await first('/applications', 'id,appId'),
    await first('/devices', 'id,deviceId'),
  ];
  const { value } = (
    await tools.call('graph_query', {
      endpoint: '/groups',
      params: { $filter: "NOT(groupTypes/any(c:c eq 'DynamicMembership'))", $select: 'id,displayName' },
    })
  ).response.data;
  names = {
    user: user.id,
    upn: user.userPrincipalName,
    client: app.appId,
    device: device.id,
    deviceId: device.deviceId,
    group: value[0].id,
    groupName: value[0].displayName,
  };
});

afterAll(async () => {
  await tools.close();
});

/** `{user}` and the like stand for what the tenant has. */
function filled<Value>(value: Value): Value {
  return JSON.parse(JSON.stringify(value).replace(/\{(\w+)\}/g, (_, name: string) => names[name] ?? ''));
}

interface Retried {
  readonly next: { readonly tool: string; readonly arguments: Readonly<Record<string, unknown>> };
  readonly answer: Answer;
}

/** Makes a call that is refused, and then the one that its error names. */
async function retry(tool: string, args: Readonly<Record<string, unknown>>): Promise<Retried> {
  const refused = await tools.call(tool, filled(args));
  expect(refused.response.success, 'the first call is refused').toBe(false);
  const next = refused.response.error?.try;
  expect(next, JSON.stringify(refused.response.error)).toBeDefined();
  return { next, answer: await tools.call(next.tool, next.arguments) };
}

type Options = Readonly<Record<string, unknown>>;

describe('a refused query carries the one that works', () => {
  test.each<[string, Options, Options]>([
    // `contains` is a search, and other conditions stay.
    ['/users', { $filter: "contains(displayName,'ada')" }, { $search: '"displayName:ada"' }],
    [
      '/users',
      { $filter: "contains(displayName,'ada')", $search: '"mail:a" OR "mail:b"' },
      { $search: '("mail:a" OR "mail:b") AND "displayName:ada"' },
    ],
    [
      '/users',
      { $filter: "contains(displayName,'ada') and accountEnabled eq true" },
      { $search: '"displayName:ada"', $filter: 'accountEnabled eq true' },
    ],
    [
      '/users',
      { $filter: "contains(displayName,'ada') or contains(mail,'al')" },
      { $search: '"displayName:ada" OR "mail:al"' },
    ],
    ['/groups', { $filter: 'contains(description,\'team "a"\')' }, { $search: '"description:team \\"a\\""' }],
    // Sorting, expanding, counting.
    ['/users', { $orderby: 'jobTitle', $filter: "userType eq 'Guest'" }, { $filter: "userType eq 'Guest'" }],
    ['/groups', { $expand: 'members', $orderby: 'createdDateTime' }, { $orderby: 'createdDateTime' }],
    ['/users', { $expand: 'manager', $filter: "userType ne 'Guest'" }, { $filter: "userType ne 'Guest'" }],
    ['/users', { $filter: "not(userType eq 'Guest')", $count: false }, { $filter: "not(userType eq 'Guest')" }],
    ['/users', { $expand: 'memberOf,manager' }, { $expand: 'memberOf' }],
    ['/users', { $select: 'id,displayName,aboutMe' }, { $select: 'id,displayName' }],
    // Syntax of other languages.
    ['/users', { $filter: 'displayName = "Ada Lovelace"' }, { $filter: "displayName eq 'Ada Lovelace'" }],
    [
      '/users',
      { $filter: "surname eq 'O'Brien' && accountEnabled == true" },
      { $filter: "surname eq 'O''Brien' and accountEnabled eq true" },
    ],
    ['/users', { $search: 'ada hartmann' }, { $search: '"displayName:ada hartmann"' }],
    ['/groups', { $search: '"finance"' }, { $search: '"displayName:finance"' }],
    // Messages.
    [
      '/users/{user}/messages',
      { $filter: 'isRead eq false', $orderby: 'receivedDateTime desc' },
      { $filter: 'receivedDateTime ge 1900-01-01T00:00:00Z and (isRead eq false)', $orderby: 'receivedDateTime desc' },
    ],
    ['/users/{user}/messages', { $orderby: 'receivedDateTime', $search: '"budget"' }, { $search: '"budget"' }],
    ['/users/{user}/messages', { $expand: 'sender', $top: 1 }, { $top: '1' }],
  ])('%s %o', async (endpoint, params, better) => {
    const { next, answer } = await retry('graph_query', { endpoint, params });
    expect(next).toEqual({
      tool: 'graph_query',
      arguments: { connection: 'sandbox', endpoint: filled(endpoint), params: better },
    });
    expect(answer.response, answer.text).toMatchObject({ success: true, status: 200 });
  });

  test.each<[string, Options, Options]>([
    // What the service does not choose is chosen from its answer.
    [
      '/users',
      { $filter: "contains(department,'Eng')" },
      {
        params: { $select: 'id,displayName,userPrincipalName,mail,department' },
        project: 'value[?(department && contains(lower(department), `"eng"`))]',
      },
    ],
    [
      '/users',
      { $filter: "startswith(employeeId,'1') and accountEnabled eq true", $select: 'id', $top: 3 },
      {
        params: { $filter: 'accountEnabled eq true', $select: 'id,employeeId' },
        project: 'value[?(employeeId && starts_with(lower(employeeId), `"1"`))]',
        limit: 3,
      },
    ],
    [
      '/users',
      { $filter: 'signInActivity/lastSignInDateTime le 2026-11-19T00:00:00Z and accountEnabled eq true' },
      {
        params: {
          $filter: 'signInActivity/lastSignInDateTime le 2026-11-19T00:00:00Z',
          $select: 'id,displayName,userPrincipalName,mail,signInActivity,accountEnabled',
        },
        project: 'value[?accountEnabled == `true`]',
      },
    ],
    [
      '/users/{user}/messages',
      { $filter: 'isRead eq false', $search: '"budget"' },
      { params: { $search: '"budget"' }, project: 'value[?isRead == `false`]' },
    ],
    // Sizes of pages are no numbers of items.
    ['/users', { $top: 5000 }, { params: { $top: 999 }, limit: 5000 }],
    ['/users/{user}/messages', { $top: 1001 }, { params: { $top: 1000 }, limit: 1001 }],
    ['/subscribedSkus', { $top: 2 }, { limit: 2 }],
    ['/users', { $skip: 5 }, { project: 'value[5:]' }],
    ['/users', { $skip: 5, $top: 2 }, { project: 'value[5:7]' }],
  ])('%s %o, with the answer in another form', async (endpoint, params, better) => {
    const { next, answer } = await retry('graph_query', { endpoint, params });
    expect(next.arguments).toEqual({ connection: 'sandbox', endpoint: filled(endpoint), ...better });
    expect(answer.response, answer.text).toMatchObject({ success: true, status: 200 });
  });

  test.each<[string, Options, string, Options]>([
    ['/devices/{device}/owners', {}, '/devices/{device}/registeredOwners', {}],
    ['/devices/{deviceId}', {}, "/devices(deviceId='{deviceId}')", {}],
    ['/applications/{client}', { $select: 'id' }, "/applications(appId='{client}')", { $select: 'id' }],
    ['/groups/{groupName}', {}, '/groups', { $filter: "displayName eq '{groupName}'", $select: 'id,displayName' }],
    [
      '/users/ada',
      {},
      '/users',
      {
        $filter: "startswith(userPrincipalName,'ada') or startswith(displayName,'ada') or mail eq 'ada'",
        $select: 'id,displayName,userPrincipalName',
      },
    ],
    [
      '/users/{upn}',
      { $select: 'signInActivity' },
      '/users',
      { $filter: "userPrincipalName eq '{upn}'", $select: 'signInActivity' },
    ],
  ])('%s %o is found at %s', async (endpoint, params, path, better) => {
    const { next, answer } = await retry('graph_query', { endpoint, params });
    expect(next.arguments).toEqual({
      connection: 'sandbox',
      endpoint: filled(path),
      ...(Object.keys(better).length === 0 ? {} : { params: filled(better) }),
    });
    const { data } = answer.response;
    expect(data.id ?? data.value[0], answer.text).toBeDefined();
  });

  test('headers that stand in the way are left out', async () => {
    const headers = { ConsistencyLevel: 'session' };
    for (const [endpoint, params] of [
      ['/users/$count', {}],
      ['/users', { $filter: "userType ne 'Guest'" }],
    ] as const) {
      const { next, answer } = await retry('graph_query', { endpoint, params, headers });
      expect(next.arguments).not.toHaveProperty('headers');
      expect(answer.response.success).toBe(true);
    }
  });
});

describe('the call around it', () => {
  test('how the answer was to be shown is kept, behind what is chosen here', async () => {
    const { next, answer } = await retry('graph_query', {
      endpoint: "users?$filter=contains(department,'eng')",
      project: 'value[].displayName',
      limit: 2,
      timeout: 30,
    });
    expect(next.arguments).toMatchObject({
      project: '{value: value[?(department && contains(lower(department), `"eng"`))]} | value[].displayName',
      limit: 2,
      timeout: 30,
    });
    expect(answer.response.data.value).toHaveLength(2);
  });

  test('the first of the requests of a batch that share a mistake carries it', async () => {
    const url = "/users?$filter=contains(displayName,'ada')";
    const { response } = await tools.call('graph_batch', { requests: [{ url }, { url }], continue_on_error: true });
    const [one, two] = response.data.responses;
    expect(one.error.try).toEqual({
      tool: 'graph_query',
      arguments: { connection: 'sandbox', endpoint: '/users', params: { $search: '"displayName:ada"' } },
    });
    expect(two.error.try).toBeUndefined();
  });

  test('changes are asked for with what they take', async () => {
    const { next, answer } = await retry('graph_delta', {
      endpoint: '/groups/delta',
      params: { $filter: "displayName eq 'x'", $select: 'id' },
      name: 'next-calls',
    });
    expect(next).toEqual({
      tool: 'graph_delta',
      arguments: { connection: 'sandbox', endpoint: '/groups/delta', params: { $select: 'id' }, name: 'next-calls' },
    });
    expect(answer.response.success).toBe(true);
  });

  test('a member is taken off its list instead of being deleted', async () => {
    const list = await tools.call('graph_query', { endpoint: filled('/groups/{group}/members'), params: { $top: 1 } });
    const member: string = list.response.data.value[0].id;
    const endpoint = filled(`/groups/{group}/members/${member}`);
    const { next, answer } = await retry('graph_write', { requests: [{ method: 'DELETE', endpoint }] });
    expect(next).toEqual({
      tool: 'graph_write',
      arguments: { connection: 'sandbox', requests: [{ method: 'DELETE', endpoint: `${endpoint}/$ref` }] },
    });
    expect(answer.response).toMatchObject({ success: true, status: 204 });
    expect((await tools.call('graph_query', { endpoint: `/users/${member}` })).response.success).toBe(true);
  });

  test('a body that was sent is not repeated', async () => {
    const body = { displayName: 'x', passwordProfile: { password: 'Sup3rSecret!value' } };
    const { response } = await tools.call('graph_write', {
      requests: [{ method: 'PATCH', endpoint: '/users/nobody', body }],
    });
    expect(response.error.code).toBe('not_found');
    expect(JSON.stringify(response)).not.toContain('Sup3rSecret');
    expect(response.error.try).toBeUndefined();
  });
});

test('a connection that only reads is shown no call that writes', async () => {
  const readers = await openSandboxTools({ access: 'read_only' });
  try {
    const path = '/subscriptions/5a11d0c5-7e4a-4c0d-8b0a-5b5c00000001';
    const { response } = await readers.call('arm_write', { method: 'DELETE', path });
    expect(response.error.code).toBe('refused');
    expect(response.error.try).toBeUndefined();
  } finally {
    await readers.close();
  }
});
