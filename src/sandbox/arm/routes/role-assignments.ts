import { isGuid } from '../../../core/base/guid.ts';
import { withoutUndefined } from '../../../core/base/without-undefined.ts';
import { optionalText } from '../../base/plain-object.ts';
import type { SandboxResponse } from '../../base/service.ts';
import { authorize, checkLocks } from '../access/guards.ts';
import { type ArmCall, type ArmRoute, parseProperties } from '../arm-call.ts';
import { ArmError, badRequest, conflict, notFound } from '../arm-error.ts';
import { idKey, isSameId, isWithin } from '../arm-ids.ts';
import { assignmentKey, type RoleAssignmentRecord } from '../arm-store.ts';
import { pageOf } from '../paging.ts';
import { requireGroup } from '../requirements.ts';
import { timeOf } from '../write-resource.ts';
import { isAssignableAt, renderAssignment } from './role-definitions.ts';

const type = 'Microsoft.Authorization/roleAssignments';
const list = '{scope}/providers/Microsoft.Authorization/roleAssignments';
const path = `${list}/{name}`;

export const roleAssignmentRoutes: readonly ArmRoute[] = [
  { method: 'GET', path: list, type, handle: listAssignments },
  { method: 'GET', path, type, action: `${type}/read`, handle: readAssignment },
  { method: 'PUT', path, type, action: `${type}/write`, handle: putAssignment },
  { method: 'DELETE', path, type, action: `${type}/delete`, handle: deleteAssignment },
];

function scopeOf({ params }: ArmCall): string {
  return params['scope'] || '/';
}

function listAssignments(call: ArmCall): SandboxResponse {
  const scope = scopeOf(call);
  authorize(call, `${type}/read`, scope);
  const matches = parseFilter(call, call.query.get('$filter'));
  const inherited = new Set(call.store.assignmentsAt(scope));
  const found = [...call.store.roleAssignments.values()].filter(
    (one) => (inherited.has(one) || isWithin(one.scope, scope)) && matches(one, inherited.has(one)),
  );
  return pageOf(call, found.map(renderAssignment));
}

type Test = (assignment: RoleAssignmentRecord, isAtOrAbove: boolean) => boolean;

/** `atScope()`, `principalId eq '…'`, `assignedTo('…')`, joined by `and`. */
function parseFilter(call: ArmCall, filter: string | undefined): Test {
  if (filter === undefined || filter.trim() === '') return () => true;
  const tests = filter.split(/\s+and\s+/i).map((term): Test => {
    if (/^\s*atScope\(\)\s*$/i.test(term)) return (_, isAtOrAbove) => isAtOrAbove;
    const [, principalId] = /^\s*principalId\s+eq\s+'([^']*)'\s*$/i.exec(term) ?? [];
    if (principalId !== undefined) return (one) => isSameId(one.principalId, principalId);
    const [, assignee] = /^\s*assignedTo\('([^']*)'\)\s*$/i.exec(term) ?? [];
    if (assignee === undefined) {
      throw badRequest(
        'UnsupportedQuery',
        "The filter is not supported. Supported filters are either atScope() or principalId eq '{value}' or assignedTo('{value}').",
      );
    }
    const principals = call.store.membershipsOf(idKey(assignee));
    return (one) => principals.has(one.principalId);
  });
  return (assignment, isAtOrAbove) => tests.every((test) => test(assignment, isAtOrAbove));
}

function find(call: ArmCall): RoleAssignmentRecord | undefined {
  return call.store.roleAssignments.get(assignmentKey({ scope: scopeOf(call), name: call.params['name'] ?? '' }));
}

function readAssignment(call: ArmCall): SandboxResponse {
  const assignment = find(call);
  if (assignment) return { status: 200, body: renderAssignment(assignment) };
  throw notFound('RoleAssignmentNotFound', `The role assignment '${call.params['name']}' is not found.`);
}

function putAssignment(call: ArmCall): SandboxResponse {
  const name = call.params['name'] ?? '';
  if (!isGuid(name)) {
    throw badRequest(
      'InvalidRoleAssignmentId',
      `The role assignment ID '${name}' is not valid. The role assignment ID must be a GUID.`,
    );
  }
  requireGroup(call, scopeOf(call));
  const wanted = readBody(call, name);
  const existing = find(call);
  if (existing) return repeat(existing, wanted);
  const same = [...call.store.roleAssignments.values()].find((one) => isSame(one, wanted));
  if (same) {
    const id = same.name.replaceAll('-', '');
    throw conflict(
      'RoleAssignmentExists',
      `The role assignment already exists. The ID of the existing role assignment is ${id}.`,
    );
  }
  checkLocks(call, scopeOf(call), 'write');
  call.store.roleAssignments.set(assignmentKey(wanted), wanted);
  return { status: 201, body: renderAssignment(wanted) };
}

