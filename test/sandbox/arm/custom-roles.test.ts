import { describe, expect, test } from 'vitest';
import { seededCredentials } from '../../../src/sandbox/seed/sandbox-credentials.ts';
import { type ArmClient, createArmClient, dataGroup, development, production, versions } from './support/arm-client.ts';

const id = '9c1b9d0e-0000-4000-8000-00000000c0de';
const definitions = (scope: string) => `${scope}/providers/Microsoft.Authorization/roleDefinitions`;
const assignments = (scope: string) => `${scope}/providers/Microsoft.Authorization/roleAssignments`;
const account = `${dataGroup}/providers/Microsoft.Storage/storageAccounts/stcontosodata`;
const container = `${account}/blobServices/default/containers`;
const roles = versions.roles;

const reader = {
  roleName: 'Container Lister',
  description: 'Reads accounts and writes containers',
  type: 'CustomRole',
  assignableScopes: [production],
  permissions: [
    {
      actions: ['Microsoft.Storage/storageAccounts/read', 'Microsoft.Storage/storageAccounts/blobServices/*'],
      notActions: ['Microsoft.Storage/storageAccounts/blobServices/containers/delete'],
      dataActions: ['Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read'],
    },
    { actions: ['Microsoft.Resources/subscriptions/resourceGroups/read'] },
  ],
};

const make = (arm: ArmClient, properties: object = {}, name = id, scope = production) =>
  arm.put(`${definitions(scope)}/${name}`, roles, { properties: { ...reader, ...properties } });

/** Assigns the role to the app `tenantry-no-roles`, which has no other. */
async function assign(arm: ArmClient, scope = dataGroup, roleId = id) {
  const other = await arm.as(seededCredentials('noRoles'));
  const answer = await arm.put(`${assignments(scope)}/9c1b9d0e-0000-4000-8000-000000000abc`, roles, {
    properties: {
      roleDefinitionId: `${definitions(production)}/${roleId}`,
      principalId: other.objectId,
      principalType: 'ServicePrincipal',
    },
  });
  return { other, answer };
}

