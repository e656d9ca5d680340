import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Authority, limitedTo, operatorAt, type YesRequest } from '../../../src/core/base/authority.ts';
import { localCaller } from '../../../src/core/base/caller.ts';
import type { ConnectedServices } from '../../../src/runtime/connect-services.ts';
import { testCall } from '../../support/call.ts';
import { openSandboxTools, type SandboxTools } from '../../support/sandbox-tools.ts';
import { changesAmong } from './attempt.ts';
import { readFacts, type TenantFacts } from './tenant-facts.ts';

let tools: SandboxTools;
let facts: TenantFacts;
let services: ConnectedServices;

beforeAll(async () => {
  tools = await openSandboxTools({
    frozenClock: true,
    policy: { confirm: 'risky', deny: [{ service: 'graph', methods: ['DELETE'], path: '/devices/*' }] },
  });
  facts = await readFacts(tools);
  services = await tools.runtime.opener.open(await tools.runtime.connections.get('sandbox', localCaller), localCaller);
}, 60_000);

afterAll(async () => {
  await tools.close();
});

beforeEach(() => {
  tools.sandbox.reset();
  tools.forget();
});

const agent = () => testCall({ authority: limitedTo([], 'stdio') });

/** A person who says yes, and what they were asked. */
function listening(): { readonly authority: Authority; readonly asked: YesRequest[] } {
  const asked: YesRequest[] = [];
  const authority: Authority = {
    ...limitedTo([], 'stdio'),
    requireYes: async (request) => void asked.push(request),
  };
  return { authority, asked };
}

describe('in the core, whatever a tool forgot to ask', () => {
  const refused = expect.objectContaining({ code: 'refused', message: expect.stringContaining('Nobody has said yes') });

  test.each<readonly [string, () => Promise<unknown>]>([
    [
      'a request',
      () =>
        services.graph.send({ method: 'POST', path: `/applications/${facts.app.id}/addPassword`, body: {} }, agent()),
    ],
    [
      'an item of a batch',
      () =>
        services.graph.batch(
          [
            { method: 'PATCH', url: `/users/${facts.user.id}`, body: { city: 'x' } },
            { method: 'POST', url: '/oauth2PermissionGrants', body: {} },
          ],
          { continueOnError: true },
          agent(),
        ),
    ],
    [
      'a write of Azure',
      () =>
        services.arm.write(
          { method: 'DELETE', path: `/subscriptions/${facts.subscription}/resourceGroups/rg-contoso-web` },
          agent(),
        ),
    ],
    [
      'a credential of a service',
      () =>
        services.identities.ensureFederatedCredential(
          { kind: 'application', objectId: facts.app.id },
          { name: 'attack', issuer: 'https://evil.example', subject: 's', audience: 'api://AzureADTokenExchange' },
          agent(),
        ),
    ],
    [
      'a role',
      () =>
        services.identities.ensureRoleAssignment(
          { principalId: facts.app.principal, role: 'Reader', scope: `/subscriptions/${facts.subscription}` },
          agent(),
        ),
    ],
  ])('%s is refused, and nothing is changed', async (_, act) => {
    await expect(act()).rejects.toEqual(refused);
    expect(changesAmong(tools.seen())).toEqual([]);
  });

  test('a program that embeds the library says yes by what it calls, and no rule yields to it', async () => {
    const call = () => testCall({ authority: operatorAt('library') });
    await services.graph.send({ method: 'POST', path: `/applications/${facts.app.id}/addPassword`, body: {} }, call());
    const denied = services.graph.send({ method: 'DELETE', path: `/devices/${facts.app.id}` }, call());
    await expect(denied).rejects.toMatchObject({ code: 'refused', message: expect.stringContaining('policy.deny') });
  });

  test('what cannot be looked up counts as protected', async () => {
    tools.sandbox.fault({ match: 'POST /v1.0/$batch', status: 403, times: 5 });
    const act = services.graph.send({ method: 'PATCH', path: `/users/${facts.user.id}`, body: { city: 'x' } }, agent());
    await expect(act).rejects.toMatchObject({ code: 'refused', message: expect.stringContaining('could not be read') });
    expect(changesAmong(tools.seen())).toEqual([]);
  });
});

