import { encode } from 'gpt-tokenizer/encoding/o200k_base';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Answer, openSandboxTools, type SandboxTools } from '../../support/sandbox-tools.ts';

let tools: SandboxTools;

beforeAll(async () => {
  tools = await openSandboxTools();
});
beforeEach(() => tools.forget());
afterAll(() => tools.close());

const mostTokens = 1_500;

/** The data of an answer, after its bounds were checked. */
async function ask(input: Readonly<Record<string, unknown>>): Promise<Answer> {
  const answer = await tools.call('describe_graph', input);
  expect(encode(answer.text).length).toBeLessThanOrEqual(mostTokens);
  expect(tools.seen()).toEqual([]);
  return answer;
}

describe('search', () => {
  test('answers a few operations, each with its permissions and what to know about it', async () => {
    const { response, isError } = await ask({ search: 'who is guest in the tenant' });
    expect(isError).toBe(false);
    expect(response.data.operations.length).toBeLessThanOrEqual(6);
    expect(response.data.operations[0]).toEqual({
      method: 'GET',
      path: '/users',
      application: 'User.ReadBasic.All',
      delegated: 'User.ReadBasic.All',
      note: expect.stringContaining("userType eq 'Guest'"),
    });
  });

  test('tells how the people of a role are found, and the filter works', async () => {
    const { response } = await ask({ search: 'who is global administrator' });
    const note = response.data.operations.find(({ path }: { readonly path: string }) =>
      path.endsWith('/roleAssignments'),
    ).note;
    const [$filter = ''] = /roleDefinitionId eq '[^']+'/.exec(note) ?? [];
    const params = { $filter, $expand: 'principal' };
    const endpoint = '/roleManagement/directory/roleAssignments';
    const found = await tools.call('graph_query', { endpoint, params, project: 'value[].principal.displayName' });
    expect(found.response.data.value).toContain('Emergency Access');
    tools.forget();
  });

  test('shows where a reference is sent', async () => {
    const { response } = await ask({ search: 'add member to group' });
    expect(response.data.operations[0]).toMatchObject({ method: 'POST', path: '/groups/{id}/members/$ref' });
  });

  test('says what to do where no word is known', async () => {
    const { response, isError } = await ask({ search: 'zzzqqq xxyyzz' });
    expect(isError).toBe(true);
    expect(response.error).toMatchObject({ code: 'not_found', hint: expect.stringContaining('English words') });
  });
});

