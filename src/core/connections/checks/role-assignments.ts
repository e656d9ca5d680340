import { type AzureRole, roleName } from '../../apis/arm/built-in-roles.ts';
import { readClaims, type TokenClaims } from '../../auth/token-claims.ts';
import { AppError } from '../../base/errors.ts';
import { quoted, quoteNames } from '../../base/plain-text.ts';
import { coversScope, fetchHeldRoles, type HeldRole } from '../../identities/held-roles.ts';
import { grantHint, listCommand } from '../../identities/role-commands.ts';
import type { CheckResult, ConnectionRecord } from '../../record/connection.ts';
import { type AzureScope, azureScopeOf, usesAzure } from './azure-scope.ts';
import { type CheckContext, failureLine, linesOf, skipLine, type ValidationCheck } from './check.ts';
import { ownAccessControl, type RoleNeed, roleNeedsOf, wantedOf } from './role-needs.ts';

const check = 'role_assignments';
const { fail, skip } = linesOf(check);
const mostShown = 3;

/** Compares the Azure roles of the identity, inherited and of groups included, with what the scopes need. */
export const roleAssignmentsCheck: ValidationCheck = {
  name: check,
  async run(context) {
    const { record, findings } = context;
    const needs = roleNeedsOf(record.scopes);
    if (!usesAzure(record)) return [];
    const token = findings.tokens.get('resource_manager');
    if (token === undefined) return [skip('There is no token for Azure Resource Manager to look with.')];
    const scope = azureScopeOf(record);
    if (scope === undefined) {
      return [
        skip(
          'The connection names no subscription whose role assignments could be read.',
          'Supply subscription_id with complete_connection.',
        ),
      ];
    }
    const claims = readClaims(token.token);
    if (claims?.objectId === undefined) {
      return [skip('The token does not say whose it is, so its role assignments cannot be looked up.')];
    }
    return [
      ...(await judgeNeeds(needs, scope, { ...claims, objectId: claims.objectId }, context)),
      ...ownLines(record),
    ];
  },
};

type Principal = TokenClaims & { readonly objectId: string };

async function judgeNeeds(
  needs: readonly RoleNeed[],
  scope: AzureScope,
  principal: Principal,
  { record, connection, call }: CheckContext,
): Promise<readonly CheckResult[]> {
  if (needs.length === 0) return [];
  try {
    const held = await fetchHeldRoles(connection, scope.dataPath, principal.objectId, call);
    // A workspace has assignments that its resource group does not list as above or at it.
    const own =
      scope.path === scope.dataPath ? [] : await fetchHeldRoles(connection, scope.path, principal.objectId, call);
    return needs.map((need) => judge(need, [...held, ...own], { record, scope, principal }));
  } catch (error) {
    if (error instanceof AppError && (error.code === 'permission_denied' || error.code === 'not_found')) {
      return [refusedLine(needs, { record, scope, principal })];
    }
    return [failureLine(check, error)];
  }
}

/** Any control-plane role allows reading assignments: without one, nothing is known about the others. */
function refusedLine(needs: readonly RoleNeed[], { record, scope, principal }: Setting): CheckResult {
  const need = needs.find(({ plane }) => plane === 'control') ?? needs[0];
  return fail(
    `The identity ${quoted(principal.objectId)} may not read role assignments at the ${scope.title}: it has no role there.`,
    need && grantHint(wantedOf(need, record.access).roles[0], placeOf(need, scope), principal),
  );
}

interface Setting {
  readonly record: ConnectionRecord;
  readonly scope: AzureScope;
  readonly principal: Principal;
}

