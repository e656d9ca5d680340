import { describe, expect, test } from 'vitest';
import { buildChecklist } from '../../../../src/core/connections/checklist/build-checklist.ts';
import { graphAppRoleIds } from '../../../../src/core/connections/checklist/graph-steps.ts';
import { graphRoleNeeds } from '../../../../src/core/connections/checks/graph-roles.ts';
import {
  authTypes,
  type ConnectionRecord,
  connectionScopes,
  scopeLevels,
} from '../../../../src/core/record/connection.ts';
import { graphAppRoles } from '../../../../src/sandbox/seed/graph-permissions.ts';
import { clientId, tenantId, testRecord } from '../support.ts';

const subscription_id = '44444444-4444-4444-8444-444444444444';
const identity = { tenant_id: tenantId, client_id: clientId, subscription_id };

function commandsOf(step: string, overrides: Partial<ConnectionRecord> = {}): readonly string[] {
  const { steps } = buildChecklist(testRecord({ status: 'pending', identity, scopes: ['directory'], ...overrides }));
  return steps.filter((one) => one.step === step).flatMap(({ commands = [] }) => commands);
}

describe('Graph permissions', () => {
  test('a read-only connection asks for those that read, by the ids of the published roles, and for consent', () => {
    expect(commandsOf('graph_permissions')).toEqual([
      `az ad app permission add --id ${clientId} --api 00000003-0000-0000-c000-000000000000 --api-permissions df021288-bdef-4463-88db-98f22de89214=Role 98830695-27a2-44f7-8c18-0c3ebc9698f6=Role e2f98668-2877-4f38-a2f4-8202e0717aa1=Role`,
      `az ad app permission admin-consent --id ${clientId}`,
    ]);
  });

  test('one that writes asks for the fewest that cover reading too', () => {
    const { steps } = buildChecklist(testRecord({ access: 'read_write', scopes: ['directory'] }));
    expect(steps.find(({ step }) => step === 'graph_permissions')?.detail).toBe(
      'User.ReadWrite.All to read users and change users, Group.ReadWrite.All to read groups and members and change groups, LicenseAssignment.ReadWrite.All to read licences and assign licences.',
    );
  });

  test('every permission that is asked for has the id that Microsoft publishes', () => {
    const published = new Map(graphAppRoles.map(([value, id]) => [value, id]));
    const asked = new Set(graphRoleNeeds.map(({ anyOf: [least] }) => least));
    expect(Object.keys(graphAppRoleIds).sort()).toEqual([...asked].sort());
    for (const [name, id] of Object.entries(graphAppRoleIds)) expect([name, published.get(name)]).toEqual([name, id]);
  });

  test('people get delegated permissions, whose ids the tenant is asked for', () => {
    const commands = commandsOf('graph_permissions', { auth_type: 'device_code' });
    expect(commands[0]).toContain("oauth2PermissionScopes[?value=='User.Read.All']");
    expect(commands[0]).toContain('=Scope');
  });
});

describe('Azure roles', () => {
  const roles = {
    resources: ['Reader', 'Contributor'],
    storage: ['Storage Blob Data Reader', 'Storage Blob Data Contributor'],
    broker: ['Azure Service Bus Data Receiver', 'Azure Service Bus Data Owner'],
    ml: ['Reader', 'AzureML Data Scientist'],
  } as const;

  test.each(Object.entries(roles))('%s asks for %j', (scope, [reading, writing]) => {
    const found = connectionScopes.filter((one) => one === scope);
    expect(commandsOf(`role_${scope}`, { scopes: found }).join()).toContain(`--role "${reading}"`);
    expect(commandsOf(`role_${scope}`, { scopes: found, access: 'read_write' }).join()).toContain(
      `--role "${writing}"`,
    );
  });

  test('a person is assigned as a user', () => {
    expect(commandsOf('role_storage', { scopes: ['storage'], auth_type: 'azure_cli' }).join()).toContain(
      '--assignee-object-id $(az ad signed-in-user show --query id --output tsv) --assignee-principal-type User',
    );
  });
});

describe('the credential', () => {
  test.each([
    ['azure', 'credential', 'az ad app credential reset'],
    ['certificate', 'credential', '--cert "@cert.pem"'],
    ['workload_identity', 'credential', '"audiences":["api://AzureADTokenExchange"]'],
    ['bearer', 'credential', 'az account get-access-token --resource-type ms-graph'],
    ['device_code', 'sign_in', '--is-fallback-public-client true'],
    ['azure_cli', 'sign_in', `az login --tenant ${tenantId}`],
    ['managed_identity', 'sign_in', 'az vm identity assign'],
  ] as const)('%s: %s names %s', (auth_type, step, command) => {
    expect(commandsOf(step, { auth_type }).join('\n')).toContain(command);
  });

  test('another cloud is chosen first', () => {
    expect(commandsOf('app_registration', { cloud: 'usgov', identity: {} })[0]).toBe(
      'az cloud set --name AzureUSGovernment',
    );
    expect(commandsOf('credential', { cloud: 'china', auth_type: 'workload_identity' }).join()).toContain(
      'api://AzureADTokenExchangeChina',
    );
  });
});

test('every kind of sign-in and every scope level has a next step with a command, a portal path or words', () => {
  for (const auth_type of authTypes) {
    for (const scope_level of scopeLevels) {
      const record = testRecord({ auth_type, scope_level, status: 'pending', identity: {}, scopes: connectionScopes });
      const { steps } = buildChecklist(record);
      expect(steps.length).toBeGreaterThan(8);
      for (const { state, commands, how, portal, title } of steps) {
        expect(state === 'done' || commands || how || portal, `${auth_type}: ${title}`).toBeTruthy();
      }
    }
  }
});