describe('a custom role', () => {
  test('is made by a PUT, read, listed by name and by type, and part of Resource Graph', async () => {
    const arm = await createArmClient();
    const made = await make(arm);
    expect(made).toMatchObject({
      status: 201,
      body: {
        id: `${definitions(production)}/${id}`,
        name: id,
        properties: { roleName: 'Container Lister', type: 'CustomRole', assignableScopes: [production] },
      },
    });
    expect(made.body.properties.permissions).toHaveLength(2);
    expect((await arm.get(`${definitions(production)}/${id}`, roles)).body).toEqual(made.body);
    const listed = async (filter: string, scope = dataGroup) => {
      const { body } = await arm.get(`${definitions(scope)}?$filter=${encodeURIComponent(filter)}`, roles);
      return body.value.map((one: { readonly name: string }) => one.name);
    };
    expect(await listed("roleName eq 'Container Lister'")).toEqual([id]);
    expect(await listed("type eq 'CustomRole'")).toEqual([id]);
    expect(await listed("type eq 'BuiltInRole'")).not.toContain(id);
    expect(await listed("type eq 'CustomRole'", development)).toEqual([]);
    const query = "authorizationresources | where type == 'microsoft.authorization/roledefinitions' | count";
    const { body } = await arm.send('POST', '/providers/Microsoft.ResourceGraph/resources', {
      version: versions.graph,
      body: { query, subscriptions: [production.split('/')[2]] },
    });
    expect(body.data).toEqual([{ Count: 25 }]);
  });

  test('counts in every check once it is assigned', async () => {
    const arm = await createArmClient();
    await make(arm);
    const { other, answer } = await assign(arm);
    expect(answer.status).toBe(201);
    expect((await other.get(account, versions.storage)).status).toBe(200);
    expect((await other.put(`${container}/made`, versions.storage, {})).status).toBe(201);
    const refused = await other.send('DELETE', `${container}/made`, { version: versions.storage });
    expect(refused.body.error.code).toBe('AuthorizationFailed');
    const { body } = await other.get(`${dataGroup}/providers/Microsoft.Authorization/permissions`, roles);
    expect(body.value).toHaveLength(2);
  });

  test('can be placed, with an assignment of it', async () => {
    const arm = await createArmClient();
    const { roleName, assignableScopes, permissions } = reader;
    arm.sandbox.placeObject('arm', 'roleDefinition', { id, roleName, assignableScopes, permissions });
    const { other } = await assign(arm);
    expect((await other.get(account, versions.storage)).status).toBe(200);
    arm.sandbox.reset();
    expect((await arm.get(`${definitions(production)}/${id}`, roles)).status).toBe(404);
    expect(() => arm.sandbox.placeObject('arm', 'roleDefinition', { id: 'x', roleName, permissions })).toThrow(/id/);
  });

  test('changes with a second PUT, for those who have it as well', async () => {
    const arm = await createArmClient();
    await make(arm);
    const { other } = await assign(arm);
    expect((await make(arm, { permissions: [{ actions: ['Microsoft.Support/*'] }] })).status).toBe(201);
    expect((await other.get(account, versions.storage)).status).toBe(403);
  });

  test('is deleted when nobody has it any more', async () => {
    const arm = await createArmClient();
    await make(arm);
    const { answer } = await assign(arm);
    const remove = () => arm.send('DELETE', `${definitions(production)}/${id}`, { version: roles });
    expect(await remove()).toMatchObject({ status: 400, body: { error: { code: 'RoleDefinitionHasAssignments' } } });
    await arm.send('DELETE', answer.body.id, { version: roles });
    expect(await remove()).toMatchObject({ status: 200, body: { name: id } });
    expect((await remove()).status).toBe(204);
  });
});

describe('refused are', () => {
  test.each([
    ['a name that is taken', { roleName: 'Reader' }, 409, 'RoleDefinitionWithSameNameExists'],
    ['no name', { roleName: '' }, 400, 'InvalidRoleDefinition'],
    ['no scope', { assignableScopes: [] }, 400, 'InvalidRoleDefinition'],
    ['the root', { assignableScopes: ['/'] }, 400, 'InvalidRoleDefinition'],
    ['no permissions', { permissions: [] }, 400, 'InvalidRoleDefinition'],
    ['permissions that are no lists', { permissions: [{ actions: 'read' }] }, 400, 'InvalidRoleDefinition'],
  ])('%s', async (_, properties, status, code) => {
    const arm = await createArmClient();
    expect(await make(arm, properties)).toMatchObject({ status, body: { error: { code } } });
  });

  test('names that are no ids, and changes to built-in roles', async () => {
    const arm = await createArmClient();
    expect((await make(arm, {}, 'lister')).body.error.code).toBe('InvalidRoleDefinitionId');
    expect((await make(arm, {}, 'acdd72a7-3385-48ef-bd42-f606fba81ae7')).status).toBe(501);
  });

  test('an assignment where the role is not assignable', async () => {
    const arm = await createArmClient();
    await make(arm);
    const { answer } = await assign(arm, development);
    expect(answer.body.error.code).toBe('RoleAssignmentScopeNotAssignableToRoleDefinition');
  });

  test('whoever may not write roles at each of the scopes', async () => {
    const arm = await createArmClient();
    const limited = await arm.as(seededCredentials('limited'));
    expect((await make(limited)).body.error.code).toBe('AuthorizationFailed');
    await make(arm, {
      permissions: [{ actions: ['Microsoft.Authorization/roleDefinitions/write'] }],
      roleName: 'Role Writer',
    });
    const { other } = await assign(arm, production);
    expect((await make(other, { assignableScopes: [production, development] }, id)).body.error.code).toBe(
      'LinkedAuthorizationFailed',
    );
  });
});
