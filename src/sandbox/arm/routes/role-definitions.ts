import type { PlainObject } from '../../base/plain-object.ts';
import { requireAnyRole } from '../access/guards.ts';
import { builtInRoles } from '../access/role-definitions.ts';
import type { ArmCall, ArmRoute } from '../arm-call.ts';
import { badRequest, notFound } from '../arm-error.ts';
import { isSameId, subscriptionIdOf, subscriptionScope } from '../arm-ids.ts';
import type { RoleAssignmentRecord, RoleDefinitionRecord } from '../arm-store.ts';
import { pageOf } from '../paging.ts';

const authorization = 'Microsoft.Authorization';
const type = `${authorization}/roleDefinitions`;
const list = `{scope}/providers/${type}`;
const permissions = `${authorization}/permissions`;
const denied = `${authorization}/denyAssignments`;

export const roleDefinitionRoutes: readonly ArmRoute[] = [
  { method: 'GET', path: list, type, handle: listDefinitions },
  { method: 'GET', path: `${list}/{name}`, type, handle: readDefinition },
  { method: 'GET', path: `{scope}/providers/${permissions}`, type: permissions, handle: listPermissions },
  {
    method: 'GET',
    path: `{scope}/providers/${denied}`,
    type: denied,
    action: `${denied}/read`,
    handle: (call) => pageOf(call, []),
  },
];

/** The subscription's scope, or empty. */
function ownerOf(scope = ''): string {
  const subscriptionId = subscriptionIdOf(scope);
  return subscriptionId === undefined ? '' : subscriptionScope(subscriptionId);
}

function check(call: ArmCall): void {
  const scope = call.params['scope'];
  if (scope) requireAnyRole(call, `${type}/read`, scope);
}

function listDefinitions(call: ArmCall) {
  check(call);
  const matches = parseFilter(call.query.get('$filter'));
  return pageOf(
    call,
    builtInRoles
      .filter(({ roleName }) => matches(roleName))
      .map((role) => renderDefinition(role, ownerOf(call.params['scope']))),
  );
}

/** `roleName eq '…'` or `type eq 'BuiltInRole'`; the sandbox has no custom roles. */
function parseFilter(filter: string | undefined): (roleName: string) => boolean {
  if (filter === undefined || filter.trim() === '' || /^\s*atScopeAndBelow\(\)\s*$/i.test(filter)) return () => true;
  const [, property, value = ''] = /^\s*(roleName|type)\s+eq\s+'((?:[^']|'')*)'\s*$/i.exec(filter) ?? [];
  if (property === undefined) throw badRequest('UnsupportedQuery', `The filter '${filter}' is not supported.`);
  const wanted = value.replaceAll("''", "'");
  return (roleName) => isSameId(wanted, property.toLowerCase() === 'type' ? 'BuiltInRole' : roleName);
}

function readDefinition(call: ArmCall) {
  check(call);
  const role = builtInRoles.find(({ id }) => isSameId(id, call.params['name'] ?? ''));
  if (role) return { status: 200, body: renderDefinition(role, ownerOf(call.params['scope'])) };
  throw notFound(
    'RoleDefinitionDoesNotExist',
    `The specified role definition with ID '${call.params['name']}' does not exist.`,
  );
}

/** What the caller can do here. Needs no permission. */
function listPermissions(call: ArmCall) {
  const sets = call.store.permissionsOf(call.caller.objectId, call.params['scope'] || '/');
  const value = sets.map(({ actions, notActions, dataActions, notDataActions }) => ({
    actions,
    notActions,
    dataActions,
    notDataActions,
  }));
  return { status: 200, body: { value } };
}

export function renderAssignment(assignment: RoleAssignmentRecord): PlainObject {
  const { name, scope, roleId, principalId, principalType, createdOn } = assignment;
  return {
    properties: {
      roleDefinitionId: `${ownerOf(scope)}/providers/${type}/${roleId}`,
      principalId,
      principalType,
      scope,
      condition: assignment.condition ?? null,
      conditionVersion: assignment.conditionVersion ?? null,
      createdOn,
      updatedOn: createdOn,
      createdBy: null,
      updatedBy: null,
      delegatedManagedIdentityResourceId: null,
      description: assignment.description ?? null,
    },
    id: `${scope === '/' ? '' : scope}/providers/Microsoft.Authorization/roleAssignments/${name}`,
    type: 'Microsoft.Authorization/roleAssignments',
    name,
  };
}

export function renderDefinition(role: RoleDefinitionRecord, owner: string): PlainObject {
  const { id, roleName, description, actions, notActions, dataActions, notDataActions } = role;
  return {
    properties: {
      roleName,
      type: 'BuiltInRole',
      description,
      assignableScopes: ['/'],
      permissions: [{ actions, notActions, dataActions, notDataActions }],
      createdOn: '2015-02-02T21:55:09.8806423Z',
      updatedOn: '2023-07-10T15:10:53.9475316Z',
      createdBy: null,
      updatedBy: null,
    },
    id: `${owner}/providers/${type}/${id}`,
    type,
    name: id,
  };
}
