import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { tools } from '../../../src/tools/registry.ts';
import { openSandboxTools, type SandboxTools } from '../../support/sandbox-tools.ts';

const sub = '00000000-0000-0000-0000-000000000001';
const group = `/subscriptions/${sub}/resourceGroups/rg-core`;
const storage = `${group}/providers/Microsoft.Storage/storageAccounts/contosodata`;
const workspace = `${group}/providers/Microsoft.MachineLearningServices/workspaces/mlw-research`;

/** What a tool makes of its arguments before its schema sees them, and what it says about it. */
function read(name: string, args: Record<string, unknown>) {
  const notes: string[] = [];
  const tool = tools.find((one) => one.name === name);
  const meant = tool?.readPasted?.(args, (note) => notes.push(note)) ?? args;
  return { meant, notes };
}

const addresses: ReadonlyArray<readonly [tool: string, given: string, meant: string]> = [
  ['graph_query', '  /users  ', '/users'],
  ['graph_query', '"/users"', '/users'],
  ['graph_query', "'/users'", '/users'],
  ['graph_query', '`/users?$top=5`', '/users?$top=5'],
  ['graph_query', '<https://graph.microsoft.com/v1.0/users>', 'https://graph.microsoft.com/v1.0/users'],
  [
    'graph_query',
    "[users](https://graph.microsoft.com/v1.0/users('a'))",
    "https://graph.microsoft.com/v1.0/users('a')",
  ],
  ['graph_query', 'GET /users', '/users'],
  ['graph_query', 'get https://graph.microsoft.com/beta/users', 'https://graph.microsoft.com/beta/users'],
  ['graph_query', '/users/', '/users'],
  ['graph_query', '/users//?$top=5', '/users?$top=5'],
  ['graph_query', '/', '/'],
  ['graph_query', "/users?$filter=displayName+eq+'Ada+Lovelace'", "/users?$filter=displayName%20eq%20'Ada%20Lovelace'"],
  [
    'graph_query',
    'users?%24filter=displayName+eq+%27Ada+Lovelace%27&$top=5',
    'users?%24filter=displayName%20eq%20%27Ada%20Lovelace%27&$top=5',
  ],
  ['graph_query', '/users?$orderby=displayName+desc', '/users?$orderby=displayName%20desc'],
  [
    'graph_query',
    '/auditLogs/signIns?$filter=createdDateTime+ge+2024-01-01T00:00:00+02:00',
    '/auditLogs/signIns?$filter=createdDateTime%20ge%202024-01-01T00:00:00%2B02:00',
  ],
  ['graph_query', "/users?$filter=mail eq 'a+b@contoso.com'", "/users?$filter=mail eq 'a+b@contoso.com'"],
  ['graph_query', "/users?$filter=mail%20eq%20'a+b@contoso.com'", "/users?$filter=mail%20eq%20'a+b@contoso.com'"],
  ['graph_query', "/users?$filter=startswith(mail,'a+b')", "/users?$filter=startswith(mail,'a+b')"],
  ['graph_query', '/users?$search="displayName:a+b"', '/users?$search="displayName:a+b"'],
  ['graph_query', '/users?$skiptoken=a+b', '/users?$skiptoken=a+b'],
  ['graph_query', '/users/ada+lovelace@contoso.com', '/users/ada+lovelace@contoso.com'],
  [
    'graph_query',
    'https://graph.microsoft.com/v1.0/users?$skiptoken=a+b&$orderby=a+desc',
    'https://graph.microsoft.com/v1.0/users?$skiptoken=a+b&$orderby=a+desc',
  ],
  ['graph_query', '/users/$ada@contoso.com', "/users('$ada@contoso.com')"],
  ['graph_query', 'users/$ada@contoso.com/manager?$select=id', "users('$ada@contoso.com')/manager?$select=id"],
  [
    'graph_query',
    "https://graph.microsoft.com/v1.0/users/$o'neil@contoso.com",
    "https://graph.microsoft.com/v1.0/users('$o''neil@contoso.com')",
  ],
  ['graph_query', '/users/$o%27neil@contoso.com', "/users('$o%27%27neil@contoso.com')"],
  ['graph_query', '<<<</users>>>>', '/users'],
  ['graph_query', '<<<<</users>>>>>', '</users>'],
  ['graph_query', '/users/$count', '/users/$count'],
  ['graph_query', "/users('$ada@contoso.com')", "/users('$ada@contoso.com')"],
  [
    'graph_query',
    'https://developer.microsoft.com/en-us/graph/graph-explorer?request=users%3F%24top%3D5&method=GET&version=v1.0&GraphUrl=https://graph.microsoft.com',
    '/v1.0/users?$top=5',
  ],
  [
    'graph_query',
    'https://developer.microsoft.com/graph/graph-explorer?request=me%2Fmessages&version=beta',
    '/beta/me/messages',
  ],
  [
    'graph_query',
    'https://developer.microsoft.com/graph/graph-explorer?request=users&version=v1.0&GraphUrl=https://graph.microsoft.us',
    'https://graph.microsoft.us/v1.0/users',
  ],
  ['arm_query', `https://portal.azure.com/#@contoso.onmicrosoft.com/resource${storage}/overview`, storage],
  ['arm_query', `https://portal.azure.com/#@contoso.onmicrosoft.com/resource${storage}`, storage],
  ['arm_query', `https://portal.azure.com/#resource${group}/overview`, group],
  ['arm_query', `https://portal.azure.com/?feature.x=1#@/resource/subscriptions/${sub}/users`, `/subscriptions/${sub}`],
  [
    'arm_query',
    `https://portal.azure.com/#view/Microsoft_Azure_Storage/Blade/~/overview/storageAccountId/${encodeURIComponent(storage)}/tab/x`,
    storage,
  ],
  [
    'arm_query',
    `https://ms.portal.azure.com/#blade/HubsExtension/ResourceMenuBlade/id/${encodeURIComponent(storage)}`,
    storage,
  ],
  [
    'arm_query',
    `https://portal.azure.com/#@x/resource${storage}/providers/Microsoft.Authorization/roleAssignments/r1/overview`,
    `${storage}/providers/Microsoft.Authorization/roleAssignments/r1`,
  ],
  ['arm_query', `https://ml.azure.com/workspaces/x?wsid=${workspace}&tid=1`, workspace],
  [
    'arm_query',
    `https://portal.azure.us/#@x/resource${storage}/overview`,
    `https://management.usgovcloudapi.net${storage}`,
  ],
  ['arm_query', `https://portal.azure.cn/#@x/resource${storage}`, `https://management.chinacloudapi.cn${storage}`],
  ['arm_query', 'https://portal.azure.com/#home', 'https://portal.azure.com/#home'],
  [
    'arm_query',
    `https://portal.azure.com.evil.example/#@x/resource${storage}`,
    `https://portal.azure.com.evil.example/#@x/resource${storage}`,
  ],
  [
    'arm_query',
    `${group}/resources?$filter=resourceType+eq+'a/b'`,
    `${group}/resources?$filter=resourceType%20eq%20'a/b'`,
  ],
  ['arm_write', `DELETE ${storage}`, storage],
];