describe('the question', () => {
  const add = { method: 'POST', endpoint: '/applications', body: { displayName: 'x', passwordCredentials: [{}] } };

  test('names each request in one form, and asks once for all of them', async () => {
    const { authority, asked } = listening();
    const requests = [
      add,
      { method: 'DELETE', endpoint: `/Groups('${facts.group}')` },
      { method: 'DELETE', endpoint: `/users/${facts.user.id}` },
    ];
    await tools.call('graph_write', { requests }, { authority });
    expect(asked).toEqual([
      {
        grade: 'authority',
        summary: '3 requests over `sandbox`: this changes credentials, owners or trusts of an app; deletes 2 objects',
        details: [
          '`POST /applications` with `{"displayName":"x","passwordCredentials":[{}]}`',
          `\`DELETE /groups/${facts.group}\``,
          `\`DELETE /users/${facts.user.id}\``,
        ],
        connection: 'sandbox',
      },
    ]);
  });

  test('shows what would be written, and first what weighs most', async () => {
    const { authority, asked } = listening();
    const harmless = { method: 'PATCH', endpoint: `/users/${facts.user.id}`, body: { city: 'x' } };
    const grant = {
      method: 'POST',
      endpoint: `/servicePrincipals/${facts.app.principal}/appRoleAssignedTo`,
      body: { principalId: facts.app.principal, appRoleId: 'the `role`\nthat counts' },
    };
    await tools.call(
      'graph_write',
      { requests: [...Array.from({ length: 60 }, () => harmless), grant] },
      { authority },
    );
    await tools.call(
      'arm_write',
      {
        method: 'PUT',
        path: 'resourceGroups/rg-contoso-web/providers/Microsoft.Authorization/roleAssignments/x',
        params: { tenantId: 'other' },
        body: { properties: { roleDefinitionId: '/owner', adminPassword: { value: 'xWwvJ]6NMw+bWH-d' } } },
      },
      { authority },
    );
    expect(asked[0]?.details[0]).toBe(
      `\`POST /serviceprincipals/${facts.app.principal}/approleassignedto\` with ` +
        `\`{"principalId":"${facts.app.principal}","appRoleId":"the 'role'\\nthat counts"}\``,
    );
    expect(asked[0]?.details.at(-1)).toBe('and 11 more requests');
    expect(asked[1]?.details).toEqual([
      `\`PUT /subscriptions/${facts.subscription}/resourcegroups/rg-contoso-web/providers/microsoft.authorization/` +
        'roleassignments/x?tenantId=other` with ' +
        '`{"properties":{"roledefinitionid":"/owner","adminpassword":{"value":"[secret]"}}}`',
    ]);
  });

  test('leaves out nothing that widens authority, however many there are', async () => {
    const { authority, asked } = listening();
    const grants = Array.from({ length: 70 }, (_, at) => ({
      method: 'POST',
      endpoint: '/oauth2PermissionGrants',
      body: { scope: `scope-${at}` },
    }));
    await tools.call('graph_write', { requests: grants }, { authority });
    expect(asked[0]?.details.filter((line) => /with `\{"scope":"scope-\d+"\}`$/.test(line))).toHaveLength(70);
  });

  test('says whose rights a connection has that is not in the configuration', async () => {
    const { authority, asked } = listening();
    const { tenantId, clientId, clientSecret } = tools.sandbox.credentials;
    const identity = { tenant_id: tenantId, client_id: clientId, client_secret: clientSecret };
    await tools.call('create_connection', { name: 'just-a-test', cloud: 'sandbox', access: 'read_write' });
    await tools.call('complete_connection', { connection: 'just-a-test', ...identity });
    await tools.call('graph_write', { connection: 'just-a-test', requests: [add] }, { authority });
    expect(asked[0]?.details.at(-1)).toBe(
      `as the app \`${clientId}\` of the tenant \`${tenantId}\` in the cloud \`sandbox\`, by azure`,
    );
  });

  test('what is careful brings the requests with their state', async () => {
    const { authority, asked } = listening();
    const requests = [facts.user.id, facts.named.id].map((id) => ({ method: 'DELETE', endpoint: `/users/${id}` }));
    const { isError } = await tools.call('graph_write', { requests }, { authority });
    expect(isError).toBe(false);
    expect(asked).toMatchObject([
      {
        grade: 'careful',
        preview: {
          requests: [{ method: 'DELETE', current: { id: facts.user.id } }, { current: { id: facts.named.id } }],
        },
      },
    ]);
  });

  test('shows no password that the call brought', async () => {
    const { authority, asked } = listening();
    const person = { displayName: 'x', passwordProfile: { password: 'xWwvJ]6NMw+bWH-d' } };
    const requests = Array.from({ length: 51 }, () => ({ method: 'POST', endpoint: '/users', body: person }));
    await tools.call('graph_write', { requests }, { authority });
    expect(asked).toMatchObject([{ grade: 'careful', summary: expect.stringContaining('changes 51 objects') }]);
    expect(JSON.stringify(asked)).not.toContain('xWwvJ');
  });

  test('comes before anything is changed', async () => {
    const seen: number[] = [];
    const authority: Authority = {
      ...limitedTo([], 'stdio'),
      requireYes: async () => void seen.push(changesAmong(tools.seen()).length),
    };
    const requests = [{ method: 'PATCH', endpoint: `/users/${facts.user.id}`, body: { city: 'x' } }, add];
    await tools.call('graph_write', { requests, continue_on_error: true }, { authority });
    await tools.call(
      'provision_connection',
      { name: 'fresh', credential: 'secret', roles: [{ role: 'Reader' }] },
      { authority },
    );
    expect(seen[0]).toBe(0);
    expect(seen).toHaveLength(2);
    expect((await tools.call('list_connections', {})).text).toContain('fresh');
  });

  test('a no leaves no connection behind', async () => {
    const { response } = await tools.call('provision_connection', { name: 'never', credential: 'secret', roles: [] });
    expect(response.error.code).toBe('refused');
    expect((await tools.call('list_connections', {})).text).not.toContain('"never"');
  });

  test('a yes covers its own call only', async () => {
    const { authority, asked } = listening();
    await tools.call('graph_write', { requests: [add] }, { authority });
    await tools.call('graph_write', { requests: [add] }, { authority });
    expect(asked).toHaveLength(2);
    expect((await tools.call('graph_write', { requests: [add] })).response.error.code).toBe('refused');
  });
});

