import type { AuthType, ConnectionRecord } from '../../record/connection.ts';
import { type GraphRoleNeed, grantPath, graphRoleNeeds } from '../checks/graph-roles.ts';
import { type ChecklistStep, lineOf, stateOf, tell } from './checklist.ts';
import { clientOf } from './identity-steps.ts';

/** The application of Microsoft Graph, in every cloud. */
const graphApp = '00000003-0000-0000-c000-000000000000';

/**
 * Ids of the application permissions that the checklist asks for, the same in every tenant.
 * https://learn.microsoft.com/graph/permissions-reference
 */
export const graphAppRoleIds: Readonly<Record<string, string>> = {
  'User.Read.All': 'df021288-bdef-4463-88db-98f22de89214',
  'GroupMember.Read.All': '98830695-27a2-44f7-8c18-0c3ebc9698f6',
  'LicenseAssignment.Read.All': 'e2f98668-2877-4f38-a2f4-8202e0717aa1',
  'User.ReadWrite.All': '741f803b-c850-494e-b5df-cde7c675a1ca',
  'Group.ReadWrite.All': '62a82d76-70ea-41e2-9197-370581804d09',
  'LicenseAssignment.ReadWrite.All': '5facf0c1-8979-4e95-abcf-ff3d079771c0',
};

/** What Microsoft Graph lets the identity do, by purpose. */
export function graphSteps(record: ConnectionRecord): readonly ChecklistStep[] {
  if (!record.scopes.includes('directory')) return [];
  const line = lineOf(record, 'graph_roles');
  const chosen = choosePermissions(record.access === 'read_write');
  const commands = commandsOf(record.auth_type, clientOf(record), [...chosen.keys()]);
  const purposes = [...chosen].map(([permission, purpose]) => `${permission} to ${purpose}`).join(', ');
  return [
    {
      step: 'graph_permissions',
      title: isPerson(record.auth_type)
        ? 'Grant Microsoft Graph delegated permissions, with admin consent'
        : 'Grant Microsoft Graph application permissions, with admin consent',
      state: stateOf(line, 'unchecked'),
      ...tell(line, {
        detail: `${purposes}.`,
        ...(commands.length === 0 ? { how: 'The permissions are those of the sign-in itself.' } : {}),
      }),
      ...(commands.length === 0 ? {} : { commands, portal: grantPath }),
    },
  ];
}

function isPerson(authType: AuthType): boolean {
  return authType === 'device_code' || authType === 'azure_cli' || authType === 'on_behalf_of';
}

/** The fewest permissions for all purposes, each with what it is for: one that writes also reads. */
function choosePermissions(writes: boolean): ReadonlyMap<string, string> {
  const needs = graphRoleNeeds.filter(({ access }) => writes || access === 'read_only');
  const chosen = new Map<string, string>();
  // The needs to write come last in the table.
  for (const { anyOf, purpose } of needs.toReversed()) {
    const having = anyOf.find((permission) => chosen.has(permission));
    chosen.set(
      having ?? anyOf[0],
      [purpose, chosen.get(having ?? '')].filter((one) => one !== undefined).join(' and '),
    );
  }
  return new Map([...chosen].reverse());
}

function commandsOf(
  authType: AuthType,
  client: string,
  permissions: readonly GraphRoleNeed['anyOf'][number][],
): readonly string[] {
  const consent = `az ad app permission admin-consent --id ${client}`;
  const add = `az ad app permission add --id ${client} --api ${graphApp} --api-permissions`;
  switch (authType) {
    case 'azure':
    case 'certificate':
    case 'workload_identity':
      return [`${add} ${permissions.map((name) => `${graphAppRoleIds[name]}=Role`).join(' ')}`, consent];
    case 'device_code':
    case 'on_behalf_of':
      return [...permissions.map((name) => `${add} "$(${idOfScope(name)})=Scope"`), consent];
    case 'managed_identity':
      return permissions.map(assignCommand);
    case 'azure_cli':
    case 'bearer':
    case 'default':
      return [];
  }
}

/** Asks the tenant: ids of delegated permissions differ from those of application permissions. */
function idOfScope(name: string): string {
  return `az ad sp show --id ${graphApp} --query "oauth2PermissionScopes[?value=='${name}'].id" --output tsv`;
}

/** A managed identity has no app registration: the role is assigned to its service principal. */
function assignCommand(name: string): string {
  const body = `{\\"principalId\\":\\"<object-id>\\",\\"resourceId\\":\\"$(az ad sp show --id ${graphApp} --query id --output tsv)\\",\\"appRoleId\\":\\"${graphAppRoleIds[name]}\\"}`;
  return `az rest --method POST --uri https://graph.microsoft.com/v1.0/servicePrincipals/<object-id>/appRoleAssignments --body "${body}"`;
}