describe('an address', () => {
  test.each(addresses)('of %s: %s is %s', (tool, given, meant) => {
    const field = tool.startsWith('arm') ? 'path' : 'endpoint';
    const { meant: found, notes } = read(tool, { [field]: given });
    expect(found[field]).toBe(meant);
    expect(notes.length > 0).toBe(meant !== given.trim());
  });

  test('is read in every item of a batch, each kind said once for its place', () => {
    const requests = [{ url: 'GET /users' }, { url: '/groups/' }, { url: 5 }, 'x'];
    expect(read('graph_batch', { requests }).meant['requests']).toEqual([
      { url: '/users' },
      { url: '/groups' },
      { url: 5 },
      'x',
    ]);
    const writes = [{ endpoint: 'PATCH /users/a', body: {} }];
    expect(read('graph_write', { requests: writes }).meant['requests']).toEqual([
      { method: 'PATCH', endpoint: '/users/a', body: {} },
    ]);
  });

  test('with the method of a write in front is no read, and no other write', () => {
    expect(() => read('graph_query', { endpoint: 'DELETE /users/a' })).toThrow('this tool sends only GET');
    expect(() => read('graph_batch', { requests: [{ url: '/a' }, { url: '/a', method: 'PATCH' }] })).toThrow(
      'requests[1].method',
    );
    expect(() => read('arm_query', { path: group, method: 'delete' })).toThrow('this tool sends only GET');
    expect(() => read('arm_write', { method: 'PUT', path: `DELETE ${storage}` })).toThrow('it begins with DELETE');
  });

  test.each(['GET', 'get'])('takes the method %s of a read with it', (method) => {
    expect(read('graph_query', { endpoint: '/users', method }).meant).toEqual({ endpoint: '/users' });
    expect(read('graph_batch', { requests: [{ url: '/users', method }] }).meant).toEqual({
      requests: [{ url: '/users' }],
    });
  });

  test('in a role or an identity may be that of a page', () => {
    const link = `https://portal.azure.com/#@x/resource${storage}/overview`;
    expect(read('provision_connection', { roles: [{ role: 'Reader', scope: link }] }).meant['roles']).toEqual([
      { role: 'Reader', scope: storage },
    ]);
    expect(read('create_service_connection', { managed_identity_id: link }).meant['managed_identity_id']).toBe(storage);
  });

  test('does not hold up the server, whatever it is', () => {
    for (const unit of ['[', '<', '"', "'", '+', '/', '$', '%2F', '/users/$', ' ', 'GET ']) {
      const text = unit.repeat(100_000 / unit.length);
      for (const name of ['graph_query', 'arm_query', 'list_service_connections', 'list_workspace_connections']) {
        const args = {
          endpoint: text,
          path: text,
          organization: text,
          project: text,
          parent: text,
          workspace_name: text,
        };
        read(name, args);
      }
    }
  });
});