describe('the last Global Administrator', () => {
  const remove = (id: string) => ({ method: 'DELETE', endpoint: `/users/${id}` });
  const disable = (id: string) => ({ method: 'PATCH', endpoint: `/users/${id}`, body: { accountEnabled: false } });

  test.each([
    ['all of them in one call', (ids: readonly string[]) => ids.map(remove)],
    [
      'some deleted, some switched off',
      ([first = '', ...others]: readonly string[]) => [remove(first), ...others.map(disable)],
    ],
  ])('is protected: %s', async (_, requestsOf) => {
    const { authority, asked } = listening();
    await tools.call('graph_write', { requests: requestsOf(facts.administrators) }, { authority });
    expect(asked).toMatchObject([
      { grade: 'authority', summary: expect.stringContaining('last Global Administrator') },
    ]);
  });

  test('is whoever is left once the others have lost the role', async () => {
    const [last = '', ...others] = facts.administrators;
    const leave = (id: string) => ({
      method: 'DELETE',
      endpoint: `/directoryRoles/${facts.administratorRole}/members/${id}/$ref`,
    });
    await tools.call('graph_write', { requests: others.map(leave) }, { authority: operatorAt('terminal') });
    for (const request of [
      remove(last),
      disable(last),
      { method: 'DELETE', endpoint: `/directoryObjects/${last}/microsoft.graph.user` },
    ]) {
      const { response } = await tools.call('graph_write', { requests: [request] });
      expect(response.error).toMatchObject({
        code: 'refused',
        message: expect.stringContaining('last Global Administrator'),
      });
    }
  });

  test('one of several is an ordinary deletion', async () => {
    const { response } = await tools.call('graph_write', { requests: [remove(facts.breakGlass.id)] });
    expect(response.error?.message ?? '').not.toContain('Global Administrator');
  });
});

