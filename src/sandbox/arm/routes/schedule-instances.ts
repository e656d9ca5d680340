import type { PlainObject } from '../../base/plain-object.ts';
import { recordOf } from '../../base/plain-object.ts';
import type { SandboxResponse } from '../../base/service.ts';
import { authorize } from '../access/guards.ts';
import type { ArmCall, ArmRoute } from '../arm-call.ts';
import { badRequest, notFound } from '../arm-error.ts';
import { idKey, isSameId, isWithin } from '../arm-ids.ts';
import type { RoleAssignmentRecord } from '../arm-store.ts';
import { pageOf } from '../paging.ts';
import { renderAssignment } from './role-definitions.ts';

const authorization = 'Microsoft.Authorization';
const type = `${authorization}/roleAssignmentScheduleInstances`;
const eligible = `${authorization}/roleEligibilityScheduleInstances`;
const list = `{scope}/providers/${type}`;

/**
 * What Privileged Identity Management shows: every role assignment as an active instance without an end, and nobody who
 * is only eligible. Source: "Role Assignment Schedule Instances - List For Scope".
 */
export const scheduleInstanceRoutes: readonly ArmRoute[] = [
  { method: 'GET', path: list, type, handle: listInstances },
  { method: 'GET', path: `${list}/{name}`, type, action: `${type}/read`, handle: readInstance },
  { method: 'GET', path: `{scope}/providers/${eligible}`, type: eligible, handle: listEligible },
];

function scopeOf({ params }: ArmCall): string {
  return params['scope'] || '/';
}

function listInstances(call: ArmCall): SandboxResponse {
  const scope = scopeOf(call);
  const matches = readFilter(call, type);
  const above = new Set(call.store.assignmentsAt(scope));
  const found = [...call.store.roleAssignments.values()].filter(
    (one) => (above.has(one) || isWithin(one.scope, scope)) && matches(one, above.has(one)),
  );
  return pageOf(
    call,
    found.map((one) => renderInstance(one, call)),
  );
}

function readInstance(call: ArmCall): SandboxResponse {
  const name = call.params['name'] ?? '';
  const found = call.store.assignmentsAt(scopeOf(call)).find((one) => isSameId(one.name, name));
  if (found) return { status: 200, body: renderInstance(found, call) };
  throw notFound('RoleAssignmentScheduleInstanceNotFound', `The instance '${name}' is not found.`);
}

function listEligible(call: ArmCall): SandboxResponse {
  readFilter(call, eligible);
  return pageOf(call, []);
}

type Test = (assignment: RoleAssignmentRecord, isAtOrAbove: boolean) => boolean;

/**
 * `atScope()`, `principalId eq '…'`, `assignedTo('…')`, and `asTarget()`, which is what the caller has and needs no
 * permission.
 */
function readFilter(call: ArmCall, listed: string): Test {
  const filter = call.query.get('$filter')?.trim() ?? '';
  const principals = call.store.membershipsOf(call.caller.objectId);
  if (/^asTarget\(\)$/i.test(filter)) return (one) => principals.has(one.principalId);
  authorize(call, `${listed}/read`, scopeOf(call));
  if (filter === '') return () => true;
  if (/^atScope\(\)$/i.test(filter)) return (_, isAtOrAbove) => isAtOrAbove;
  const principalId = /^principalId\s+eq\s+'([^']*)'$/i.exec(filter)?.[1];
  if (principalId !== undefined) return (one) => isSameId(one.principalId, principalId);
  const assignee = /^assignedTo\('([^']*)'\)$/i.exec(filter)?.[1];
  if (assignee === undefined) throw badRequest('UnsupportedQuery', `The filter '${filter}' is not supported.`);
  const assigned = call.store.membershipsOf(idKey(assignee));
  return (one) => assigned.has(one.principalId);
}

function renderInstance(assignment: RoleAssignmentRecord, call: ArmCall): PlainObject {
  const rendered = renderAssignment(assignment);
  const { roleDefinitionId, condition, conditionVersion } = recordOf(rendered['properties']);
  const { name, scope, principalId, principalType, createdOn } = assignment;
  const below = `${scope === '/' ? '' : scope}/providers/${authorization}`;
  const isInherited = !isSameId(scope, scopeOf(call)) && !isWithin(scope, scopeOf(call));
  const principal = principalOf(principalId, call);
  return {
    properties: {
      scope,
      roleDefinitionId,
      principalId,
      principalType,
      roleAssignmentScheduleId: `${below}/roleAssignmentSchedules/${name}`,
      originRoleAssignmentId: rendered['id'],
      status: 'Provisioned',
      startDateTime: createdOn,
      endDateTime: null,
      linkedRoleEligibilityScheduleId: null,
      linkedRoleEligibilityScheduleInstanceId: null,
      assignmentType: 'Assigned',
      memberType: isInherited ? 'Inherited' : 'Direct',
      condition,
      conditionVersion,
      createdOn,
      expandedProperties: { principal: { id: principalId, type: principalType, ...principal } },
    },
    name,
    id: `${below}/roleAssignmentScheduleInstances/${name}`,
    type,
  };
}

function principalOf(id: string, { context: { store } }: ArmCall): PlainObject {
  const kind = store.typeOf(id);
  const found = kind && store.get(kind, id);
  return found ? { displayName: found['displayName'], email: found['mail'] ?? null } : {};
}
