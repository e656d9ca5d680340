import { z } from 'zod';
import type { CallContext } from '../../base/call-context.ts';
import type { ApiRequest } from '../../http/api-client.ts';
import type { OpenConnection } from '../open-connection.ts';

/** A role that the identity of a connection has somewhere at, above or below a scope. */
export interface HeldRole {
  /** GUID of the role definition, lower case. */
  readonly roleId: string;
  /** Resource id of the place where it is assigned, without a slash at the end; empty for the whole tenant. */
  readonly scope: string;
  /** Object id of the group that it comes from, where it is not assigned to the identity itself. */
  readonly through?: string;
  /** It holds only where its condition is met. */
  readonly isConditional: boolean;
}

// Nothing in it can be relied on: an entry that is not like this is left out.
const assignmentSchema = z.object({
  properties: z.object({
    roleDefinitionId: z.string(),
    scope: z.string(),
    principalId: z.string().nullish(),
    condition: z.string().nullish(),
  }),
});

/** Assignments beyond this number are not looked at; a subscription holds 4,000 of all its principals together. */
const mostAssignments = 4000;

/**
 * Everything assigned to the principal or to a group that it is in, at the scope, above it and below it.
 * https://learn.microsoft.com/azure/role-based-access-control/role-assignments-list-rest
 */
export async function fetchHeldRoles(
  { arm }: Pick<OpenConnection, 'arm'>,
  scope: string,
  objectId: string,
  call: CallContext,
): Promise<readonly HeldRole[]> {
  const held: HeldRole[] = [];
  const request: ApiRequest = {
    method: 'GET',
    path: `${scope}/providers/Microsoft.Authorization/roleAssignments`,
    params: { $filter: `assignedTo('${objectId}')` },
    apiVersion: '2022-04-01',
  };
  // To the end whatever the connection allows its callers: a role that is not seen would be taken for missing.
  for await (const page of arm.pages(request, { maxItems: mostAssignments }, call)) {
    held.push(...page.items.flatMap((item) => readAssignment(item, objectId)));
  }
  return held;
}

function readAssignment(item: unknown, objectId: string): readonly HeldRole[] {
  const parsed = assignmentSchema.safeParse(item);
  if (!parsed.success) return [];
  const { roleDefinitionId, scope, principalId, condition } = parsed.data.properties;
  return [
    {
      // The id comes back with and without the subscription in front; its last segment is the same everywhere.
      roleId: roleDefinitionId.slice(roleDefinitionId.lastIndexOf('/') + 1).toLowerCase(),
      scope: scope.replace(/\/+$/, ''),
      isConditional: typeof condition === 'string' && condition !== '',
      ...(principalId == null || principalId.toLowerCase() === objectId ? {} : { through: principalId }),
    },
  ];
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
