import { describe, expect, test } from 'vitest';
import { azureRoles, dataRoles } from '../../../../src/core/apis/arm/built-in-roles.ts';
import { roleAssignmentsCheck } from '../../../../src/core/connections/checks/role-assignments.ts';
import {
  type Assigned,
  assignment,
  assignmentsAt,
  objectId,
  type Script,
  scriptedAzure,
  subscription,
  subscriptionId,
} from './scripted-azure.ts';

const { contributor, owner, reader, mlDataScientist } = azureRoles;

/** Runs the check for an identity with these assignments. */
async function check(assigned: readonly Assigned[], script: Script = {}) {
  const { context, seen } = await scriptedAzure({
    answers: { [assignmentsAt(subscription)]: { body: { value: assigned.map(assignment) } } },
    ...script,
  });
  return { lines: await roleAssignmentsCheck.run(context), seen };
}

describe('resources', () => {
  test.each([
    ['Contributor', [contributor.id], 'read_write', 'pass'],
    ['Owner', [owner.id], 'read_write', 'pass'],
    ['Reader, for reading', [reader.id], 'read_only', 'pass'],
    ['Reader, for writing', [reader.id], 'read_write', 'fail'],
    ['nothing', [], 'read_only', 'fail'],
    ['a data role only', [dataRoles.blobOwner.id], 'read_write', 'fail'],
    ['an unknown role', ['00000000-0000-0000-0000-00000000c0de'], 'read_write', 'warn'],
  ] as const)('%s', async (_name, roleIds, access, status) => {
    const { lines } = await check(
      roleIds.map((roleId) => ({ roleId })),
      { record: { access } },
    );
    expect(lines).toMatchObject([{ check: 'role_assignments.resources', status }]);
    expect(lines[0]?.hint === undefined).toBe(status === 'pass');
  });

  test('the hint is the command that assigns the role to the identity of the token', async () => {
    const { lines } = await check([], { record: { access: 'read_write' } });
    expect(lines[0]?.hint).toBe(
      `Assign Contributor: \`az role assignment create --role ${contributor.id} --assignee-object-id ${objectId} --assignee-principal-type ServicePrincipal --scope ${subscription}\``,
    );
  });

  test('a connection that only reads is asked for the role that reads', async () => {
    const { lines } = await check([], { record: { access: 'read_only' } });
    expect(lines[0]?.hint).toContain(`Assign Reader: \`az role assignment create --role ${reader.id} `);
  });

  test('for a person the command says User', async () => {
    const { lines } = await check([], { claims: { scp: 'user_impersonation' } });
    expect(lines[0]?.hint).toContain('--assignee-principal-type User');
  });

  test.each([
    ['a management group', '/providers/Microsoft.Management/managementGroups/mg'],
    ['the tenant', '/'],
    ['another spelling', subscription.toUpperCase()],
  ])('an assignment at %s is inherited', async (_name, scope) => {
    const { lines } = await check([{ roleId: contributor.id, scope }]);
    expect(lines).toMatchObject([{ status: 'pass' }]);
  });

  test('an assignment of a group counts, and says so', async () => {
    const { lines } = await check([{ roleId: contributor.id, principalId: 'a-group' }]);
    expect(lines).toMatchObject([{ status: 'pass', detail: expect.stringContaining('through the group `a-group`') }]);
  });

  test('an assignment below the scope does not make it whole', async () => {
    const { lines } = await check([{ roleId: contributor.id, scope: `${subscription}/resourceGroups/rg` }]);
    expect(lines).toMatchObject([{ status: 'warn', detail: expect.stringContaining('/resourceGroups/rg` only') }]);
  });

  test.each([
    ['read_only', 'warn'],
    ['read_write', 'fail'],
  ] as const)('a reading role below it, for %s: %s', async (access, status) => {
    const { lines } = await check([{ roleId: reader.id, scope: `${subscription}/resourceGroups/rg` }], {
      record: { access },
    });
    expect(lines).toMatchObject([{ status, detail: expect.stringContaining('Reader at ') }]);
  });

  test('a subscription whose id begins alike is another one', async () => {
    const { lines } = await check([{ roleId: contributor.id, scope: `${subscription}0` }]);
    expect(lines).not.toMatchObject([{ status: 'pass' }]);
  });

  test('an assignment with a condition is a warning, unless another one has none', async () => {
    const conditional = { roleId: contributor.id, condition: '@Resource…' };
    expect((await check([conditional])).lines).toMatchObject([{ status: 'warn' }]);
    expect((await check([conditional, { roleId: owner.id }])).lines).toMatchObject([{ status: 'pass' }]);
  });
});

