import { AuthorizationManagementClient } from '@azure/arm-authorization';
import { AzureMachineLearningWorkspaces } from '@azure/arm-machinelearning';
import { ResourceGraphClient } from '@azure/arm-resourcegraph';
import { ResourceManagementClient } from '@azure/arm-resources';
import { StorageManagementClient } from '@azure/arm-storage';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { allOf, openStrangeTenant, type StrangeTenant } from './support/strange-tenant.ts';

let tenant: StrangeTenant;
let subscription: string;

beforeAll(async () => {
  tenant = await openStrangeTenant('--users', '12');
  subscription = tenant.credentials.subscription_id;
});
afterAll(() => tenant?.close());

const storageType = 'Microsoft.Storage/storageAccounts';
const account = { location: 'westeurope', kind: 'StorageV2', sku: { name: 'Standard_LRS' } };
const fast = { updateIntervalInMs: 1 };

describe('@azure/arm-resources', () => {
  let client: ResourceManagementClient;
  beforeAll(() => {
    client = new ResourceManagementClient(tenant.credential, subscription, tenant.arm);
  });

  test('lists resource groups, resources by their type, and providers', async () => {
    expect((await allOf(client.resourceGroups.list())).map(({ name }) => name)).toContain('rg-contoso-data');
    const accounts = await allOf(client.resources.list({ filter: `resourceType eq '${storageType}'` }));
    expect(accounts.map(({ name }) => name)).toContain('stcontosodata');
    expect(new Set(accounts.map(({ type }) => type))).toEqual(new Set([storageType]));
    expect(await client.providers.get('Microsoft.Storage')).toMatchObject({ registrationState: 'Registered' });
    expect((await allOf(client.providers.list())).length).toBeGreaterThan(20);
  });

  test('works with the scope that it asks for by itself', async () => {
    const { endpoint } = tenant.arm;
    const plain = new ResourceManagementClient(tenant.credential, subscription, { endpoint });
    expect(await plain.resourceGroups.get('rg-contoso-data')).toMatchObject({ location: 'westeurope' });
  });

  test('makes a group and a resource in it, tags the group, and deletes both', async () => {
    await client.resourceGroups.createOrUpdate('rg-client', { location: 'westeurope', tags: { a: 'b' } });
    expect(await client.resourceGroups.update('rg-client', { tags: { c: 'd' } })).toMatchObject({ tags: { c: 'd' } });
    const group = `subscriptions/${subscription}/resourceGroups/rg-client`;
    const id = `/${group}/providers/${storageType}/stclientone`;
    const made = await client.resources.createOrUpdateById(id, '2025-06-01', { ...account, properties: {} }, fast);
    expect(made).toMatchObject({ name: 'stclientone', properties: { provisioningState: 'Succeeded' } });
    expect((await client.tagsOperations.getAtScope(group)).properties).toEqual({ tags: { c: 'd' } });
    expect(await client.resources.checkExistenceById(id, '2025-06-01')).toEqual({ body: true });
    await client.resources.deleteById(id, '2025-06-01', fast);
    await client.resourceGroups.delete('rg-client', fast);
    expect(await client.resourceGroups.checkExistence('rg-client')).toEqual({ body: false });
  });
});

