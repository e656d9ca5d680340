import type { PlainObject } from '../../base/plain-object.ts';
import { requireAnyRole } from '../access/guards.ts';
import type { ArmCall, ArmRoute } from '../arm-call.ts';
import { badRequest, notFound } from '../arm-error.ts';
import { idKey, isSameId, isWithin, subscriptionIdOf, subscriptionScope } from '../arm-ids.ts';
import type { ArmStore, RoleAssignmentRecord, RoleDefinitionRecord } from '../arm-store.ts';
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
export function ownerOf(scope = ''): string {
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
  const scope = call.params['scope'] || '/';
  return pageOf(
    call,
    [...call.store.roleDefinitions.values()]
      .filter((role) => matches(role) && isAssignableAt(role, scope, call.store))
      .map((role) => renderDefinition(role, ownerOf(scope))),
  );
}

/** Built-in roles are assignable everywhere, custom ones at and below their scopes. */
export function isAssignableAt({ custom }: RoleDefinitionRecord, scope: string, store: ArmStore): boolean {
  if (!custom) return true;
  const above = store.scopesAbove(scope);
  return custom.assignableScopes.some((one) => isWithin(scope, one) || above.has(idKey(one)));
}

/** `roleName eq '…'`, `type eq 'BuiltInRole'` or `type eq 'CustomRole'`. */
function parseFilter(filter: string | undefined): (role: RoleDefinitionRecord) => boolean {
  if (filter === undefined || filter.trim() === '' || /^\s*atScopeAndBelow\(\)\s*$/i.test(filter)) return () => true;
  const [, property, value = ''] = /^\s*(roleName|type)\s+eq\s+'((?:[^']|'')*)'\s*$/i.exec(filter) ?? [];
  if (property === undefined) throw badRequest('UnsupportedQuery', `The filter '${filter}' is not supported.`);
  const wanted = value.replaceAll("''", "'");
  return (role) => isSameId(wanted, property.toLowerCase() === 'type' ? kindOf(role) : role.roleName);
}

function kindOf({ custom }: RoleDefinitionRecord): string {
  return custom ? 'CustomRole' : 'BuiltInRole';
}

function readDefinition(call: ArmCall) {
  check(call);
  const role = call.store.roleDefinitions.get(idKey(call.params['name'] ?? ''));
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
  const { id, roleName, description, permissions, custom } = role;
  return {
    properties: {
      roleName,
      type: kindOf(role),
      description,
      assignableScopes: custom?.assignableScopes ?? ['/'],
      permissions,
      createdOn: custom?.createdOn ?? '2015-02-02T21:55:09.8806423Z',
      updatedOn: custom?.updatedOn ?? '2023-07-10T15:10:53.9475316Z',
      createdBy: null,
      updatedBy: null,
    },
    id: `${owner}/providers/${type}/${id}`,
    type,
    name: id,
  };
}