function judge(need: RoleNeed, held: readonly HeldRole[], { record, scope, principal }: Setting): CheckResult {
  const line = linesOf(`${check}.${need.name}`);
  const place = placeOf(need, scope);
  const covering = held.filter((one) => coversScope(one, place));
  const full = pick(covering, need.anyOf);
  if (full !== undefined) {
    return full.isConditional
      ? line.warn(
          `${describe(full, place)}, under a condition.`,
          `Read the condition: ${quoted(listCommand(place, principal.objectId), 600)}`,
        )
      : line.pass(`${describe(full, place)}: enough to ${need.purpose}.`);
  }
  const readsOnly = need.isPartEnoughForReading && record.access === 'read_only';
  const { roles, purpose } = wantedOf(need, record.access);
  const hint = grantHint(roles[0], place, principal);
  const wanted = roles.map(({ name }) => name).join(' or ');
  const part = pick(covering, need.partly.roles);
  if (part !== undefined) {
    const detail = `${describe(part, place)}: it ${need.partly.means}.`;
    if (!readsOnly) return line.fail(`${detail} To ${purpose}, ${wanted} is needed.`, hint);
    // Sending, or reading under a condition, is not all that a connection reads.
    return hasRole(part, need.plane === 'control' ? need.partly.roles : roles) && !part.isConditional
      ? line.pass(`${detail} The connection is read_only.`)
      : line.warn(`${detail} To ${purpose} without limits, ${wanted} is needed.`, hint);
  }
  const below = held.filter((one) => !coversScope(one, place) && hasRole(one, [...need.anyOf, ...need.partly.roles]));
  if (below.length > 0) {
    const isUseful = readsOnly || below.some((one) => hasRole(one, need.anyOf));
    const detail = `${describeBelow(below)} Elsewhere in the ${scope.title} it may not ${purpose}.`;
    return isUseful ? line.warn(detail, hint) : line.fail(detail, hint);
  }
  const unknown = covering.filter(({ roleId }) => roleName(roleId) === undefined);
  if (unknown.length > 0) {
    const ids = unknown.map(({ roleId }) => roleId).slice(0, mostShown);
    return line.warn(
      `To ${purpose}, ${wanted} is usual. It has other roles (${quoteNames(ids)}), whose permissions are not known here.`,
      `Look at them with ${quoted(`az role definition list --name ${ids[0] ?? ''}`)}, or: ${hint}`,
    );
  }
  return line.fail(
    `No role at the ${scope.title} lets it ${purpose}: ${wanted} is missing.${need.remark === undefined ? '' : ` ${need.remark}`}`,
    hint,
  );
}

function placeOf({ plane }: RoleNeed, { path, dataPath }: AzureScope): string {
  return plane === 'data' ? dataPath : path;
}

function hasRole({ roleId }: HeldRole, roles: readonly AzureRole[]): boolean {
  return roles.some(({ id }) => id === roleId);
}

/** In the order of the roles; unconditional ones first. */
function pick(held: readonly HeldRole[], roles: readonly AzureRole[]): HeldRole | undefined {
  const fitting = roles.flatMap(({ id }) => held.filter(({ roleId }) => roleId === id));
  return fitting.find(({ isConditional }) => !isConditional) ?? fitting[0];
}

function describe({ roleId, scope, through }: HeldRole, place: string): string {
  const origin =
    scope.toLowerCase() === place.toLowerCase()
      ? ''
      : `, inherited from ${scope === '' ? 'the tenant' : quoted(scope, 500)}`;
  const group = through === undefined ? '' : `, through the group ${quoted(through)}`;
  return `${roleName(roleId) ?? quoted(roleId)}${origin}${group}`;
}

function describeBelow(below: readonly HeldRole[]): string {
  const shown = below
    .slice(0, mostShown)
    .map(({ roleId, scope }) => `${roleName(roleId) ?? quoted(roleId)} at ${quoted(scope, 500)}`);
  const more = below.length - shown.length;
  return `It has ${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''} only.`;
}

/** Lines for data planes that Azure roles do not open. */
function ownLines({ scopes }: ConnectionRecord): readonly CheckResult[] {
  return scopes.flatMap((scope) => {
    const own = ownAccessControl[scope];
    return own === undefined ? [] : [skipLine(`${check}.${scope}`, own.detail, own.how)];
  });
}