test('names in lists are one text', () => {
  const { meant } = read('graph_query', {
    endpoint: '/users',
    params: { $select: ['id', 'mail'], $top: 5, $filter: ['a'] },
  });
  expect(meant['params']).toEqual({ $select: 'id,mail', $top: 5, $filter: ['a'] });
});

describe('an organization', () => {
  const root = 'https://dev.azure.com/contoso';
  test.each<[given: Record<string, unknown>, meant: Record<string, unknown>]>([
    [
      { organization: root, project: 'Web' },
      { organization: root, project: 'Web' },
    ],
    [{ organization: `${root}/` }, { organization: root }],
    [{ organization: `${root}/My%20Web/_settings` }, { organization: root, project: 'My Web' }],
    [{ organization: 'dev.azure.com/contoso/Web' }, { organization: root, project: 'Web' }],
    [
      { organization: `${root}/web`, project: 'Web' },
      { organization: root, project: 'Web' },
    ],
    [{ project: `${root}/Web` }, { organization: root, project: 'Web' }],
    [
      { organization: 'Contoso', project: `${root}/Web` },
      { organization: root, project: 'Web' },
    ],
    [
      { organization: `${root}/_settings`, project: 'Web' },
      { organization: root, project: 'Web' },
    ],
    [
      { organization: 'https://contoso.visualstudio.com/DefaultCollection/Web' },
      { organization: 'https://contoso.visualstudio.com', project: 'Web' },
    ],
    [
      { organization: 'https://contoso.visualstudio.com/', project: 'Web' },
      { organization: 'https://contoso.visualstudio.com', project: 'Web' },
    ],
    [
      { organization: 'contoso', project: 'Web' },
      { organization: 'contoso', project: 'Web' },
    ],
    [
      { organization: 'https://dev.azure.com.evil.example/contoso' },
      { organization: 'https://dev.azure.com.evil.example/contoso' },
    ],
    [{ organization: 'https://x@dev.azure.com/contoso' }, { organization: 'https://x@dev.azure.com/contoso' }],
  ])('%j is %j', (given, meant) => {
    expect(read('list_service_connections', given).meant).toEqual(meant);
  });

  test('is the same as in an address that is passed with it', () => {
    expect(() =>
      read('list_service_connections', { organization: root, project: `https://dev.azure.com/other/Web` }),
    ).toThrow();
    expect(() => read('list_service_connections', { organization: 'other', project: `${root}/Web` })).toThrow(
      'organization',
    );
    expect(() => read('list_service_connections', { organization: `${root}/Web`, project: 'Data' })).toThrow('project');
  });

  test('has no project where none is wanted', () => {
    expect(read('complete_connection', { organization: `${root}/Web` }).meant).toEqual({ organization: root });
    expect(read('complete_connection', { organization: 'https://evil.example/contoso' }).meant).toEqual({
      organization: 'https://evil.example/contoso',
    });
  });
});

describe('a workspace', () => {
  test.each<[given: Record<string, unknown>, meant: Record<string, unknown>]>([
    [{ workspace_name: workspace }, { parent: workspace }],
    [{ workspace_name: workspace, resource_group: 'RG-core', subscription_id: sub }, { parent: workspace }],
    [{ parent: workspace, resource_group: 'rg-core', workspace_name: 'mlw-research' }, { parent: workspace }],
    [{ parent: workspace.slice(1) }, { parent: workspace }],
    [{ parent: `https://portal.azure.com/#@x/resource${workspace}/overview` }, { parent: workspace }],
    [{ parent: `https://ai.azure.com/x?wsid=${encodeURIComponent(workspace)}` }, { parent: workspace }],
    [
      { parent: `https://management.azure.com${workspace}?api-version=2024-04-01` },
      { parent: `https://management.azure.com${workspace}` },
    ],
    [
      { resource_group: group, workspace_name: 'mlw-research' },
      { resource_group: 'rg-core', subscription_id: sub, workspace_name: 'mlw-research' },
    ],
    [
      { resource_group: 'rg', workspace_name: 'ws' },
      { resource_group: 'rg', workspace_name: 'ws' },
    ],
  ])('%j is %j', (given, meant) => {
    expect(read('list_workspace_connections', given).meant).toEqual(meant);
  });

  test('is the one that is named beside its id', () => {
    expect(() => read('list_workspace_connections', { parent: workspace, resource_group: 'rg-other' })).toThrow(
      'resource_group',
    );
    expect(() => read('list_workspace_connections', { workspace_name: workspace, subscription_id: 'x' })).toThrow(
      'subscription_id',
    );
  });

  test('has properties that may be JSON text', () => {
    const properties = {
      authType: 'ApiKey',
      credentials: '{"key":{"secret":"a"}}',
      metadata: '{"a":"b"}',
      isSharedToAll: 'True',
    };
    const { meant, notes } = read('create_workspace_connection', { properties });
    expect(meant['properties']).toEqual({
      authType: 'ApiKey',
      credentials: { key: { secret: 'a' } },
      metadata: { a: 'b' },
      isSharedToAll: true,
    });
    expect(notes.join()).not.toContain('secret');
  });
});