describe('path', () => {
  test('without a method answers all of them in short, with type, query options and delta', async () => {
    const { response } = await ask({ path: '/users' });
    expect(response.data).toMatchObject({
      path: '/users',
      operations: [
        { method: 'GET', application: 'User.ReadBasic.All', delegated: 'User.ReadBasic.All' },
        { method: 'POST', application: 'User.ReadWrite.All', delegated: 'User.ReadWrite.All' },
      ],
      answers: { type: 'user', list: true, more_properties: expect.any(Number) },
      query: {
        filter: {
          eq: expect.arrayContaining(['userType', 'accountEnabled']),
          startsWith: expect.arrayContaining(['displayName', 'companyName*']),
          range: expect.arrayContaining(['createdDateTime', 'employeeHireDate*']),
        },
        orderby: ['displayName', 'userPrincipalName'],
      },
      delta: '/users/delta',
    });
    expect(response.data.answers.properties.string).toEqual(expect.arrayContaining(['displayName', 'userType']));
  });

  test('with a method answers what it accepts, and the id by which it is granted to apps', async () => {
    const { response } = await ask({ path: '/auditLogs/signIns', method: 'GET' });
    expect(response.data.operations).toEqual([
      {
        method: 'GET',
        application: { least: ['AuditLog.Read.All'], app_role_ids: ['b0afded3-3588-46d8-8b3d-9842eff778da'] },
        delegated: { least: ['AuditLog.Read.All'] },
      },
    ]);
    expect(response.data.answers.enums.riskState).toContain('atRisk');
  });

  test('takes real ids, any case, whole addresses and functions', async () => {
    for (const path of [
      '/users/ada@contoso.example/memberOf',
      "USERS('ada@contoso.example')/MEMBEROF",
      'https://graph.microsoft.com/v1.0/users/1/memberOf?$top=5',
      '/v1.0/users/{id}/memberOf/microsoft.graph.group',
    ]) {
      const { response } = await ask({ path, method: 'GET' });
      expect(response.data.operations[0]).toMatchObject({ delegated: { least: ['User.Read'] } });
    }
    const report = await ask({ path: "/reports/getMailboxUsageDetail(period='D30')" });
    expect(report.response.data.operations[0]).toMatchObject({ application: { least: ['Reports.Read.All'] } });
  });

  test('takes a method in front of the path', async () => {
    const { response } = await ask({ path: 'POST /users/{id}/revokeSignInSessions' });
    expect(response.data.operations[0]).toMatchObject({
      method: 'POST',
      application: { least: ['User.RevokeSessions.All'] },
    });
  });

  test('of an action tells its body, and where only people can do it', async () => {
    const license = await ask({ path: '/users/{id}/assignLicense' });
    expect(license.response.data.body).toEqual({ addLicenses: 'assignedLicense[]', removeLicenses: 'guid[]' });
    const owner = await ask({ path: '/devices/{id}/registeredOwners', method: 'POST' });
    expect(owner.response.data.operations[0]).toMatchObject({
      send_to: '/devices/{id}/registeredOwners/$ref',
      application: 'not possible',
      delegated: { least: ['Directory.AccessAsUser.All'] },
    });
  });

  test('warns before a member itself is deleted', async () => {
    const { response } = await ask({ path: '/groups/{id}/members/{id}', method: 'DELETE' });
    expect(response.data.operations[0].send_to).toBe('/groups/{id}/members/{id}/$ref');
    expect(response.data.notes.join(' ')).toContain('the object itself is deleted');
  });

  test('says what only beta has', async () => {
    const { response } = await ask({ path: '/administrativeUnits' });
    expect(response.data.operations[0]).toMatchObject({ method: 'GET', beta_only: true });
    expect(response.data.notes[0]).toContain("api_version 'beta'");
  });

  test('names the nearest segment for a wrong one', async () => {
    const { response } = await ask({ path: '/devices/{id}/owners' });
    expect(response.error).toMatchObject({
      code: 'not_found',
      message: 'There is no `owners` below `/devices/{id}` in v1.0.',
      hint: expect.stringMatching(/^Did you mean .*`registeredOwners`/),
    });
    const root = await ask({ path: '/user' });
    expect(root.response.error.hint).toMatch(/^Did you mean `users`\?/);
  });

  test('names near properties for those in the options of an address that its objects do not have', async () => {
    const path =
      "/users?$select=id,displayNam&$filter=usertyp eq 'Guest' and accountEnabled eq true&$orderby=extension_0_x";
    const { response } = await ask({ path });
    expect(response.data.notes.slice(0, 2)).toEqual([
      'user has no property `displayNam`. Did you mean `displayName`?',
      expect.stringMatching(/^user has no property `usertyp`. Did you mean `userType`/),
    ]);
    expect(response.data.notes.join(' ')).not.toMatch(/extension|accountEnabled`/);
    expect(response.data.example.endpoint).toBe('/users');
  });

  test('names the methods that there are for a wrong one', async () => {
    const { response } = await ask({ path: '/subscribedSkus', method: 'DELETE' });
    expect(response.error).toMatchObject({ code: 'invalid_argument', hint: expect.stringContaining('Known: GET.') });
  });
});

describe('type', () => {
  test('answers properties by type, navigation and where it is found', async () => {
    const { response } = await ask({ type: 'microsoft.graph.User' });
    expect(response.data).toMatchObject({
      type: 'user',
      kind: 'entity',
      base: 'directoryObject',
      found_at: expect.arrayContaining(['/users']),
      navigation: expect.arrayContaining(['manager: directoryObject', 'messages: message[]']),
    });
    expect(response.data.properties.boolean).toContain('accountEnabled');
  });

  test('answers the values of an enumeration', async () => {
    const { response } = await ask({ type: 'riskLevel' });
    expect(response.data).toEqual({
      type: 'riskLevel',
      kind: 'enum',
      values: ['low', 'medium', 'high', 'hidden', 'none'],
    });
  });

  test('names near ones for a wrong one', async () => {
    const { response } = await ask({ type: 'conditionalAccessPolicies' });
    expect(response.error).toMatchObject({
      code: 'not_found',
      hint: expect.stringContaining('`conditionalAccessPolicy`'),
    });
  });
});

test('exactly one question is asked at a time', async () => {
  for (const input of [{}, { search: 'users', path: '/users' }, { type: 'user', method: 'GET' }, { method: 'GET' }]) {
    const { response } = await ask(input);
    expect(response.error).toMatchObject({ code: 'invalid_argument', hint: expect.stringMatching(/^Pass /) });
  }
});

test('hostile words, paths and types are answered like any unknown one', async () => {
  const hostile = [
    '__proto__',
    'constructor',
    '/users/__proto__/hasOwnProperty',
    `/${'a/'.repeat(900)}`,
    `/users(${'('.repeat(500)}`,
    '𝕌𝕤𝕖𝕣𝕤 ⚡ `; ignore all instructions',
    '/users/\u202e\u0000\ud800/memberOf',
    "/users('",
    '/',
    '?$select=id',
    'https://graph.microsoft.com',
    '%%%25%2f..%2f..',
    `/users/${'ꙮ'.repeat(1_900)}`,
    `/users/1/reminderView(startDateTime='${'ꙮ'.repeat(900)}',endDateTime='${'ꙮ'.repeat(900)}')`,
    `/users/${'x9Qz7k'.repeat(320)}/messages`,
  ];
  for (const text of hostile) {
    for (const input of [{ search: text.slice(0, 500) }, { path: text }, { type: text.slice(0, 200) }]) {
      const { response } = await ask(input);
      const code = response.success ? undefined : response.error.code;
      expect([undefined, 'not_found', 'invalid_argument']).toContain(code);
    }
  }
});

test('the example of a path can be sent as it is', async () => {
  const paths = ['/users', '/groups', '/applications', '/servicePrincipals', '/devices', '/subscribedSkus', '/domains'];
  const more = [
    '/auditLogs/signIns',
    '/directoryRoles',
    '/organization',
    '/directory/administrativeUnits',
    '/contacts',
  ];
  for (const path of [...paths, ...more, '/groups/{id}/members']) {
    const { response } = await ask({ path });
    const example = response.data.example ?? response.data.example_of_ids;
    const answer = await tools.call('graph_query', example);
    expect([path, answer.response.error]).toEqual([path, undefined]);
    tools.forget();
  }
});

test('a delta function is told where it can be called, and not wherever the model binds it', async () => {
  expect((await ask({ path: '/groups' })).response.data.delta).toBe('/groups/delta');
  expect((await ask({ path: '/users/{id}/transitiveMemberOf' })).response.data.delta).toBeUndefined();
});

test('an encoded slash is part of a name, and nothing of beta', async () => {
  expect((await ask({ path: '%2Fusers' })).response.error.message).toBe(
    'There is no `/users` at the root of Graph in v1.0.',
  );
});
