import { z } from 'zod';
import type { ArmApi } from '../apis/arm/arm-api.ts';
import { assignmentName } from '../apis/arm/assignment-name.ts';
import type { CallContext } from '../base/call-context.ts';
import type { Clock } from '../base/clock.ts';
import { AppError, invalidArgument } from '../base/errors.ts';
import { isGuid } from '../base/guid.ts';
import { offerNames } from '../base/nearest.ts';
import { isPlainLine, quoted, quoteNames } from '../base/plain-text.ts';
import type { ApiRequest, ApiResponse } from '../http/api-client.ts';
import { untilSettled, withLeastPermission } from './directory.ts';
import { assignmentsAt, authorizationVersion, roleGuid, withoutSlash } from './held-roles.ts';
import type { Ensured, EnsureRoleAssignment, RoleAssignment } from './identities.ts';

/** Allows assigning roles and little else; Contributor does not allow it. */
const assignRoles = 'the Azure role Role Based Access Control Administrator at the scope';

/** The id of an assignment to remove: nothing else may be deleted. */
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
    const name = assignmentName({ scope, principalId, role: role.guid });
    const response = await untilSettled(() => put(arm, { scope, name, principalId, role }, call), {
      clock,
      call,
      isPassing: ({ upstream, message }) => /PrincipalNotFound/.test(`${upstream?.code ?? ''} ${message}`),
      note: 'The principal was too new to get a role at once: the request was repeated.',
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
  // With its type given, the principal is not looked up, which would fail for a new one.
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

/** Id of an assignment that exists under another name for the same scope, principal and role. */
async function findId(arm: ArmApi, { scope, principalId, role }: Placed, call: CallContext): Promise<string> {
  for await (const item of assignmentsAt(arm, scope, `principalId eq '${principalId}'`, call)) {
    const assignment = assignmentSchema.safeParse(item).data;
    if (assignment === undefined) continue;
    const { roleDefinitionId, scope: at } = assignment.properties;
    const isThere = withoutSlash(at ?? '').toLowerCase() === decodeURIComponent(scope).toLowerCase();
    if (isThere && roleGuid(roleDefinitionId) === role.guid) return assignment.id;
  }
  throw new AppError(
    'conflict',
    `The role ${quoted(role.name)} is assigned already, but the assignment is not listed.`,
    {
      hint: 'Call again in a minute; new assignments take a while to be listed.',
      retryable: true,
    },
  );
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

interface RoleDefinition {
  /** GUID, lower case. */
  readonly guid: string;
  /** As the service gives it; goes back to it in an assignment. */
  readonly id: string;
  readonly name: string;
}

const definitionSchema = z.object({
  id: z.string(),
  name: z.string(),
  properties: z.object({ roleName: z.string() }),
});

/**
 * The role of this name or GUID, as it is known at the scope: custom roles exist at some scopes only. Throws
 * `not_found` with the nearest names. https://learn.microsoft.com/rest/api/authorization/role-definitions/list
 */
async function resolveRole(arm: ArmApi, scope: string, role: string, call: CallContext): Promise<RoleDefinition> {
  const found = isGuid(role) ? await findByGuid(arm, scope, role, call) : await findByName(arm, scope, role, call);
  if (found !== undefined) return found;
  const all = await listDefinitions(arm, scope, undefined, call);
  // The service compares names exactly; one that differs only in case is meant.
  const alike = all.find(({ name }) => name.toLowerCase() === role.trim().toLowerCase());
  if (alike !== undefined) return alike;
  const { near: nearest, names: some } = offerNames(
    role,
    all.map(({ name }) => name),
  );
  const names = nearest.length > 0 ? nearest : some;
  const lead = nearest.length > 0 ? 'The nearest are' : 'Some of those that are known there:';
  const near = names.length === 0 ? '' : ` ${lead} ${quoteNames(names)}.`;
  throw new AppError('not_found', `There is no role ${JSON.stringify(role.slice(0, 200))} at ${scope}.${near}`, {
    hint: names.length === 0 ? 'Check the scope.' : 'Use the name or GUID of a role that is known there.',
    detail: { field: 'role', nearest: names },
  });
}

async function findByGuid(
  arm: ArmApi,
  scope: string,
  guid: string,
  call: CallContext,
): Promise<RoleDefinition | undefined> {
  const path = `${definitionsOf(scope)}/${guid.toLowerCase()}`;
  const request: ApiRequest = { method: 'GET', path, apiVersion: authorizationVersion, expectedStatuses: [404] };
  return readDefinition((await arm.send(request, call)).body);
}

async function findByName(
  arm: ArmApi,
  scope: string,
  role: string,
  call: CallContext,
): Promise<RoleDefinition | undefined> {
  const found = await listDefinitions(arm, scope, `roleName eq '${role.replaceAll("'", "''")}'`, call);
  return found.find(({ name }) => name.toLowerCase() === role.toLowerCase());
}

async function listDefinitions(
  arm: ArmApi,
  scope: string,
  filter: string | undefined,
  call: CallContext,
): Promise<readonly RoleDefinition[]> {
  const path = definitionsOf(scope);
  const params = filter === undefined ? {} : { $filter: filter };
  const found: RoleDefinition[] = [];
  for await (const page of arm.pages({ method: 'GET', path, params, apiVersion: authorizationVersion }, {}, call)) {
    found.push(...page.items.map(readDefinition).filter((definition) => definition !== undefined));
  }
  return found;
}

function definitionsOf(scope: string): string {
  return `${scope}/providers/Microsoft.Authorization/roleDefinitions`;
}

function readDefinition(item: unknown): RoleDefinition | undefined {
  const parsed = definitionSchema.safeParse(item).data;
  return parsed && { guid: parsed.name.toLowerCase(), id: parsed.id, name: parsed.properties.roleName };
}

const forms =
  'Use /subscriptions/{id}, optionally with /resourceGroups/{name} and a resource below it, or /providers/Microsoft.Management/managementGroups/{id}.';

/**
 * The path of an ARM scope, encoded for use in an address. Throws `invalid_argument` on anything that is no
 * subscription, group, resource or management group.
 */
export function scopePath(scope: string): string {
  if (!isScope(scope)) {
    throw invalidArgument(`The scope ${shown(scope)} is not one that a role can be assigned at.`, forms);
  }
  return `/${segmentsOf(scope).map(encodeURIComponent).join('/')}`;
}

/** Whether a text is the path of a subscription, group, resource or management group. */
function isScope(scope: string): boolean {
  const segments = segmentsOf(scope);
  const isPlain =
    scope.startsWith('/') &&
    scope.length <= 2_000 &&
    isPlainLine(scope) &&
    segments.every((segment) => /^[^?#%\\]{1,260}$/.test(segment) && !/^\.+$/.test(segment));
  return isPlain && (isManagementGroup(segments) || isBelowSubscription(segments));
}

function segmentsOf(scope: string): readonly string[] {
  return scope.replace(/\/$/, '').split('/').slice(1);
}

function isManagementGroup(segments: readonly string[]): boolean {
  const [providers, namespace, type, id] = segments;
  return (
    segments.length === 4 &&
    providers?.toLowerCase() === 'providers' &&
    namespace?.toLowerCase() === 'microsoft.management' &&
    type?.toLowerCase() === 'managementgroups' &&
    /^[\w().-]{1,90}$/.test(id ?? '')
  );
}

function isBelowSubscription([subscriptions, id = '', ...rest]: readonly string[]): boolean {
  if (subscriptions?.toLowerCase() !== 'subscriptions' || !isGuid(id)) return false;
  const isInGroup = rest[0]?.toLowerCase() === 'resourcegroups' && rest[1] !== undefined;
  const below = isInGroup ? rest.slice(2) : rest;
  if (below.length === 0) return rest.length === 0 || isInGroup;
  // providers/{namespace}, then pairs of type and name.
  return below[0]?.toLowerCase() === 'providers' && below.length >= 4 && below.length % 2 === 0;
}

function shown(scope: string): string {
  return JSON.stringify(scope.replace(/[^\x20-\x7e]/g, '?').slice(0, 200));
}

const identityPath =
  /^\/subscriptions\/[0-9a-f-]{36}\/resourcegroups\/[^/]+\/providers\/microsoft\.managedidentity\/userassignedidentities\/[^/]+$/i;

/** The encoded path of a user-assigned managed identity; throws `invalid_argument` for the id of something else. */
export function managedIdentityPath(resourceId: string): string {
  if (!identityPath.test(resourceId)) {
    throw invalidArgument(
      `${shown(resourceId)} is not the id of a user-assigned managed identity.`,
      'Use /subscriptions/{id}/resourceGroups/{group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{name}.',
    );
  }
  return scopePath(resourceId);
}
