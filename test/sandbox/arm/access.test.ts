import { describe, expect, test } from 'vitest';
import { isAllowed } from '../../../src/sandbox/arm/access/evaluate.ts';
import { roleIds } from '../../../src/sandbox/arm/access/role-definitions.ts';
import { seededCredentials } from '../../../src/sandbox/seed/sandbox-credentials.ts';
import { type ArmClient, createArmClient, dataGroup, development, production, versions } from './support/arm-client.ts';

const set = (actions: readonly string[], notActions: readonly string[] = []) => ({
  actions,
  notActions,
  dataActions: [],
  notDataActions: [],
});
const account = `${dataGroup}/providers/Microsoft.Storage/storageAccounts/stcontosodata`;
const assignment = (scope: string, id = '9c1b9d0e-0000-4000-8000-000000000001') =>
  `${scope}/providers/Microsoft.Authorization/roleAssignments/${id}`;

describe('evaluation', () => {
  test.each([
    [[set(['*'])], 'Microsoft.Storage/storageAccounts/write', true],
    [[set(['*/read'])], 'Microsoft.Storage/storageAccounts/write', false],
    [[set(['*/read'])], 'microsoft.storage/STORAGEACCOUNTS/READ', true],
    [[set(['*'], ['Microsoft.Authorization/*/Write'])], 'Microsoft.Authorization/roleAssignments/write', false],
    [
      [set(['*'], ['Microsoft.Authorization/*/Write']), set(['Microsoft.Authorization/*'])],
      'Microsoft.Authorization/roleAssignments/write',
      true,
    ],
    [[set(['Microsoft.Compute/*/read'])], 'Microsoft.Compute/virtualMachines/read', true],
    [[set(['Microsoft.Compute/virtualMachines/*'])], 'Microsoft.Compute/virtualMachines/start/action', true],
    [[set(['a*b*b'])], 'ab', false],
    [[], 'Microsoft.Storage/storageAccounts/read', false],
  ])('%j allows %s: %s', (sets, action, allowed) => {
    expect(isAllowed(sets, action)).toBe(allowed);
  });
});

describe('requests', () => {
  test('a reader reads and is refused a write with client, object, action and scope', async () => {
    const arm = await (await createArmClient()).as(seededCredentials('readOnly'));
    expect((await arm.get(account, versions.storage)).status).toBe(200);
    const answer = await arm.send('PATCH', account, { version: versions.storage, body: { tags: { a: 'b' } } });
    expect(answer.status).toBe(403);
    expect(answer.body.error).toEqual({
      code: 'AuthorizationFailed',
      message: `The client '${seededCredentials('readOnly').clientId}' with object id '${arm.objectId}' does not have authorization to perform action 'Microsoft.Storage/storageAccounts/write' over scope '${account}' or the scope is invalid. If access was recently granted, please refresh your credentials.`,
    });
  });

  test('a role at a management group counts in its subscriptions, one at a group not beside it', async () => {
    const arm = await createArmClient();
    const none = await arm.as(seededCredentials('noRoles'));
    await assign(arm, dataGroup, none.objectId, roleIds.reader);
    expect((await none.get(account, versions.storage)).status).toBe(200);
    expect((await none.get(`${production}/resourceGroups/rg-contoso-web`)).status).toBe(403);
    expect((await none.get(production)).status).toBe(200);
    const groups = await none.get(`${production}/resourcegroups`);
    expect(groups.body.value.map((one: { name: string }) => one.name)).toEqual(['rg-contoso-data']);
    // The sandbox identity is Contributor of development through its management group.
    expect((await arm.get(`${development}/resourceGroups/rg-dev-apps`)).status).toBe(200);
  });

  test('a role on one resource shows that resource in lists, and nothing else', async () => {
    const arm = await createArmClient();
    const none = await arm.as(seededCredentials('noRoles'));
    await assign(arm, account, none.objectId, roleIds.reader);
    const listed = await none.get(`${production}/resources`);
    expect(listed.body.value.map((one: { name: string }) => one.name)).toEqual(['stcontosodata']);
  });

  test('a role of a group counts for its members, groups in groups included', async () => {
    const arm = await createArmClient();
    const none = await arm.as(seededCredentials('noRoles'));
    const groups = await Promise.all(['outer', 'inner'].map((name) => placeGroup(arm, name)));
    const [outer = '', inner = ''] = groups;
    arm.sandbox.placeObject('graph', 'link', { relation: 'group.members', from: outer, to: inner });
    arm.sandbox.placeObject('graph', 'link', { relation: 'group.members', from: inner, to: none.objectId });
    expect((await none.get(account, versions.storage)).status).toBe(403);
    await assign(arm, production, outer, roleIds.reader);
    expect((await none.get(account, versions.storage)).status).toBe(200);
    const own = await arm.get(
      `${dataGroup}/providers/Microsoft.Authorization/roleAssignments?$filter=assignedTo('${none.objectId}')`,
      versions.roles,
    );
    expect(own.body.value).toHaveLength(1);
  });

  test('permissions are those of the caller', async () => {
    const arm = await createArmClient();
    const path = `${dataGroup}/providers/Microsoft.Authorization/permissions`;
    const limited = await (await arm.as(seededCredentials('limited'))).get(path, versions.roles);
    expect(limited.body.value).toEqual([{ actions: ['*/read'], notActions: [], dataActions: [], notDataActions: [] }]);
    expect((await (await arm.as(seededCredentials('noRoles'))).get(path, versions.roles)).body.value).toEqual([]);
  });
});

