import { AppError } from '../base/errors.ts';
import type { AzureRole } from './data-roles.ts';
import { grantCommand, rolesOfKind } from './data-roles.ts';
import type { LinkedService, ProbeStage } from './linked-service.ts';
import { fail, warn } from './probe-stage.ts';
import { member, textOf } from './service-kinds.ts';
import type { ProbeContext } from './service-probe.ts';

/** An assignment of one of the roles that open the service, at it, above it or below it. */
export interface DataRoleAssignment {
  readonly role: AzureRole;
  /** Resource id. */
  readonly scope: string;
  /** Epoch milliseconds; undefined when ARM does not say. */
  readonly changedAt: number | undefined;
}

/** How long data planes may take to know of an assignment. https://learn.microsoft.com/azure/role-based-access-control/troubleshooting */
const settlingMs = 600_000;

/**
 * The assignments of the connection's identity that matter for a service, inherited ones and those of its groups
 * included. Undefined when they cannot be read: then nothing is known, which is no failure of the probe.
 */
export async function fetchDataRoles(context: ProbeContext): Promise<readonly DataRoleAssignment[] | undefined> {
  const { connection, service, principal, call } = context;
  if (principal.objectId === undefined) return undefined;
  try {
    const { body } = await connection.arm.send(
      {
        method: 'GET',
        path: `${service.id}/providers/Microsoft.Authorization/roleAssignments`,
        apiVersion: '2022-04-01',
        params: { $filter: `assignedTo('${principal.objectId}')` },
      },
      call,
    );
    const value = member(body, 'value');
    return Array.isArray(value) ? value.flatMap((entry) => readAssignment(entry, service)) : [];
  } catch (error) {
    if (error instanceof AppError && error.code !== 'cancelled' && !call.signal.aborted) return undefined;
    throw error;
  }
}

function readAssignment(entry: unknown, service: LinkedService): readonly DataRoleAssignment[] {
  const properties = member(entry, 'properties');
  // Only the last segment is the same everywhere: the id comes back with and without the subscription in front.
  const roleId = textOf(member(properties, 'roleDefinitionId'))?.split('/').at(-1)?.toLowerCase();
  const role = rolesOfKind[service.service].find(({ id }) => id === roleId);
  if (role === undefined) return [];
  const times = [member(properties, 'createdOn'), member(properties, 'updatedOn')]
    .map((time) => Date.parse(textOf(time) ?? ''))
    .filter(Number.isFinite);
  const scope = textOf(member(properties, 'scope')) ?? '';
  return [{ role, scope, changedAt: times.length === 0 ? undefined : Math.max(...times) }];
}

/** Whether an assignment holds for the whole service: it was made at it or above it. */
function coversService({ scope }: DataRoleAssignment, { id }: LinkedService): boolean {
  const above = scope.replace(/\/+$/, '').toLowerCase();
  return above.includes('/managementgroups/') || id.toLowerCase() === above || id.toLowerCase().startsWith(`${above}/`);
}

export interface RefusalOptions {
  /** Raw code of the service. */
  readonly code: string;
  /** What the service said, in one sentence with a full stop. */
  readonly detail: string;
  /** Role to ask for. */
  readonly wanted: AzureRole;
  /** Roles that would have let the call through. Default: all that open the service. */
  readonly sufficient?: readonly AzureRole[];
  /** Known already, when the caller has looked. */
  readonly assignments?: readonly DataRoleAssignment[] | undefined;
  /** What `hint` goes on with. */
  readonly also?: string;
}

/** The `authorize` stage of a refusal for want of a role: which role, by which command, or that it only has to settle. */
export async function explainRefusal(context: ProbeContext, options: RefusalOptions): Promise<ProbeStage> {
  const { service, principal, clock } = context;
  const { code, detail, wanted, also } = options;
  const assignments = 'assignments' in options ? options.assignments : await fetchDataRoles(context);
  const covering = (assignments ?? []).filter((assignment) => coversService(assignment, service));
  const sufficient = options.sufficient ?? rolesOfKind[service.service];
  const fresh = covering.find(
    ({ role, changedAt }) =>
      sufficient.includes(role) && changedAt !== undefined && clock.now() - changedAt < settlingMs,
  );
  if (fresh?.changedAt !== undefined) {
    const minutes = Math.max(0, Math.floor((clock.now() - fresh.changedAt) / 60_000));
    return warn('authorize', `${detail} ${fresh.role.name} was assigned ${minutes} min ago: not effective yet.`, {
      code,
      hint: 'Wait until ten minutes have passed since the assignment, then probe again.',
    });
  }
  const held = covering.find(({ role }) => sufficient.includes(role)) ?? covering[0];
  if (held !== undefined && sufficient.includes(held.role)) {
    return fail('authorize', `${detail} ${held.role.name} is assigned all the same.`, {
      code,
      hint: `Look for a condition or a deny assignment: az role assignment list --scope ${service.id} --include-inherited --assignee ${principal.objectId ?? ''}`,
    });
  }
  const only = held === undefined ? '' : ` It has ${held.role.name} only.`;
  return fail('authorize', `${detail} The role ${wanted.name} is missing.${only}`, {
    code,
    hint: `Assign ${wanted.name}: ${grantCommand(wanted, service, principal)}${also === undefined ? '' : `. ${also}`}`,
  });
}
