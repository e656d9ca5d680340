import { type AzureRole, dataRoles } from '../apis/arm/built-in-roles.ts';
import { quoted } from '../base/plain-text.ts';
import { coversScope, fetchHeldRoles, type HeldRole } from '../identities/held-roles.ts';
import { grantHint, listCommand } from '../identities/role-commands.ts';
import { fail, type LinkedServiceKind, type ProbeStage, warn } from './linked-service.ts';
import { type ProbeContext, unlessRefused } from './service-probe.ts';

/** Roles that open a data plane, the one to ask for first. PostgreSQL and Gremlin have roles of their own. */
const rolesOfKind: Readonly<Record<LinkedServiceKind, readonly AzureRole[]>> = {
  blob: [dataRoles.blobContributor, dataRoles.blobOwner, dataRoles.blobReader],
  servicebus: [dataRoles.serviceBusOwner, dataRoles.serviceBusReceiver, dataRoles.serviceBusSender],
  postgresql: [],
  'cosmos-gremlin': [],
  'azure-search': [dataRoles.searchIndexContributor, dataRoles.searchService, dataRoles.searchIndexReader],
};

/** An assignment of one of the roles that open the service, at it, above it or below it. */
export interface DataRoleAssignment extends HeldRole {
  readonly role: AzureRole;
}

/**
 * How long data planes may take to know of an assignment.
 * https://learn.microsoft.com/azure/role-based-access-control/troubleshooting
 */
const settlingMs = 600_000;

/**
 * The assignments of the connection's identity that matter for a service, inherited ones and those of its groups
 * included. Undefined when they cannot be read: then nothing is known, which is no failure of the probe.
 */
export async function fetchDataRoles(context: ProbeContext): Promise<readonly DataRoleAssignment[] | undefined> {
  const { connection, service, principal, call } = context;
  if (principal.objectId === undefined) return undefined;
  const { objectId } = principal;
  const held = await unlessRefused(() => fetchHeldRoles(connection, service.id, objectId, call), call);
  return held?.flatMap((one) => {
    const role = rolesOfKind[service.service].find(({ id }) => id === one.roleId);
    return role === undefined ? [] : [{ ...one, role }];
  });
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
  /** What `hint` continues with. */
  readonly also?: string;
}

/** The `authorize` stage of a refusal for lack of a role: which role, with its command, or that it has to settle. */
export async function explainRefusal(context: ProbeContext, options: RefusalOptions): Promise<ProbeStage> {
  const { service, principal, clock } = context;
  const { code, detail, wanted, also } = options;
  const assignments = 'assignments' in options ? options.assignments : await fetchDataRoles(context);
  const covering = (assignments ?? []).filter((assignment) => coversScope(assignment, service.id));
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
    return fail('authorize', `${detail} ${held.role.name} is assigned nevertheless.`, {
      code,
      hint: `Look for a condition or a deny assignment: ${quoted(listCommand(service.id, principal.objectId), 600)}`,
    });
  }
  const only = held === undefined ? '' : ` It has ${held.role.name} only.`;
  return fail('authorize', `${detail} The role ${wanted.name} is missing.${only}`, {
    code,
    hint: `${grantHint(wanted, service.id, principal)}${also === undefined ? '' : `. ${also}`}`,
  });
}