describe('role assignments', () => {
  test('the filters say which ones: at the scope, of a principal', async () => {
    const arm = await createArmClient();
    const limited = await arm.as(seededCredentials('limited'));
    const count = async (filter: string) => {
      const path = `${production}/providers/Microsoft.Authorization/roleAssignments${filter && `?$filter=${filter}`}`;
      return (await arm.get(path, versions.roles)).body.value.length;
    };
    expect(await count(`principalId eq '${limited.objectId}'`)).toBe(3);
    expect(await count(`atScope() and assignedTo('${limited.objectId}')`)).toBe(1);
    expect(await count('')).toBeGreaterThan(await count('atScope()'));
    const refused = await arm.get(
      `${production}/providers/Microsoft.Authorization/roleAssignments?$filter=x eq 'y'`,
      versions.roles,
    );
    expect(refused.body.error.code).toBe('UnsupportedQuery');
  });

  test('creating is 201, repeating 200, the same under another name 409, another one under the same name 403', async () => {
    const arm = await createArmClient();
    const { objectId } = await arm.as(seededCredentials('limited'));
    const body = assignmentBody(objectId, roleIds.blobReader);
    const put = (path: string, content: unknown) => arm.put(path, versions.roles, content);
    const first = await put(assignment(account), body);
    expect(first).toMatchObject({
      status: 201,
      body: { properties: { scope: account, principalType: 'ServicePrincipal' } },
    });
    expect((await put(assignment(account), body)).status).toBe(200);
    const twice = await put(assignment(account, '9c1b9d0e-0000-4000-8000-000000000002'), body);
    expect(twice).toMatchObject({ status: 409, body: { error: { code: 'RoleAssignmentExists' } } });
    const changed = await put(assignment(account), assignmentBody(objectId, roleIds.reader));
    expect(changed).toMatchObject({ status: 403, body: { error: { code: 'RoleAssignmentUpdateNotPermitted' } } });
    const removed = await arm.send('DELETE', assignment(account), { version: versions.roles });
    const again = await arm.send('DELETE', assignment(account), { version: versions.roles });
    expect([removed.status, removed.body.name, again.status]).toEqual([
      200,
      '9c1b9d0e-0000-4000-8000-000000000001',
      204,
    ]);
  });

  test('a principal of a moment ago is found only when its type is said', async () => {
    const arm = await createArmClient();
    const fresh = await placeGroup(arm, 'fresh', '2026-01-15T09:59:30Z');
    const untyped = { properties: { roleDefinitionId: `/x/${roleIds.reader}`, principalId: fresh } };
    const put = (body: unknown) => arm.put(assignment(dataGroup), versions.roles, body);
    expect((await put(untyped)).body.error.code).toBe('PrincipalNotFound');
    arm.sandbox.advance(100);
    expect(await put(untyped)).toMatchObject({ status: 201, body: { properties: { principalType: 'Group' } } });
    const unknown = assignmentBody('11111111-2222-4333-8444-555555555555', roleIds.reader);
    expect((await arm.put(assignment(account), versions.roles, unknown)).status).toBe(201);
  });

  test('a contributor does not assign roles; wrong names and roles are told', async () => {
    const arm = await createArmClient();
    const limited = await arm.as(seededCredentials('limited'));
    await assign(arm, dataGroup, limited.objectId, roleIds.contributor);
    const body = assignmentBody(limited.objectId, roleIds.blobReader);
    const refused = await limited.put(assignment(account), versions.roles, body);
    expect(refused.body.error.message).toContain('Microsoft.Authorization/roleAssignments/write');
    const name = await arm.put(assignment(account, 'mine'), versions.roles, body);
    expect(name.body.error.code).toBe('InvalidRoleAssignmentId');
    const role = await arm.put(
      assignment(account),
      versions.roles,
      assignmentBody(limited.objectId, 'ffffffff-0000-4000-8000-000000000000'),
    );
    expect(role.body.error.code).toBe('RoleDefinitionDoesNotExist');
  });

  test('role definitions are found by name', async () => {
    const arm = await createArmClient();
    const answer = await arm.get(
      `${production}/providers/Microsoft.Authorization/roleDefinitions?$filter=roleName eq 'Storage Blob Data Contributor'`,
      versions.roles,
    );
    expect(answer.body.value).toHaveLength(1);
    expect(answer.body.value[0]).toMatchObject({ name: roleIds.blobContributor, properties: { type: 'BuiltInRole' } });
  });
});

function assignmentBody(principalId: string, roleId: string) {
  const roleDefinitionId = `${production}/providers/Microsoft.Authorization/roleDefinitions/${roleId}`;
  return { properties: { roleDefinitionId, principalId, principalType: 'ServicePrincipal' } };
}

async function assign(arm: ArmClient, scope: string, principalId: string, roleId: string): Promise<void> {
  const answer = await arm.put(assignment(scope), versions.roles, assignmentBody(principalId, roleId));
  expect(answer.status).toBe(201);
}

async function placeGroup(arm: ArmClient, name: string, createdDateTime = '2025-01-01T00:00:00Z'): Promise<string> {
  const id = `00000000-0000-4000-9000-${Buffer.from(name.padEnd(6, '0')).toString('hex')}`;
  arm.sandbox.placeObject('graph', 'group', { id, displayName: name, createdDateTime });
  return id;
}
