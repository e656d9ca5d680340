import { normalizeLocation } from '../api-versions.ts';
import type { ArmCall } from '../arm-call.ts';
import { ArmError } from '../arm-error.ts';
import { isSameId, isWithin } from '../arm-ids.ts';
import type { PolicyRecord } from '../arm-records.ts';

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
