import { quoted } from '../../base/plain-text.ts';
import { type Assignee, grantCommand } from '../../identities/role-commands.ts';
import type { ConnectionRecord, ConnectionScope } from '../../record/connection.ts';
import { type AzureScope, azureScopeOf, listWorkspaces } from '../checks/azure-scope.ts';
import { ownAccessControl, type RoleNeed, roleNeedsOf, wantedOf } from '../checks/role-needs.ts';
import { type ChecklistStep, isTrouble, lineOf, stateOf, tell } from './checklist.ts';

const scopeGuides = {
  subscription: {
    title: 'Copy the subscription id',
    command: 'az account list --query "[].{name:name, id:id}" --output table',
    portal: 'Subscriptions > the subscription > Overview',
  },
  management_group: {
    title: 'Copy the management group id',
    command: 'az account management-group list --query "[].{name:displayName, id:name}" --output table',
    portal: 'Management groups',
  },
  ml_workspace: {
    title: 'Copy subscription id, resource group and name of the workspace',
    command: listWorkspaces,
    portal: 'Azure Machine Learning > the workspace > Overview',
  },
} as const;

/** The place in Azure, the roles in it, and the linked services that the scopes are for. */
export function azureSteps(record: ConnectionRecord): readonly ChecklistStep[] {
  const needs = roleNeedsOf(record.scopes);
  const own = record.scopes.flatMap((scope) => (ownAccessControl[scope] === undefined ? [] : [scope]));
  if (needs.length === 0 && own.length === 0) return [];
  const scope = azureScopeOf(record);
  const reached = lineOf(record, 'subscription');
  const guide = scopeGuides[record.scope_level];
  return [
    {
      step: 'azure_scope',
      title: guide.title,
      portal: guide.portal,
      state: scope === undefined ? 'open' : stateOf(reached, 'unchecked'),
      ...tell(reached, scope === undefined ? {} : { detail: `The ${scope.title}.` }),
      commands: [guide.command],
    },
    ...needs.map((need) => roleStep(need, record, scope)),
    ...own.map((name) => ownStep(name, record)),
    ...serviceSteps(record),
  ];
}

function roleStep(need: RoleNeed, record: ConnectionRecord, scope: AzureScope | undefined): ChecklistStep {
  const line = lineOf(record, `role_assignments.${need.name}`) ?? lineOf(record, 'role_assignments');
  const place = (need.plane === 'data' ? scope?.dataPath : scope?.path) ?? '<scope>';
  const { roles, purpose } = wantedOf(need, record.access);
  return {
    step: `role_${need.name}`,
    title: `Assign ${roles.map(({ name }) => name).join(' or ')}, to ${purpose}`,
    state: stateOf(line, 'unchecked'),
    ...tell(line, {}),
    commands: [grantCommand(`"${roles[0].name}"`, place, assigneeOf(record))],
    portal: 'The subscription or resource group > Access control (IAM) > Add role assignment',
  };
}

/** Before the first check nobody knows the object id; the directory does. */
function assigneeOf({ auth_type, identity: { client_id: client } }: ConnectionRecord): Assignee {
  if (auth_type === 'azure_cli' || auth_type === 'device_code') {
    return { objectId: '$(az ad signed-in-user show --query id --output tsv)', isPerson: true };
  }
  const objectId = client === undefined ? undefined : `$(az ad sp show --id ${client} --query id --output tsv)`;
  return { objectId, isPerson: false };
}

/** Whether a data plane with access control of its own lets the identity in is what its probes say. */
function ownStep(scope: ConnectionScope, record: ConnectionRecord): ChecklistStep {
  const kind = scope === 'database' ? 'postgresql' : 'cosmos-gremlin';
  const probes = record.checks.filter(({ check }) => check.startsWith(`data_plane.${kind}.`));
  const passed = probes.find(({ status }) => status === 'pass');
  const line = passed ?? probes.find(isTrouble) ?? probes[0];
  return {
    step: `access_${scope}`,
    title:
      scope === 'database'
        ? 'Create a database role for the identity'
        : 'Give the identity a Gremlin role, or use a key',
    state: stateOf(line, 'unchecked'),
    ...tell(line, ownAccessControl[scope] ?? {}),
  };
}

function serviceSteps({ checks }: ConnectionRecord): readonly ChecklistStep[] {
  return checks
    .filter(({ check }) => check.startsWith('data_plane.'))
    .map((line) => {
      const [, kind = '', name] = line.check.split('.');
      return {
        step: `linked_service_${kind}${name === undefined ? '' : `_${name}`}`,
        title: name === undefined ? `Have a linked service of kind ${kind}` : `Use the ${kind} service ${quoted(name)}`,
        state: stateOf(line, 'unchecked'),
        ...tell(line, {}),
      };
    });
}
