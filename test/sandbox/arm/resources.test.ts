import { describe, expect, test } from 'vitest';
import { roleIds } from '../../../src/sandbox/arm/access/role-definitions.ts';
import { createArmClient, dataGroup, development, production, versions } from './support/arm-client.ts';

const vault = `${dataGroup}/providers/Microsoft.KeyVault/vaults/kv-new`;
const body = {
  location: 'West Europe',
  tags: { team: 'data' },
  properties: { sku: { name: 'standard' }, enableSoftDelete: true },
};

describe('writes', () => {
  test('PUT creates, replaces what it does not name, and keeps the case of the creation', async () => {
    const arm = await createArmClient();
    const created = await arm.put(vault, versions.keyVault, body);
    expect(created).toMatchObject({ status: 201, body: { id: vault, location: 'westeurope', tags: { team: 'data' } } });
    const replaced = await arm.put(vault.toUpperCase(), versions.keyVault, { location: 'westeurope' });
    expect(replaced).toMatchObject({ status: 200, body: { id: vault } });
    expect(replaced.body.tags).toBeUndefined();
  });

  test('PATCH merges; null removes', async () => {
    const arm = await createArmClient();
    await arm.put(vault, versions.keyVault, body);
    const patched = await arm.send('PATCH', vault, {
      version: versions.keyVault,
      body: { properties: { enableSoftDelete: null, enablePurgeProtection: true } },
    });
    expect(patched.body.properties).toMatchObject({ sku: { name: 'standard' }, enablePurgeProtection: true });
    expect(patched.body.properties.enableSoftDelete).toBeUndefined();
    expect(patched.body.tags).toEqual({ team: 'data' });
  });

  test('etags guard writes', async () => {
    const arm = await createArmClient();
    const send = (method: 'PUT' | 'PATCH' | 'DELETE', headers: Record<string, string>, path = vault) =>
      arm.send(method, path, { version: versions.keyVault, headers, ...(method === 'DELETE' ? {} : { body }) });
    expect((await send('PUT', { 'if-match': '*' })).status).toBe(412);
    expect((await send('PATCH', { 'if-match': '*' })).status).toBe(404);
    expect((await send('DELETE', { 'if-match': '*' })).status).toBe(204);
    const created = await send('PUT', { 'if-none-match': '*' });
    expect(created.status).toBe(201);
    expect(created.headers['etag']).toBe(created.body.etag);
    expect((await send('PUT', { 'if-none-match': '*' })).status).toBe(412);
    expect((await send('PUT', { 'if-match': '"old"' })).body.error.code).toBe('PreconditionFailed');
    expect((await send('PUT', { 'if-match': created.body.etag })).status).toBe(200);
    expect((await send('DELETE', { 'if-match': created.body.etag })).status).toBe(412);
  });

  test('HEAD tells whether it is there; DELETE of nothing is 204', async () => {
    const arm = await createArmClient();
    const head = async (path: string, version: string) => (await arm.send('HEAD', path, { version })).status;
    expect(await head(dataGroup, versions.core)).toBe(204);
    expect(await head(`${dataGroup}x`, versions.core)).toBe(404);
    expect(await head(vault, versions.keyVault)).toBe(404);
    await arm.put(vault, versions.keyVault, body);
    expect(await head(vault, versions.keyVault)).toBe(204);
    expect((await arm.send('DELETE', vault, { version: versions.keyVault })).status).toBe(200);
    expect((await arm.send('DELETE', vault, { version: versions.keyVault })).status).toBe(204);
  });

  test.each([
    ['without location', vault, versions.keyVault, { properties: {} }, 400, 'LocationRequired'],
    [
      'in a region that the type is not in',
      vault,
      versions.keyVault,
      { location: 'moon' },
      400,
      'LocationNotAvailableForResourceType',
    ],
    [
      'in a group that is not there',
      vault.replace('rg-contoso-data', 'rg-none'),
      versions.keyVault,
      body,
      404,
      'ResourceGroupNotFound',
    ],
    [
      'below nothing',
      `${dataGroup}/providers/Microsoft.ServiceBus/namespaces/none/queues/q`,
      versions.serviceBus,
      {},
      404,
      'ParentResourceNotFound',
    ],
    ['with text that is no JSON', vault, versions.keyVault, '{', 400, 'InvalidRequestContent'],
    [
      'under a name that is taken',
      `${dataGroup}/providers/Microsoft.Storage/storageAccounts/stcontosoweb`,
      versions.storage,
      body,
      409,
      'StorageAccountAlreadyTaken',
    ],
  ])('a PUT %s is refused', async (_, path, version, content, status, code) => {
    const arm = await createArmClient();
    const answer = await arm.put(path, version, content);
    expect([answer.status, answer.body.error.code]).toEqual([status, code]);
  });
});

