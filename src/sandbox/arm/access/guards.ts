import { normalizeLocation } from '../api-versions.ts';
import type { ArmCall } from '../arm-call.ts';
import { ArmError, conflict } from '../arm-error.ts';
import { isSameId, isWithin, subscriptionIdOf, subscriptionScope } from '../arm-ids.ts';
import type { ArmResource, PolicyRecord } from '../arm-store.ts';

/** Throws 403 that names the client, object, action, and scope. */
export function authorize(call: ArmCall, action: string, scope: string): void {
  const { caller, store } = call;
  if (store.can(caller.objectId, action, scope)) return;
  throw new ArmError(
    403,
    'AuthorizationFailed',
    `The client '${caller.appId}' with object id '${caller.objectId}' does not have authorization to perform action '${action}' over scope '${scope}' or the scope is invalid. If access was recently granted, please refresh your credentials.`,
  );
}

/** Keeps what the caller can read. The answer for each scope is cached while the list is built. */
export function readableOnly(call: ArmCall): (resource: Pick<ArmResource, 'id' | 'type'>) => boolean {
  const known = new Map<string, boolean>();
  const exact = new Set([...call.store.roleAssignments.values()].map(({ scope }) => scope.toLowerCase()));
  const ask = (key: string, action: string, scope: string) => {
    const answer = known.get(key) ?? call.store.can(call.caller.objectId, action, scope);
    known.set(key, answer);
    return answer;
  };
  return ({ id, type }) => {
    const action = `${type}/read`;
    const group = /^\/subscriptions\/[^/]+\/resourceGroups\/[^/]+/i.exec(id)?.[0] ?? id;
    if (ask(`${group} ${type}`.toLowerCase(), action, group)) return true;
    // Roles below the group apply to the resource they name and to everything below it.
    const below = [...exact].some(
      (scope) => scope !== group.toLowerCase() && isWithin(scope, group) && isWithin(id, scope),
    );
    return below && ask(id.toLowerCase(), action, id);
  };
}

/** Whether the caller has a role anywhere in the subscription, which is enough to know that it exists. */
export function hasAnyRole(call: ArmCall, subscriptionId: string): boolean {
  const { store, caller } = call;
  const scope = subscriptionScope(subscriptionId);
  if (store.permissionsOf(caller.objectId, scope).length > 0) return true;
  const principals = store.membershipsOf(caller.objectId);
  return [...store.roleAssignments.values()].some(
    (one) => principals.has(one.principalId) && isWithin(one.scope, scope),
  );
}

/** Lists show what the caller can read. Callers without a role in the subscription are refused. */
export function requireAnyRole(call: ArmCall, action: string, scope: string): void {
  const subscriptionId = subscriptionIdOf(scope);
  if (subscriptionId === undefined || !hasAnyRole(call, subscriptionId)) authorize(call, action, scope);
}

/** Throws 409 `ScopeLocked`. Source: "Lock your resources to protect your infrastructure". */
export function checkLocks(call: ArmCall, id: string, operation: 'write' | 'delete'): void {
  const locked = [...call.store.locks.values()].filter(({ scope, level }) => {
    if (operation === 'write') return level === 'ReadOnly' && isWithin(id, scope);
    // Deleting a scope also deletes locked resources below it.
    return isWithin(id, scope) || isWithin(scope, id);
  });
  if (locked.length === 0) return;
  const scopes = [...new Set(locked.map(({ scope }) => scope))].join("', '");
  throw conflict(
    'ScopeLocked',
    `The scope '${id}' cannot perform ${operation} operation because following scope(s) are locked: '${scopes}'. Please remove the lock and try again.`,
  );
}

/** Throws 403 `RequestDisallowedByPolicy`. Source: "Azure Policy: RequestDisallowedByPolicy", with its additional info. */
export function checkPolicies(call: ArmCall, type: string, location: string | undefined): void {
  const violated = call.store.policies.find(
    (policy) => isWithin(call.path, policy.scope) && isViolated(policy, type, location),
  );
  if (!violated) return;
  const name = call.path.split('/').at(-1) ?? '';
  const assignmentId = `${violated.scope}/providers/Microsoft.Authorization/policyAssignments/${violated.name}`;
  const definitionId = `/providers/Microsoft.Authorization/policyDefinitions/e56962a6-4747-49cd-b67b-bf8b01975c4c`;
  const identifiers = [
    {
      policyAssignment: { name: violated.displayName, id: assignmentId },
      policyDefinition: { name: violated.displayName, id: definitionId },
    },
  ];
  throw new ArmError(
    403,
    'RequestDisallowedByPolicy',
    `Resource '${name}' was disallowed by policy. Policy identifiers: '${JSON.stringify(identifiers)}'.`,
    {
      target: name,
      additionalInfo: [
        {
          type: 'PolicyViolation',
          info: {
            policyDefinitionDisplayName: violated.displayName,
            policyDefinitionId: definitionId,
            policyDefinitionName: 'e56962a6-4747-49cd-b67b-bf8b01975c4c',
            policyDefinitionEffect: 'deny',
            policyAssignmentId: assignmentId,
            policyAssignmentName: violated.name,
            policyAssignmentDisplayName: violated.displayName,
            policyAssignmentScope: violated.scope,
          },
        },
      ],
    },
  );
}

function isViolated({ deniedTypes = [], allowedLocations }: PolicyRecord, type: string, location?: string): boolean {
  if (deniedTypes.some((one) => isSameId(one, type))) return true;
  if (allowedLocations === undefined || location === undefined) return false;
  return !allowedLocations.map(normalizeLocation).includes(normalizeLocation(location));
}