describe('against the sandbox', () => {
  let box: SandboxTools;
  beforeAll(async () => {
    box = await openSandboxTools({ scopes: ['directory', 'resources', 'ml'] });
  });
  afterAll(() => box.close());

  test('a pasted address is sent as it was meant, and the answer says how it was read', async () => {
    box.forget();
    const { response, meta } = await box.call('graph_query', {
      endpoint: "GET /users?$filter=startswith(displayName,'A')+and+accountEnabled+eq+true&$top=1",
      auto_paginate: false,
    });
    expect(response.success).toBe(true);
    expect(box.graphRequests()[0]).toContain(
      "displayName,'A')%20and%20accountEnabled%20eq%20true".replaceAll("'", '%27'),
    );
    expect(meta.notes).toContain('A + in the query of endpoint was read as a space; a literal one is %2B.');
  });

  test('a page of the portal leads to the resource', async () => {
    const { response: list } = await box.call('arm_query', { path: 'resources', limit: 1 });
    const { id } = list.data.value[0];
    const { response, meta } = await box.call('arm_query', {
      path: `https://portal.azure.com/#@contoso.example/resource${id}/overview`,
    });
    expect(response.data.id.toLowerCase()).toBe(id.toLowerCase());
    expect(meta.notes.join()).toContain('path was read as');
  });

  test('an address of another cloud is refused before anything is sent, whatever it was pasted in', async () => {
    box.forget();
    for (const [tool, args] of [
      ['graph_query', { endpoint: '<https://graph.microsoft.us/v1.0/users>' }],
      [
        'graph_query',
        {
          endpoint: 'https://developer.microsoft.com/graph/graph-explorer?request=users&GraphUrl=https://evil.example',
        },
      ],
      ['arm_query', { path: `https://portal.azure.us/#@x/resource${storage}` }],
      ['list_workspace_connections', { parent: `https://management.azure.com${workspace}` }],
    ] as const) {
      const { response } = await box.call(tool, args);
      expect(response.error).toMatchObject({ code: 'invalid_argument' });
    }
    expect(box.seen()).toEqual([]);
  });

  test('an id of a workspace at the own API is taken', async () => {
    const { response: found } = await box.call('resource_graph_query', {
      query: "resources | where type =~ 'microsoft.machinelearningservices/workspaces' | project id",
    });
    const { id } = found.data.value[0];
    const { response } = await box.call('list_workspace_connections', {
      parent: `https://management.sandbox.invalid${id}`,
    });
    expect(response.success).toBe(true);
  });

  test('an organization is stored by its name, and its address is one of the cloud of the connection', async () => {
    await box.call('create_connection', { name: 'pasted', scopes: ['devops'], cloud: 'sandbox' });
    const store = (organization: string) =>
      box.call('complete_connection', {
        connection: 'pasted',
        organization,
        tenant_id: '00000000-0000-0000-0000-00000000000a',
        client_id: '00000000-0000-0000-0000-00000000000b',
        client_secret: 'Zq8~abcdefghijklmnopqrstuvwxyz01',
      });
    for (const foreign of [
      'https://dev.azure.us/contoso',
      'https://contoso.visualstudio.com',
      'https://evil.example/contoso',
    ]) {
      expect((await store(foreign)).response).toMatchObject({
        error: { code: 'invalid_argument', message: expect.stringContaining('cloud of the connection') },
      });
    }
    expect((await store(`${box.sandbox.cloud.devops}/contoso`)).response).toMatchObject({
      data: { identity: { organization: 'contoso' } },
    });
  });

  test('two versions of one address are refused', async () => {
    const { response } = await box.call('graph_query', {
      endpoint: 'https://developer.microsoft.com/graph/graph-explorer?request=users&version=v1.0',
      api_version: 'beta',
    });
    expect(response.error.message).toContain('different versions');
  });
});
