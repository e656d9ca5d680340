import * as z from 'zod';
import { isGuid } from '../../../core/base/guid.ts';
import type { SandboxResponse } from '../../base/service.ts';
import { authorize } from '../access/guards.ts';
import { type ArmCall, type ArmRoute, parseProperties } from '../arm-call.ts';
import { ArmError, badRequest, conflict, notModelled } from '../arm-error.ts';
import { idKey, isSameId } from '../arm-ids.ts';
import type { RoleDefinitionRecord } from '../arm-store.ts';
import { timeOf } from '../write-resource.ts';
import { ownerOf, renderDefinition } from './role-definitions.ts';

const type = 'Microsoft.Authorization/roleDefinitions';
const path = `{scope}/providers/${type}/{name}`;

export const customRoleRoutes: readonly ArmRoute[] = [
  { method: 'PUT', path, type, action: `${type}/write`, handle: putDefinition },
  { method: 'DELETE', path, type, action: `${type}/delete`, handle: deleteDefinition },
];

const actions = z.array(z.string().min(1)).default([]);
const permissionSet = z.object({
  actions,
  notActions: actions,
  dataActions: actions,
  notDataActions: actions,
});

/** What a custom role has, wherever it comes from. Scopes are ids; the root is for built-in roles alone. */
export const customRoleSchema = z.object({
  roleName: z.string().min(1).max(512),
  description: z.string().default(''),
  assignableScopes: z.array(z.string().regex(/^\/[^/]/)).min(1),
  permissions: z.array(permissionSet).min(1),
});

/** Source: "Role Definitions - Create Or Update", "Azure custom roles" and "Troubleshoot Azure RBAC". */
function putDefinition(call: ArmCall): SandboxResponse {
  const name = call.params['name'] ?? '';
  if (!isGuid(name)) {
    const message = `The role definition ID '${name}' is not valid. The role definition ID must be a GUID.`;
    throw badRequest('InvalidRoleDefinitionId', message);
  }
  const { roleDefinitions } = call.store;
  const id = idKey(name);
  const existing = roleDefinitions.get(id);
  if (existing && !existing.custom) throw notModelled(`PUT of the built-in role ${existing.roleName}`);
  const parsed = customRoleSchema.safeParse(parseProperties(call));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const message = `The role definition is not valid: ${issue?.path.join('.')}: ${issue?.message}.`;
    throw badRequest('InvalidRoleDefinition', message);
  }
  const { assignableScopes, ...role } = parsed.data;
  requireLinked(call, assignableScopes);
  if ([...roleDefinitions.values()].some((one) => one.id !== id && isSameId(one.roleName, role.roleName))) {
    throw conflict(
      'RoleDefinitionWithSameNameExists',
      'A role definition cannot be updated with a name that already exists.',
    );
  }
  const now = timeOf(call);
  const createdOn = existing?.custom?.createdOn ?? now;
  const made: RoleDefinitionRecord = { id, ...role, custom: { assignableScopes, createdOn, updatedOn: now } };
  roleDefinitions.set(id, made);
  return { status: 201, body: renderDefinition(made, ownerOf(call.params['scope'])) };
}

/** Whoever writes a role needs the action at each of its scopes. */
function requireLinked(call: ArmCall, scopes: readonly string[]): void {
  const { caller, store, params } = call;
  const action = `${type}/write`;
  const refused = scopes.filter((scope) => !store.can(caller.objectId, action, scope));
  if (refused.length === 0) return;
  throw new ArmError(
    403,
    'LinkedAuthorizationFailed',
    `The client '${caller.appId}' with object id '${caller.objectId}' has permission to perform action '${action}' on scope '${params['scope']}'; however, it does not have permission to perform action '${action}' on the linked scope(s) '${refused.join(',')}' or the linked scope(s) are invalid.`,
  );
}

function deleteDefinition(call: ArmCall): SandboxResponse {
  const id = idKey(call.params['name'] ?? '');
  const { roleDefinitions, roleAssignments } = call.store;
  const role = roleDefinitions.get(id);
  if (!role) return { status: 204 };
  if (!role.custom) throw notModelled(`DELETE of the built-in role ${role.roleName}`);
  for (const scope of role.custom.assignableScopes) authorize(call, `${type}/delete`, scope);
  if ([...roleAssignments.values()].some(({ roleId }) => isSameId(roleId, id))) {
    const message = `There are existing role assignments referencing role '${id}'.`;
    throw badRequest('RoleDefinitionHasAssignments', message);
  }
  roleDefinitions.delete(id);
  return { status: 200, body: renderDefinition(role, ownerOf(call.params['scope'])) };
}
