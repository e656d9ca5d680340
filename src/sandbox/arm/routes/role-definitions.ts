import { requireAnyRole } from '../access/guards.ts';
import { builtInRoles } from '../access/role-definitions.ts';
import type { ArmCall, ArmRoute } from '../arm-call.ts';
import { badRequest, notFound } from '../arm-error.ts';
import { isSameId, subscriptionIdOf, subscriptionScope } from '../arm-ids.ts';
import { pageOf } from '../paging.ts';
import { renderDefinition } from './role-rendering.ts';

const type = 'Microsoft.Authorization/roleDefinitions';

export const roleDefinitionRoutes: readonly ArmRoute[] = [
  { method: 'GET', path: '{scope}/providers/Microsoft.Authorization/roleDefinitions', type, handle: listDefinitions },
  {
    method: 'GET',
    path: '{scope}/providers/Microsoft.Authorization/roleDefinitions/{name}',
    type,
    handle: readDefinition,
  },
  {
    method: 'GET',
    path: '{scope}/providers/Microsoft.Authorization/permissions',
    type: 'Microsoft.Authorization/permissions',
    handle: listPermissions,
  },
  {
    method: 'GET',
    path: '{scope}/providers/Microsoft.Authorization/denyAssignments',
    type: 'Microsoft.Authorization/denyAssignments',
    action: 'Microsoft.Authorization/denyAssignments/read',
    handle: (call) => pageOf(call, []),
  },
];

function ownerOf({ params }: ArmCall): string {
  const subscriptionId = subscriptionIdOf(params['scope'] ?? '');
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
    builtInRoles.filter(({ roleName }) => matches(roleName)).map((role) => renderDefinition(role, ownerOf(call))),
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
  if (role) return { status: 200, body: renderDefinition(role, ownerOf(call)) };
  throw notFound(
    'RoleDefinitionDoesNotExist',
    `The specified role definition with ID '${call.params['name']}' does not exist.`,
  );
}

/** What the caller may do here; needs no role of its own. */
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