describe('@azure/arm-authorization', () => {
  let client: AuthorizationManagementClient;
  beforeAll(() => {
    client = new AuthorizationManagementClient(tenant.credential, subscription, tenant.arm);
  });

  test('lists definitions, assignments and the own permissions', async () => {
    const scope = `/subscriptions/${subscription}`;
    const definitions = await allOf(client.roleDefinitions.list(scope, { filter: "roleName eq 'Reader'" }));
    expect(definitions).toMatchObject([{ roleName: 'Reader', roleType: 'BuiltInRole' }]);
    const assigned = (await allOf(client.roleAssignments.listForSubscription())).map(({ scope }) => scope);
    expect(assigned).toContain(scope);
    const permissions = await allOf(client.permissions.listForResourceGroup('rg-contoso-data'));
    expect(permissions.flatMap(({ actions }) => actions)).toContain('*');
  });

  test('makes a custom role, assigns it, and deletes both', async () => {
    const scope = `/subscriptions/${subscription}`;
    const [roleId, name] = ['9c1b9d0e-0000-4000-8000-0000000000aa', '9c1b9d0e-0000-4000-8000-0000000000ab'];
    const role = await client.roleDefinitions.createOrUpdate(scope, roleId, {
      roleName: 'Account Lister',
      roleType: 'CustomRole',
      assignableScopes: [scope],
      permissions: [{ actions: ['Microsoft.Storage/storageAccounts/read'] }],
    });
    const filter = "type eq 'CustomRole'";
    expect((await allOf(client.roleDefinitions.list(scope, { filter }))).map(({ id }) => id)).toEqual([role.id]);
    const principal = await tenant.graph('GET', "/servicePrincipals?$filter=displayName eq 'tenantry-no-roles'");
    await client.roleAssignments.create(scope, name, {
      roleDefinitionId: role.id ?? '',
      principalId: (principal['value'] as readonly { readonly id: string }[])[0]?.id ?? '',
      principalType: 'ServicePrincipal',
    });
    await expect(client.roleDefinitions.delete(scope, roleId)).rejects.toMatchObject({
      code: 'RoleDefinitionHasAssignments',
    });
    await client.roleAssignments.delete(scope, name);
    expect(await client.roleDefinitions.delete(scope, roleId)).toMatchObject({ roleName: 'Account Lister' });
  });
});

describe('@azure/arm-resourcegraph', () => {
  test('asks a query and pages through its rows', async () => {
    const client = new ResourceGraphClient(tenant.credential, tenant.arm);
    const query = 'resources | project id, name | order by id asc';
    const ask = (options: object) => client.resources({ query, subscriptions: [subscription], options });
    const first = await ask({ top: 5 });
    expect(first).toMatchObject({ count: 5, resultTruncated: 'false' });
    const second = await ask({ top: 5, skipToken: first.skipToken });
    const names = [first, second].flatMap(({ data }) => data.map(({ name }: { readonly name: string }) => name));
    expect(new Set(names).size).toBe(10);
  });
});

describe('@azure/arm-storage', () => {
  test('lists accounts, makes one with a container, and deletes it, all in its own version', async () => {
    const client = new StorageManagementClient(tenant.credential, subscription, tenant.arm);
    expect((await allOf(client.storageAccounts.list())).map(({ name }) => name)).toContain('stcontosodata');
    const made = await client.storageAccounts.create('rg-contoso-data', 'stclienttwo', account, fast);
    expect(made).toMatchObject({ provisioningState: 'Succeeded', primaryLocation: 'westeurope' });
    await client.blobContainers.create('rg-contoso-data', 'stclienttwo', 'photos', {});
    const containers = await allOf(client.blobContainers.list('rg-contoso-data', 'stclienttwo'));
    expect(containers.map(({ name }) => name)).toEqual(['photos']);
    await client.storageAccounts.delete('rg-contoso-data', 'stclienttwo');
    await expect(client.storageAccounts.getProperties('rg-contoso-data', 'stclienttwo')).rejects.toMatchObject({
      code: 'ResourceNotFound',
    });
  });
});

describe('@azure/arm-machinelearning', () => {
  test('lists workspaces and their connections, makes one and reads it, all in its own version', async () => {
    const client = new AzureMachineLearningWorkspaces(tenant.credential, subscription, tenant.arm);
    expect((await allOf(client.workspaces.listBySubscription())).map(({ name }) => name)).toContain(
      'mlw-contoso-research',
    );
    const at = ['rg-contoso-ml', 'mlw-contoso-research'] as const;
    expect((await allOf(client.workspaceConnections.list(...at))).length).toBeGreaterThan(3);
    const properties = { authType: 'PAT', category: 'Git', target: 'https://github.com/contoso/models' } as const;
    await client.workspaceConnections.create(...at, 'from-client', {
      properties: { ...properties, credentials: { pat: 'ghp_sandbox' } },
    });
    const { properties: read } = await client.workspaceConnections.get(...at, 'from-client');
    expect(read).toMatchObject(properties);
    expect(JSON.stringify(read)).not.toContain('ghp_sandbox');
    await client.workspaceConnections.delete(...at, 'from-client');
  });
});