describe('data', () => {
  const { blobContributor, blobOwner, blobReader, serviceBusOwner, serviceBusReceiver } = dataRoles;
  const { searchIndexContributor, searchIndexReader, searchService } = dataRoles;

  test.each([
    ['storage', [reader, blobContributor], { discovery: 'pass', storage: 'pass' }],
    ['storage', [reader, blobOwner], { discovery: 'pass', storage: 'pass' }],
    ['storage', [owner], { discovery: 'pass', storage: 'fail' }],
    ['storage', [reader, blobReader], { discovery: 'pass', storage: 'fail' }],
    ['broker', [contributor, serviceBusOwner], { discovery: 'pass', broker: 'pass' }],
    ['broker', [serviceBusReceiver], { discovery: 'fail', broker: 'fail' }],
    [
      'vector',
      [searchService, searchIndexContributor, reader],
      { discovery: 'pass', vector_data: 'pass', vector_service: 'pass' },
    ],
    ['vector', [contributor, searchIndexReader], { discovery: 'pass', vector_data: 'fail', vector_service: 'pass' }],
    ['database', [reader], { discovery: 'pass', database: 'skip' }],
    ['graph', [reader], { discovery: 'pass', graph: 'skip' }],
  ] as const)('%s with %o', async (scope, roles, expected) => {
    const { lines } = await check(
      roles.map(({ id }) => ({ roleId: id })),
      { record: { scopes: [scope], access: 'read_write' } },
    );
    const byName = lines.map(({ check: name, status }) => [name.replace('role_assignments.', ''), status]);
    expect(Object.fromEntries(byName)).toEqual(expected);
  });

  test('a reading role is enough for a read-only connection', async () => {
    const { lines } = await check([{ roleId: blobReader.id }, { roleId: reader.id }], {
      record: { scopes: ['storage'], access: 'read_only' },
    });
    expect(lines).toMatchObject([{ status: 'pass' }, { status: 'pass' }]);
  });

  test('a role that sends is not enough for a connection that receives', async () => {
    const { lines } = await check([{ roleId: dataRoles.serviceBusSender.id }, { roleId: reader.id }], {
      record: { scopes: ['broker'], access: 'read_only' },
    });
    expect(lines).toMatchObject([{ status: 'pass' }, { status: 'warn' }]);
  });

  test('who manages resources is not asked for Reader as well', async () => {
    const { lines } = await check([{ roleId: contributor.id }], { record: { scopes: ['resources', 'storage'] } });
    expect(lines.map(({ check: name }) => name)).toEqual(['role_assignments.resources', 'role_assignments.storage']);
  });
});

describe('where it looks', () => {
  const identity = { subscription_id: subscriptionId, resource_group: 'rg', workspace_name: 'mlw' };
  const group = `${subscription}/resourceGroups/rg`;
  const workspace = `${group}/providers/Microsoft.MachineLearningServices/workspaces/mlw`;

  test('a workspace has its own assignments; its data is in its resource group', async () => {
    const { lines } = await check([], {
      record: { scopes: ['ml', 'storage'], scope_level: 'ml_workspace', identity },
      answers: {
        [assignmentsAt(group)]: { body: { value: [assignment({ roleId: dataRoles.blobOwner.id, scope: group })] } },
        [assignmentsAt(workspace)]: { body: { value: [assignment({ roleId: mlDataScientist.id, scope: workspace })] } },
      },
    });
    expect(lines).toMatchObject([
      { check: 'role_assignments.discovery', status: 'fail' },
      { check: 'role_assignments.ml', status: 'pass' },
      { check: 'role_assignments.storage', status: 'pass' },
    ]);
    expect(lines[0]?.hint).toContain(`--scope ${group}`);
  });

  test('a management group', async () => {
    const scope = '/providers/Microsoft.Management/managementGroups/mg';
    const { lines } = await check([], {
      record: { scope_level: 'management_group', identity: { management_group_id: 'mg' } },
      answers: { [assignmentsAt(scope)]: { body: { value: [assignment({ roleId: contributor.id, scope })] } } },
    });
    expect(lines).toMatchObject([{ status: 'pass' }]);
  });

  test('all pages are read, also of a connection that limits its lists', async () => {
    const nextLink = 'https://management.lab.example/next?page=2';
    const { lines, seen } = await check([], {
      record: { settings: { max_items: 1, max_pages: 1 } },
      answers: {
        [assignmentsAt(subscription)]: { body: { value: [assignment({ roleId: reader.id })], nextLink } },
        '/next?page=2': { body: { value: [assignment({ roleId: contributor.id })] } },
      },
    });
    expect(lines).toMatchObject([{ status: 'pass' }]);
    expect(seen).toHaveLength(2);
  });

  test.each([
    [403, 'AuthorizationFailed'],
    [404, 'SubscriptionNotFound'],
  ])('%i is one line with the first command', async (status, code) => {
    const body = { error: { code, message: 'no' } };
    const { lines } = await check([], {
      record: { scopes: ['storage'] },
      answers: { [assignmentsAt(subscription)]: { status, body } },
    });
    expect(lines).toMatchObject([
      { check: 'role_assignments', status: 'fail', hint: expect.stringContaining(reader.id) },
    ]);
  });

  test.each([
    ['no token', { withoutToken: true }],
    ['no subscription', { record: { identity: {} } }],
    ['an opaque identity', { claims: { oid: undefined } }],
  ] as const)('%s: skipped without a request', async (_name, script) => {
    const { lines, seen } = await check([], script);
    expect(lines).toMatchObject([{ check: 'role_assignments', status: 'skip' }]);
    expect(seen).toEqual([]);
  });

  test('does not arise without a scope of Azure', async () => {
    expect((await check([], { record: { scopes: ['directory'] } })).lines).toEqual([]);
  });
});
