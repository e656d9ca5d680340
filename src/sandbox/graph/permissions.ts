import type { OperationTree, PermissionChoice } from '../../core/apis/graph/catalog/operation-tree.ts';
import { isEnough } from '../../core/apis/graph/explain/is-enough.ts';
import type { HttpMethod } from '../../core/http/api-client.ts';
import { accessDenied } from './drive/drive-error.ts';
import { isDrivePath } from './drive/drive-path.ts';
import { forbidden, GraphError, meOfApp } from './graph-error.ts';
import { setOfType } from './model/navigation.ts';
import type { GraphCaller, ParsedGraphPath } from './parsed-path.ts';

/** The caller, and what Microsoft's table says about operations. */
export interface Authorization {
  readonly caller: GraphCaller;
  /** From the catalog that the client explains its errors with: Microsoft's "Permissions" tables. */
  readonly operations: OperationTree;
}

const auditLogs = 'AuditLog.Read.All';

/** POSTs that only read. */
const readingOperations = 'getByIds getMemberGroups getMemberObjects checkMemberGroups checkMemberObjects'.split(' ');

/**
 * Throws 403 when the token lacks a permission that the route needs. `path` is that of the request below its version: a route that
 * is not modelled has no template to its end.
 */
export function checkPermission(
  parsed: ParsedGraphPath,
  method: string,
  authorization: Authorization,
  path = parsed.template,
): void {
  // A batch needs no permission of its own.
  if (parsed.operation === '$batch') return;
  if (parsed.names[0] === 'me' && authorization.caller.isApp) throw meOfApp();
  const isReading = parsed.operation !== undefined && readingOperations.includes(parsed.operation);
  const needed = neededFor([path, parsed.template], { method, version: parsed.version, isReading }, authorization);
  if (needed === undefined) return;
  if (!isEnough(needed, authorization.caller.roles)) throw refusal(parsed, needed);
  checkSignInActivity(parsed, authorization);
  checkBasicProfile(parsed, needed, authorization);
}

/** The same for a path that the sandbox has no model of at all. Says whether there is such an operation. */
export function checkUnmodelled(
  path: string,
  wanted: Pick<Wanted, 'method' | 'version'>,
  authorization: Authorization,
): boolean {
  const needed = exactly(path, wanted, authorization);
  if (needed !== undefined && authorization.caller.isApp && /^\/me(?:\/|$)/i.test(path)) throw meOfApp();
  if (needed !== undefined && !isEnough(needed, authorization.caller.roles)) throw forbidden(needed.least);
  return needed !== undefined;
}

interface Wanted {
  readonly method: string;
  /** v1.0 does not have what only beta has. */
  readonly version: string;
  /** Whatever the method, nothing is changed. */
  readonly isReading: boolean;
}

/**
 * What a route takes. A route that Microsoft's table does not have takes what its nearest ancestor does; one without such an
 * ancestor takes nothing, and is refused for another reason.
 */
function neededFor(
  [path, template]: readonly [string, string],
  { method, version, isReading }: Wanted,
  authorization: Authorization,
): PermissionChoice | undefined {
  const wanted = { method, version };
  const exact = exactly(path, wanted, authorization) ?? exactly(template, wanted, authorization);
  if (exact !== undefined) return exact;
  const methods = isReading || isRead(method) ? ['GET'] : ['PATCH', 'POST', 'PUT', 'DELETE'];
  const segments = template.split('/');
  for (let length = segments.length - 1; length > 1; length--) {
    const ancestor = segments.slice(0, length).join('/');
    for (const other of methods) {
      const needed = exactly(ancestor, { method: other, version }, authorization);
      if (needed !== undefined) return needed;
    }
  }
  return undefined;
}

function exactly(
  path: string,
  { method, version }: Pick<Wanted, 'method' | 'version'>,
  { operations, caller }: Authorization,
): PermissionChoice | undefined {
  // Methods that the table does not have are not found.
  const operation = operations.find(isRead(method) ? 'GET' : (method as HttpMethod), path);
  if (operation?.isBetaOnly === true && version !== 'beta') return undefined;
  return caller.isApp ? operation?.application : operation?.delegated;
}

function isRead(method: string): boolean {
  return method === 'GET' || method === 'HEAD';
}

function refusal(parsed: ParsedGraphPath, { least }: PermissionChoice): GraphError {
  if (parsed.template.startsWith('/auditLogs')) return missingAuditPermission();
  return isDrivePath(parsed) ? accessDenied(least) : forbidden(least);
}

/** `signInActivity` is part of the audit logs wherever it is shown. */
function checkSignInActivity({ query }: ParsedGraphPath, { caller }: Authorization): void {
  const isAsked = `${query.get('$select')},${query.get('$filter')}`.toLowerCase().includes('signinactivity');
  if (isAsked && !caller.roles.includes(auditLogs)) throw missingAuditPermission();
}

const basicProfile = ['displayname', 'givenname', 'id', 'mail', 'photo', 'surname', 'userprincipalname'];

/** `User.ReadBasic.All` shows only a few properties. */
function checkBasicProfile(parsed: ParsedGraphPath, needed: PermissionChoice, { caller }: Authorization): void {
  if (parsed.names[0] !== 'users' || parsed.names.length > 1) return;
  const accepted = needed.accepted.filter((name) => !name.includes('ReadBasic'));
  if (isEnough({ least: accepted.slice(0, 1), accepted }, caller.roles)) return;
  const select = parsed.query.get('$select')?.toLowerCase().split(',') ?? [];
  if (select.some((name) => !basicProfile.includes(name.trim()))) throw forbidden(accepted.slice(0, 1));
}

/** Whether a caller sees more than the id of an object of this type in a mixed list. */
export function canRead(type: string, authorization: Authorization): boolean {
  const needed = exactly(`/${setOfType.get(type)}/{id}`, { method: 'GET', version: 'v1.0' }, authorization);
  return needed === undefined || isEnough(needed, authorization.caller.roles);
}

function missingAuditPermission(): GraphError {
  return new GraphError(
    403,
    'Authentication_MSGraphPermissionMissing',
    `The principal does not have required Microsoft Graph permission(s): ${auditLogs} to call this API. For more information about Microsoft Graph permissions, please visit https://learn.microsoft.com/graph/permissions-overview.`,
    { needs: [auditLogs] },
  );
}
