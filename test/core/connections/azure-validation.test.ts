import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { localCaller } from '../../../src/core/base/caller.ts';
import { seededCredentials } from '../../../src/sandbox/seed/sandbox-credentials.ts';
import { testCall } from '../../support/call.ts';
import { openSandboxTools, type SandboxTools } from '../../support/sandbox-tools.ts';

const scopes = ['storage', 'broker', 'database', 'graph', 'vector'];
let tools: SandboxTools;

beforeEach(async () => {
  tools = await openSandboxTools({ users: 1 });
});

afterEach(() => tools.close());

type App = 'sandbox' | Parameters<typeof seededCredentials>[0];

/** Creates the connection `app` of a seeded app, and validates it. */
async function validate(app: App, extra: Record<string, unknown> = {}, identity: Record<string, unknown> = {}) {
  const { tenantId, subscriptionId, clientId, clientSecret } =
    app === 'sandbox' ? tools.sandbox.credentials : seededCredentials(app);
  await tools.call('create_connection', { name: 'app', cloud: 'sandbox', scopes, access: 'read_write', ...extra });
  await tools.call('complete_connection', {
    connection: 'app',
    tenant_id: tenantId,
    subscription_id: subscriptionId,
    client_id: clientId,
    client_secret: clientSecret,
    ...identity,
  });
  return repeat();
}

async function repeat() {
  // The tool shortens what passes; these tests read all of it.
  const { health, checks } = await tools.runtime.connections.validate('app', undefined, localCaller, testCall());
  const find = (check: string) => checks.find((one) => one.check === check);
  return { health, checks, find };
}

describe('the seeded identities', () => {
  test('the one with all roles passes where its services can be used', async () => {
    const { find } = await validate('sandbox');
    for (const name of ['subscription', 'role_assignments.discovery', 'role_assignments.storage']) {
      expect(find(name)).toMatchObject({ status: 'pass' });
    }
    expect(find('role_assignments.broker')).toMatchObject({ status: 'pass' });
    expect(find('role_assignments.vector_data')).toMatchObject({ status: 'pass' });
    expect(find('role_assignments.vector_service')).toMatchObject({ status: 'pass' });
    for (const name of ['blob.stcontosodata', 'servicebus.sb-contoso-orders', 'azure-search.srch-contoso-vectors']) {
      expect(find(`data_plane.${name}`)).toMatchObject({ status: 'pass' });
    }
  });

  test('what is switched off beside it is a warning with the setting to change', async () => {
    const { find, health } = await validate('sandbox', { scopes: ['storage', 'vector'] });
    expect(find('data_plane.blob.stcontosoarchive')).toMatchObject({ status: 'warn', hint: expect.any(String) });
    expect(find('data_plane.azure-search.srch-contoso-legacy')).toMatchObject({ status: 'warn' });
    expect(health).toBe('degraded');
  });

  test('the one that lacks the roles fails, and every line carries the command', async () => {
    const { find, health, checks } = await validate('limited');
    expect(health).toBe('failing');
    expect(find('subscription')).toMatchObject({ status: 'pass' });
    expect(find('role_assignments.discovery')).toMatchObject({ status: 'pass' });
    for (const need of ['storage', 'broker', 'vector_data', 'vector_service']) {
      expect(find(`role_assignments.${need}`)).toMatchObject({
        status: 'fail',
        hint: expect.stringMatching(/az role assignment create .*--scope \/subscriptions\/[0-9a-f-]+`$/),
      });
    }
    expect(checks.filter(({ status, hint }) => status === 'fail' && hint === undefined)).toEqual([]);
  });

  test('one without any role is told so once', async () => {
    const { find } = await validate('noRoles');
    expect(find('subscription')).toMatchObject({ status: 'fail', hint: expect.stringContaining('--scope') });
    expect(find('role_assignments')).toMatchObject({ status: 'fail', hint: expect.stringContaining('Reader') });
  });

  test('roles of a management group are inherited', async () => {
    const { find } = await validate('readOnly', { scopes: ['resources'], access: 'read_only' });
    expect(find('role_assignments.resources')).toMatchObject({
      status: 'pass',
      detail: expect.stringContaining('inherited from `/providers/Microsoft.Management/managementGroups/mg-contoso`'),
    });
  });
});

describe('a role that is assigned during the setup', () => {
  test('is first missing, then not effective yet, then there', async () => {
    tools.sandbox.placeObject('arm', 'rolePropagation', { seconds: 300 });
    const name = 'data_plane.blob.stcontosoweb';
    const before = await validate('limited', { scopes: ['storage'] });
    expect(before.find(name)?.detail).toContain('AuthorizationPermissionMismatch');
    const hint = before.find('role_assignments.storage')?.hint ?? '';
    const [, role = '', principalId = '', scope = ''] =
      /--role (\S+) --assignee-object-id (\S+) .*--scope (\S+)`$/.exec(hint) ?? [];
    const { isError } = await tools.call('arm_write', {
      method: 'PUT',
      path: `${scope}/providers/Microsoft.Authorization/roleAssignments/00000000-0000-4000-8000-000000000001`,
      body: {
        properties: {
          roleDefinitionId: `${scope}/providers/Microsoft.Authorization/roleDefinitions/${role}`,
          principalId,
          principalType: 'ServicePrincipal',
        },
      },
    });
    expect(isError).toBe(false);
    const soon = await repeat();
    expect(soon.find('role_assignments.storage')).toMatchObject({ status: 'pass' });
    expect(soon.find(name)).toMatchObject({ status: 'warn', detail: expect.stringContaining('not effective yet') });
    expect(soon.health).toBe('degraded');
    tools.sandbox.advance(300);
    expect((await repeat()).find(name)).toMatchObject({ status: 'pass' });
  });
});

describe('other places', () => {
  test('a subscription that does not exist', async () => {
    const { find } = await validate('sandbox', {}, { subscription_id: '00000000-0000-4000-8000-00000000dead' });
    expect(find('subscription')).toMatchObject({ status: 'fail', hint: expect.stringContaining('az account list') });
  });

  test('a management group', async () => {
    const { find } = await validate(
      'sandbox',
      { scopes: ['resources'], scope_level: 'management_group' },
      { management_group_id: 'mg-contoso-development' },
    );
    expect(find('subscription')).toMatchObject({ status: 'pass' });
    expect(find('role_assignments.resources')).toMatchObject({ status: 'pass' });
  });

  test.each([
    ['mlw-contoso-research', 'pass'],
    ['mlw-nobody', 'fail'],
  ])('the workspace %s: %s', async (workspace_name, status) => {
    const { find } = await validate(
      'sandbox',
      { scopes: ['ml'], scope_level: 'ml_workspace' },
      { resource_group: 'rg-contoso-ml', workspace_name },
    );
    expect(find('subscription')).toMatchObject({ status });
  });
});