describe('guards', () => {
  test('a lock refuses deletion below it and above it, until it is gone', async () => {
    const arm = await createArmClient();
    const group = `${production}/resourceGroups/rg-contoso-protected`;
    const own = `${group}/providers/Microsoft.KeyVault/vaults/kv-contoso-keys`;
    const remove = (path: string, version: string) => arm.send('DELETE', path, { version });
    expect(await remove(own, versions.keyVault)).toMatchObject({
      status: 409,
      body: {
        error: {
          code: 'ScopeLocked',
          message: `The scope '${own}' cannot perform delete operation because following scope(s) are locked: '${group}'. Please remove the lock and try again.`,
        },
      },
    });
    const patch = await arm.send('PATCH', own, { version: versions.keyVault, body: { tags: {} } });
    expect(patch.status).toBe(200);
    const lock = `${group}/providers/Microsoft.Authorization/locks/keep-keys`;
    expect((await remove(lock, versions.locks)).status).toBe(200);
    expect((await remove(own, versions.keyVault)).status).toBe(200);
  });

  test('a lock on a group holds no role assignment of its subscription, but those of the group', async () => {
    const arm = await createArmClient();
    const group = `${production}/resourceGroups/rg-contoso-protected`;
    const properties = {
      roleDefinitionId: `${production}/providers/Microsoft.Authorization/roleDefinitions/${roleIds.reader}`,
      principalId: arm.objectId,
      principalType: 'ServicePrincipal',
    };
    const remove = async (scope: string) => {
      const path = `${scope}/providers/Microsoft.Authorization/roleAssignments/9c1b9d0e-0000-4000-8000-000000000007`;
      expect((await arm.put(path, versions.roles, { properties })).status).toBe(201);
      return (await arm.send('DELETE', path, { version: versions.roles })).status;
    };
    expect(await remove(production)).toBe(200);
    expect(await remove(group)).toBe(409);
  });

  test('a role is not assigned at a group that does not exist', async () => {
    const arm = await createArmClient();
    const properties = {
      roleDefinitionId: `${production}/providers/Microsoft.Authorization/roleDefinitions/${roleIds.reader}`,
      principalId: arm.objectId,
      principalType: 'ServicePrincipal',
    };
    const scope = `${production}/resourceGroups/rg-of-nobody`;
    const path = `${scope}/providers/Microsoft.Authorization/roleAssignments/9c1b9d0e-0000-4000-8000-000000000008`;
    const answer = await arm.put(path, versions.roles, { properties });
    expect([answer.status, answer.body.error.code]).toEqual([404, 'ResourceGroupNotFound']);
  });

  test('a read-only lock refuses writes and the listing of keys', async () => {
    const arm = await createArmClient();
    const path = `${dataGroup}/providers/Microsoft.Storage/storageAccounts/stcontosodata`;
    const lock = `${path}/providers/Microsoft.Authorization/locks/frozen`;
    const keys = () => arm.send('POST', `${path}/listKeys`, { version: versions.storage });
    expect((await keys()).body.keys).toHaveLength(1);
    expect((await arm.put(lock, versions.locks, { properties: { level: 'ReadOnly' } })).status).toBe(201);
    expect((await keys()).body.error.code).toBe('ScopeLocked');
    const write = await arm.send('PATCH', path, { version: versions.storage, body: { tags: {} } });
    expect(write.body.error.code).toBe('ScopeLocked');
    const listed = await arm.get(`${path}/providers/Microsoft.Authorization/locks`, versions.locks);
    expect(listed.body.value.map((one: { name: string }) => one.name)).toEqual(['frozen']);
  });

  test('a policy refuses with the facts in additionalInfo', async () => {
    const arm = await createArmClient();
    const answer = await arm.put(vault, versions.keyVault, { ...body, location: 'eastus' });
    expect(answer.status).toBe(403);
    expect(answer.body.error.code).toBe('RequestDisallowedByPolicy');
    expect(answer.body.error.additionalInfo[0]).toMatchObject({
      type: 'PolicyViolation',
      info: {
        policyAssignmentName: 'allowed-locations',
        policyAssignmentDisplayName: 'Allowed locations',
        policyDefinitionEffect: 'deny',
      },
    });
    const elsewhere = vault.replace(dataGroup, `${development}/resourceGroups/rg-dev-apps`);
    expect((await arm.put(elsewhere, versions.keyVault, { ...body, location: 'eastus' })).status).toBe(201);
  });

  test('an unregistered provider is refused, registers step by step, and then works', async () => {
    const arm = await createArmClient();
    const cluster = `${dataGroup}/providers/Microsoft.Kusto/clusters/adx`;
    const put = () => arm.put(cluster, '2024-04-13', { location: 'westeurope' });
    const refused = await put();
    expect(refused).toMatchObject({
      status: 409,
      body: { error: { code: 'MissingSubscriptionRegistration', details: [{ target: 'Microsoft.Kusto' }] } },
    });
    const provider = `${production}/providers/microsoft.kusto`;
    const state = async () => (await arm.get(provider)).body.registrationState;
    expect(await state()).toBe('NotRegistered');
    const register = await arm.send('POST', `${provider}/register`);
    expect(register.body.registrationState).toBe('Registering');
    expect([await state(), await state()]).toEqual(['Registering', 'Registered']);
    expect((await put()).status).toBe(201);
  });
});