describe('a dry run', () => {
  test.each([
    [
      'graph_write',
      { requests: [{ method: 'DELETE', endpoint: '/devices/x' }] },
      { verdict: 'refused', reason: expect.stringContaining('policy.deny') },
    ],
    [
      'graph_write',
      { requests: [{ method: 'POST', endpoint: '/oauth2PermissionGrants', body: {} }] },
      { verdict: 'needs_yes', grade: 'authority', reasons: ['changes what an app or a person has been granted'] },
    ],
    [
      'arm_write',
      { method: 'DELETE', path: 'resourceGroups/rg-contoso-web' },
      { verdict: 'needs_yes', grade: 'careful', reasons: ['deletes or moves a resource group with everything in it'] },
    ],
  ])('%s says what policy would say', async (tool, args, policy) => {
    const { response } = await tools.call(tool, { ...args, dry_run: true });
    expect(response.data.policy).toEqual(policy);
    expect(changesAmong(tools.seen())).toEqual([]);
  });

  test('says nothing about what would simply be sent', async () => {
    const requests = [{ method: 'PATCH', endpoint: `/users/${facts.user.id}`, body: { city: 'x' } }];
    const { response } = await tools.call('graph_write', { requests, dry_run: true });
    expect(response.data).not.toHaveProperty('policy');
  });
});

describe('other levels', () => {
  test('confirm: always asks about each change, and about nothing else', async () => {
    const strict = await openSandboxTools({ policy: { confirm: 'always' } });
    const { authority, asked } = listening();
    const args = { requests: [{ method: 'PATCH', endpoint: `/users/${facts.user.id}`, body: { city: 'x' } }] };
    expect((await strict.call('graph_write', args)).response.error.code).toBe('refused');
    expect((await strict.call('graph_write', args, { authority })).isError).toBe(false);
    const parent = {
      resource_group: 'rg-contoso-ml',
      workspace_name: 'mlw-contoso-research',
      connection_name: 'ordinary',
    };
    const properties = { authType: 'None', category: 'CustomKeys', target: 'https://example.com' };
    expect(
      (await strict.call('create_workspace_connection', { ...parent, properties }, { authority })).response.status,
    ).toBe(201);
    expect((await strict.call('delete_workspace_connection', parent, { authority })).isError).toBe(false);
    expect((await strict.call('graph_query', { endpoint: '/organization' })).isError).toBe(false);
    expect(asked.map(({ grade }) => grade)).toEqual(['careful', 'careful', 'careful']);
    await strict.close();
  });

  test('confirm: never asks nobody, and no rule yields to it', async () => {
    const trusting = await openSandboxTools({
      policy: { confirm: 'never', deny: [{ service: 'graph', methods: ['DELETE'], path: '/users/*' }] },
    });
    const add = { method: 'POST', endpoint: `/applications/${facts.app.id}/addPassword`, body: {} };
    expect((await trusting.call('graph_write', { requests: [add] })).isError).toBe(false);
    const { response } = await trusting.call('graph_write', {
      requests: [{ method: 'DELETE', endpoint: `/users/${facts.user.id}` }],
    });
    expect(response.error.code).toBe('refused');
    await trusting.close();
  });

  test('the sandbox asks nobody where nothing is written', async () => {
    const free = await openSandboxTools();
    const add = { method: 'POST', endpoint: `/applications/${facts.app.id}/addPassword`, body: {} };
    expect((await free.call('graph_write', { requests: [add] })).isError).toBe(false);
    const sent = free.graphRequests().filter((request) => !request.startsWith('GET '));
    expect(sent).toEqual([`POST /v1.0/applications/${facts.app.id}/addPassword`]);
    await free.close();
  });
});
