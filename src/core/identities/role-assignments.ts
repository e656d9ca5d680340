import { z } from 'zod';
import type { ArmApi } from '../apis/arm/arm-api.ts';
import type { CallContext } from '../base/call-context.ts';
import type { Clock } from '../base/clock.ts';
import { AppError, invalidArgument } from '../base/errors.ts';
import type { ApiResponse } from '../http/api-client.ts';
import { isScope, scopePath } from './arm-scope.ts';
import type { Ensured, EnsureRoleAssignment, RoleAssignment } from './identities.ts';
import { withLeastPermission } from './least-permission.ts';
import { authorizationVersion, type RoleDefinition, resolveRole } from './role-definitions.ts';
import { untilSettled } from './settling.ts';
import { uuidV5 } from './uuid-v5.ts';

/** May assign roles, and little else; Contributor may not. */
const assignRoles = 'the Azure role Role Based Access Control Administrator at the scope';

/** Namespace of our assignment names; any GUID will do as long as it stays. */
const namespace = 'b0d1f0a7-6c0e-4a53-9a4e-2f3f8a1d7c55';

/** What is told to be removed, and removed: nothing else may stand there. */
const assignmentId = /^(\/.*)\/providers\/Microsoft\.Authorization\/roleAssignments\/([0-9a-f-]{36})$/i;

const assignmentSchema = z.object({
  id: z.string().refine(isAssignment),
  properties: z.object({ roleDefinitionId: z.string(), principalId: z.string(), scope: z.string().nullish() }),
});

/**
 * Assigns a role under a name that follows from scope, principal and role: sent again, it is the same assignment.
 * https://learn.microsoft.com/azure/role-based-access-control/role-assignments-rest
 */
export async function ensureRoleAssignment(
  { arm, clock }: { readonly arm: ArmApi; readonly clock: Clock },
  { principalId, role: wanted, scope: rawScope }: EnsureRoleAssignment,
  call: CallContext,
): Promise<Ensured<RoleAssignment>> {
  const scope = scopePath(rawScope);
  try {
    const role = await resolveRole(arm, scope, wanted, call);
    const name = uuidV5(namespace, [scope, principalId, role.guid].join(' ').toLowerCase());
    const response = await untilSettled(() => put(arm, { scope, name, principalId, role }, call), {
      clock,
      call,
      isPassing: ({ upstream, message }) => /PrincipalNotFound/.test(`${upstream?.code ?? ''} ${message}`),
      note: 'The principal is so new that it could not be given a role at once: the request was repeated.',
    });
    const id =
      response === undefined ? await findId(arm, { scope, principalId, role }, call) : idOf(response, scope, name);
    return {
      value: { id, role: role.name, roleDefinitionId: role.id, scope: rawScope },
      isNew: response?.status === 201,
    };
  } catch (error) {
    throw withLeastPermission(error, assignRoles);
  }
}

export async function findRole(
  arm: ArmApi,
  role: string,
  scope: string,
  call: CallContext,
): Promise<{ readonly id: string; readonly name: string }> {
  const { id, name } = await resolveRole(arm, scopePath(scope), role, call);
  return { id, name };
}

export async function removeRoleAssignment(arm: ArmApi, id: string, call: CallContext): Promise<void> {
  const match = assignmentId.exec(id);
  if (match === null) {
    throw invalidArgument(
      'The id is not that of a role assignment.',
      'Use the id that the assignment was listed with.',
    );
  }
  const path = addressOf(scopePath(match[1] ?? ''), match[2] ?? '');
  try {
    await arm.write({ method: 'DELETE', path, apiVersion: authorizationVersion, expectedStatuses: [404] }, call);
  } catch (error) {
    throw withLeastPermission(error, assignRoles);
  }
}

interface Placed {
  readonly scope: string;
  readonly principalId: string;
  readonly role: RoleDefinition;
}

/** Undefined when the same assignment exists under another name. */
async function put(
  arm: ArmApi,
  { scope, name, principalId, role }: Placed & { readonly name: string },
  call: CallContext,
): Promise<ApiResponse | undefined> {
  // With its type the principal is not looked up, which would fail for one that was made a moment ago.
  const properties = { roleDefinitionId: role.id, principalId, principalType: 'ServicePrincipal' };
  const path = addressOf(scope, name);
  try {
    const request = { method: 'PUT', path, body: { properties }, apiVersion: authorizationVersion } as const;
    return (await arm.write(request, call)).response;
  } catch (error) {
    if (error instanceof AppError && error.upstream?.code === 'RoleAssignmentExists') return undefined;
    throw error;
  }
}

/** Id of an assignment that somebody else made for the same scope, principal and role. */
async function findId(arm: ArmApi, { scope, principalId, role }: Placed, call: CallContext): Promise<string> {
  const path = `${scope}/providers/Microsoft.Authorization/roleAssignments`;
  const params = { $filter: `principalId eq '${principalId}'` };
  for await (const page of arm.pages({ method: 'GET', path, params, apiVersion: authorizationVersion }, {}, call)) {
    for (const item of page.items) {
      const assignment = assignmentSchema.safeParse(item).data;
      // The role comes back with and without the subscription in front; its last segment is the same everywhere.
      const guid = assignment?.properties.roleDefinitionId.split('/').at(-1)?.toLowerCase();
      const at = assignment?.properties.scope?.replace(/\/+$/, '').toLowerCase();
      if (assignment !== undefined && guid === role.guid && at === decodeURIComponent(scope).toLowerCase()) {
        return assignment.id;
      }
    }
  }
  throw new AppError('conflict', `The role ${role.name} is assigned already, but the assignment is not listed.`, {
    hint: 'Call again in a minute; new assignments take a while to be listed.',
    retryable: true,
  });
}

function idOf({ body }: ApiResponse, scope: string, name: string): string {
  const id = z.object({ id: z.string().refine(isAssignment) }).safeParse(body).data?.id;
  return id ?? addressOf(decodeURIComponent(scope), name);
}

function isAssignment(id: string): boolean {
  const scope = assignmentId.exec(id)?.[1];
  return scope !== undefined && isScope(scope);
}

function addressOf(scope: string, name: string): string {
  return `${scope}/providers/Microsoft.Authorization/roleAssignments/${name}`;
}
