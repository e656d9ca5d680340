import { z } from 'zod';
import type { ArmApi } from '../apis/arm/arm-api.ts';
import type { CallContext } from '../base/call-context.ts';

/** Of everything below `Microsoft.Authorization`. */
export const authorizationVersion = '2022-04-01';

/** A role that a principal has somewhere at, above or below a scope. */
export interface HeldRole {
  /** GUID of the role definition, lower case. */
  readonly roleId: string;
  /** Resource id of the place where it is assigned, without a slash at the end; empty for the whole tenant. */
  readonly scope: string;
  /** Object id of the group that it comes from, where it is not assigned to the principal itself. */
  readonly through?: string;
  /** It holds only where its condition is met. */
  readonly isConditional: boolean;
  /** Epoch milliseconds; undefined when ARM does not say. */
  readonly changedAt: number | undefined;
}

/** Assignments beyond this number are not read; a subscription holds at most 4,000. */
const mostAssignments = 4000;

/**
 * Everything assigned to the principal or to a group that it is in, at the scope, above it and below it.
 * https://learn.microsoft.com/azure/role-based-access-control/role-assignments-list-rest
 */
export async function fetchHeldRoles(
  { arm }: { readonly arm: ArmApi },
  scope: string,
  objectId: string,
  call: CallContext,
): Promise<readonly HeldRole[]> {
  const held: HeldRole[] = [];
  for await (const item of assignmentsAt(arm, scope, `assignedTo('${objectId}')`, call)) {
    held.push(...readHeldRole(item, objectId));
  }
  return held;
}

/** All role assignments at a scope: one that is not read would look missing. */
export async function* assignmentsAt(
  arm: ArmApi,
  scope: string,
  filter: string,
  call: CallContext,
): AsyncGenerator<unknown, void, undefined> {
  const path = `${scope}/providers/Microsoft.Authorization/roleAssignments`;
  const request = { method: 'GET', path, params: { $filter: filter }, apiVersion: authorizationVersion } as const;
  for await (const page of arm.pages(request, { maxItems: mostAssignments }, call)) {
    yield* page.items;
  }
}

const time = z.string().nullish();

// An entry of another form is left out.
const assignmentSchema = z.object({
  properties: z.object({
    roleDefinitionId: z.string(),
    scope: z.string(),
    principalId: z.string().nullish(),
    condition: z.string().nullish(),
    createdOn: time,
    updatedOn: time,
  }),
});

function readHeldRole(item: unknown, objectId: string): readonly HeldRole[] {
  const parsed = assignmentSchema.safeParse(item);
  if (!parsed.success) return [];
  const { roleDefinitionId, scope, principalId, condition, createdOn, updatedOn } = parsed.data.properties;
  const times = [createdOn, updatedOn].map((text) => Date.parse(text ?? '')).filter(Number.isFinite);
  return [
    {
      roleId: roleGuid(roleDefinitionId),
      scope: withoutSlash(scope),
      isConditional: typeof condition === 'string' && condition !== '',
      changedAt: times.length === 0 ? undefined : Math.max(...times),
      ...(principalId == null || principalId.toLowerCase() === objectId ? {} : { through: principalId }),
    },
  ];
}

/** The id comes back with and without the subscription in front; its last segment is the same everywhere. */
export function roleGuid(roleDefinitionId: string): string {
  return roleDefinitionId.slice(roleDefinitionId.lastIndexOf('/') + 1).toLowerCase();
}

/** A scope for comparison: services sometimes add a slash at the end. */
export function withoutSlash(scope: string): string {
  return scope.replace(/\/+$/, '');
}

/**
 * Whether an assignment holds for everything at a scope. What ARM lists for a subscription or below of management
 * groups is above it.
 */
export function coversScope({ scope }: HeldRole, path: string): boolean {
  const above = scope.toLowerCase();
  const below = path.toLowerCase();
  return above === below || below.startsWith(`${above}/`) || above.includes('/managementgroups/');
}