function readBody(call: ArmCall, name: string): RoleAssignmentRecord {
  const values = parseProperties(call);
  const principalId = optionalText(values['principalId']);
  const roleDefinitionId = optionalText(values['roleDefinitionId']);
  if (principalId === undefined || roleDefinitionId === undefined) {
    throw badRequest(
      'InvalidCreateRoleAssignmentRequest',
      'The request to create role assignment is not valid. Values of roleDefinitionId and principalId are required.',
    );
  }
  const roleId = roleDefinitionId.split('/').at(-1)?.toLowerCase() ?? '';
  requireAssignable(call, roleId);
  const principalType = requirePrincipal(call, principalId, optionalText(values['principalType']));
  return {
    name: name.toLowerCase(),
    scope: scopeOf(call),
    roleId,
    principalId: principalId.toLowerCase(),
    principalType,
    createdOn: timeOf(call),
    ...withoutUndefined({
      description: optionalText(values['description']),
      condition: optionalText(values['condition']),
      conditionVersion: optionalText(values['conditionVersion']),
    }),
  };
}

function requireAssignable(call: ArmCall, roleId: string): void {
  const role = call.store.roleDefinitions.get(roleId);
  if (!role) {
    throw notFound(
      'RoleDefinitionDoesNotExist',
      `The specified role definition with ID '${roleId.replaceAll('-', '')}' does not exist.`,
    );
  }
  const scope = scopeOf(call);
  if (isAssignableAt(role, scope, call.store)) return;
  throw badRequest(
    'RoleAssignmentScopeNotAssignableToRoleDefinition',
    `The scope '${scope}' is not within the assignable scopes of the role definition '${roleId}'.`,
  );
}

function isSame(left: RoleAssignmentRecord, right: RoleAssignmentRecord): boolean {
  return (
    left.roleId === right.roleId && isSameId(left.principalId, right.principalId) && isSameId(left.scope, right.scope)
  );
}

/** An assignment's principal, role, and scope cannot change. */
function repeat(existing: RoleAssignmentRecord, wanted: RoleAssignmentRecord): SandboxResponse {
  if (isSame(existing, wanted)) return { status: 200, body: renderAssignment(existing) };
  throw new ArmError(
    403,
    'RoleAssignmentUpdateNotPermitted',
    'Tenant ID, application ID, principal ID, and scope are not allowed to be updated.',
  );
}

function deleteAssignment(call: ArmCall): SandboxResponse {
  const assignment = find(call);
  if (!assignment) return { status: 204 };
  // Only the assignment is deleted, not its scope, so locks below the scope do not apply.
  checkLocks(call, call.path, 'delete');
  call.store.roleAssignments.delete(assignmentKey(assignment));
  return { status: 200, body: renderAssignment(assignment) };
}

const principalTypes: Readonly<Record<string, string>> = {
  user: 'User',
  group: 'Group',
  servicePrincipal: 'ServicePrincipal',
};

/** How long a new principal is unknown to the service that assigns roles. */
const replicationMs = 120_000;

/**
 * Type of the principal. The directory is searched only if the caller does not give the type. Source: "Troubleshoot
 * Azure RBAC", PrincipalNotFound.
 */
function requirePrincipal(
  { context }: Pick<ArmCall, 'context'>,
  principalId: string,
  principalType: string | undefined,
): string {
  if (principalType !== undefined) return principalType;
  const id = principalId.toLowerCase();
  const type = context.store.typeOf(id);
  const known = type && principalTypes[type];
  const createdAt = type && Date.parse(String(context.store.get(type, id)?.['createdDateTime'] ?? ''));
  const isFresh = createdAt !== undefined && context.clock.now() - createdAt < replicationMs;
  if (known && !isFresh) return known;
  throw badRequest(
    'PrincipalNotFound',
    `Principal ${id.replaceAll('-', '')} does not exist in the directory ${context.tenant.id}. Check that you have the correct principal ID. If you are creating this principal and then immediately assigning a role, this error might be related to a replication delay. In this case, set the role assignment principalType property to a value, such as ServicePrincipal, User, or Group. See https://aka.ms/docs-principaltype`,
  );
}