describe('reads', () => {
  test('listed resources have no properties; $expand adds times and state', async () => {
    const arm = await createArmClient();
    const plain = await arm.get(`${dataGroup}/resources`);
    for (const one of plain.body.value) expect(one.properties ?? one.createdTime).toBeUndefined();
    const expanded = await arm.get(`${dataGroup}/resources?$expand=createdTime,provisioningState`);
    expect(expanded.body.value[0]).toMatchObject({ createdTime: expect.any(String), provisioningState: 'Succeeded' });
    expect(expanded.body.value[0].changedTime).toBeUndefined();
  });

  test.each([
    ["resourceType eq 'Microsoft.Search/searchServices'", 2],
    ["resourceType eq 'microsoft.search/searchservices' and resourceGroup eq 'rg-contoso-data'", 1],
    ["substringof('contosodata', name)", 1],
    ["name eq 'kv-contoso-ml' or name eq 'kv-contoso-shop'", 2],
    ["tagName eq 'environment' and tagValue eq 'production'", 2],
  ])('$filter %s', async (filter, count) => {
    const arm = await createArmClient();
    const answer = await arm.get(`${production}/resources?$filter=${encodeURIComponent(filter)}`);
    expect(answer.body.value).toHaveLength(count);
    if (filter.startsWith('tagName')) for (const one of answer.body.value) expect(one.tags).toBeUndefined();
  });

  test('a filter that the list does not know is refused', async () => {
    const arm = await createArmClient();
    for (const filter of ["color eq 'red'", "tagName eq 'a' and name eq 'b'", 'name']) {
      const answer = await arm.get(`${production}/resources?$filter=${encodeURIComponent(filter)}`);
      expect(answer.body.error.code).toBe('InvalidFilterInQueryString');
    }
  });

  test('ids can come back in another case than they were asked for', async () => {
    const arm = await createArmClient();
    const path = `${development}/resourceGroups/rg-dev-compute/providers/Microsoft.Compute/disks/vm-build-01-os`;
    const { id } = (await arm.get(path, '2025-01-02')).body;
    expect(id).toContain('/resourceGroups/RG-DEV-COMPUTE/');
    expect(id.toLowerCase()).toBe(path.toLowerCase());
  });

  test('the five linked services are listed by type, with their addresses in the caller’s cloud', async () => {
    const arm = await createArmClient();
    const lists = await Promise.all([
      arm.get(`${production}/providers/Microsoft.Storage/storageAccounts`, versions.storage),
      arm.get(`${production}/providers/Microsoft.ServiceBus/namespaces`, versions.serviceBus),
      arm.get(`${production}/providers/Microsoft.DBforPostgreSQL/flexibleServers`, '2025-08-01'),
      arm.get(`${production}/providers/Microsoft.DocumentDB/databaseAccounts`, '2026-03-15'),
      arm.get(`${production}/providers/Microsoft.Search/searchServices`, '2025-05-01'),
    ]);
    expect(lists.map(({ body: { value } }) => value.map((one: { name: string }) => one.name))).toEqual([
      ['stcontosodata', 'stcontosoarchive', 'stcontosoweb', 'stcontosoml'],
      ['sb-contoso-orders', 'sb-contoso-legacy'],
      ['psql-contoso-app', 'psql-contoso-legacy'],
      ['cosmos-contoso-graph', 'cosmos-contoso-legacy'],
      ['srch-contoso-vectors', 'srch-contoso-legacy'],
    ]);
    expect(lists[0]?.body.value[0].properties.primaryEndpoints.blob).toBe(
      'https://stcontosodata.blob.sandbox.invalid/',
    );
  });

  test('an account from before Gremlin’s own roles says that it has none', async () => {
    const arm = await createArmClient();
    const path = (name: string, group: string) =>
      `${production}/resourceGroups/${group}/providers/Microsoft.DocumentDB/databaseAccounts/${name}/gremlinRoleAssignments`;
    expect((await arm.get(path('cosmos-contoso-graph', 'rg-contoso-data'), '2026-03-15')).body.value).toHaveLength(1);
    expect((await arm.get(path('cosmos-contoso-legacy', 'rg-contoso-legacy'), '2026-03-15')).status).toBe(400);
    // The type is newer than this version.
    expect((await arm.get(path('cosmos-contoso-graph', 'rg-contoso-data'), '2025-10-15')).body.error.code).toBe(
      'NoRegisteredProviderFound',
    );
  });
});

describe('tags', () => {
  test('they are merged, replaced and deleted at a scope', async () => {
    const arm = await createArmClient();
    const path = `${dataGroup}/providers/Microsoft.Resources/tags/default`;
    const patch = async (operation: string, tags: object) =>
      (await arm.send('PATCH', path, { body: { operation, properties: { tags } } })).body.properties?.tags;
    expect(await patch('Merge', { cost: '7' })).toEqual({
      environment: 'production',
      owner: 'data-platform',
      cost: '7',
    });
    expect(await patch('Delete', { cost: '7', owner: 'somebody else' })).toEqual({
      environment: 'production',
      owner: 'data-platform',
    });
    expect(await patch('Replace', { only: 'this' })).toEqual({ only: 'this' });
    expect(await patch('Add', {})).toBeUndefined();
    expect((await arm.send('DELETE', path)).status).toBe(200);
    expect((await arm.get(path)).body.properties.tags).toEqual({});
  });
});

describe('management groups', () => {
  test('the tree is shown with its subscriptions, and descendants as a list', async () => {
    const arm = await createArmClient();
    const path = '/providers/Microsoft.Management/managementGroups';
    const tree = await arm.get(`${path}/mg-contoso?$expand=children&$recurse=true`, '2021-04-01');
    expect(
      tree.body.properties.children.map((one: { name: string; children: { name: string }[] }) => [
        one.name,
        one.children[0]?.name,
      ]),
    ).toEqual([
      ['mg-contoso-production', production.split('/').at(-1)],
      ['mg-contoso-development', development.split('/').at(-1)],
    ]);
    const below = await arm.get(`${path}/mg-contoso/descendants`, '2021-04-01');
    expect(below.body.value).toHaveLength(4);
    const seen = await arm.get(path, '2021-04-01');
    expect(seen.body.value).toHaveLength(3);
  });
});
