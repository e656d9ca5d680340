import { driveError } from './drive/drive-error.ts';
import { isDrivePath } from './drive/drive-path.ts';
import { forbidden, GraphError } from './graph-error.ts';
import type { ParsedGraphPath } from './parsed-path.ts';

/**
 * Permissions of an app for one kind of route, least privileged first. Sources: the "Permissions" tables of the API
 * reference pages, "Microsoft Graph permissions reference".
 */
interface PermissionRule {
  readonly read?: string;
  readonly write?: string;
  /** One of these is needed in addition to one of `write`. */
  readonly alsoForWrite?: string;
}

const users = 'User.Read.All User.ReadWrite.All Directory.Read.All Directory.ReadWrite.All';
const userWrites = 'User.ReadWrite.All Directory.ReadWrite.All';
const groups = 'Group.Read.All Group.ReadWrite.All Directory.Read.All Directory.ReadWrite.All';
const groupWrites = 'Group.ReadWrite.All Directory.ReadWrite.All';
const groupMembers = `GroupMember.ReadBasic.All GroupMember.Read.All GroupMember.ReadWrite.All ${groups}`;
const memberWrites = 'GroupMember.ReadWrite.All Group.ReadWrite.All Directory.ReadWrite.All';
const apps =
  'Application.Read.All Application.ReadWrite.OwnedBy Application.ReadWrite.All Directory.Read.All Directory.ReadWrite.All';
const appWrites = 'Application.ReadWrite.OwnedBy Application.ReadWrite.All Directory.ReadWrite.All';
const directoryReads = 'Directory.Read.All Directory.ReadWrite.All';
const assignments = 'AppRoleAssignment.ReadWrite.All';
const assignmentReads = `${assignments} ${directoryReads}`;
const licences = 'LicenseAssignment.ReadWrite.All User.ReadWrite.All Directory.ReadWrite.All';
const grantWrites = 'DelegatedPermissionGrant.ReadWrite.All Directory.ReadWrite.All';
const devices = 'Device.Read.All Device.ReadWrite.All Directory.Read.All Directory.ReadWrite.All';
const roles =
  'RoleManagement.Read.Directory RoleManagement.ReadWrite.Directory Directory.Read.All Directory.ReadWrite.All';
const units = `AdministrativeUnit.Read.All AdministrativeUnit.ReadWrite.All ${directoryReads}`;
const fileReads = 'Files.Read.All Files.ReadWrite.All Sites.Read.All Sites.ReadWrite.All';
const fileWrites = 'Files.ReadWrite.All Sites.ReadWrite.All';
const mailReads = 'Mail.ReadBasic.All Mail.Read Mail.ReadWrite';

/** By the beginning of the template; the longest one that fits counts. */
const rules: Readonly<Record<string, PermissionRule>> = {
  '/users': { read: `User.ReadBasic.All ${users}`, write: userWrites },
  '/users/delta': { read: users },
  '/users/{id}/memberOf': { read: directoryReads },
  '/users/{id}/manager': { read: users },
  '/users/{id}/licenseDetails': { read: `LicenseAssignment.Read.All LicenseAssignment.ReadWrite.All ${users}` },
  '/users/{id}/assignLicense': { write: licences },
  '/users/{id}/reprocessLicenseAssignment': { write: userWrites },
  '/users/{id}/revokeSignInSessions': { write: `User.RevokeSessions.All ${userWrites}` },
  '/users/{id}/appRoleAssignments': { read: assignmentReads, write: assignments },
  '/users/{id}/getMember': { write: `${users} GroupMember.Read.All` },
  '/users/{id}/checkMember': { write: `${users} GroupMember.Read.All` },
  '/users/{id}/messages': { read: mailReads, write: 'Mail.ReadWrite' },
  '/users/{id}/mailFolders': { read: mailReads, write: 'Mail.ReadWrite' },
  '/users/{id}/sendMail': { write: 'Mail.Send' },
  '/users/{id}/drive': { read: fileReads, write: fileWrites },
  '/drives': { read: fileReads, write: fileWrites },
  '/groups': { read: `Group.ReadBasic.All GroupMember.Read.All ${groups}`, write: `Group.Create ${groupWrites}` },
  '/groups/{id}': { read: `GroupMember.Read.All ${groups}`, write: groupWrites },
  '/groups/{id}/members': { read: groupMembers, write: memberWrites },
  '/groups/{id}/transitiveMembers': { read: groupMembers },
  '/groups/{id}/owners': { read: `GroupMember.Read.All ${groups}`, write: groupWrites },
  '/groups/{id}/assignLicense': {
    write: 'LicenseAssignment.ReadWrite.All Group.ReadWrite.All Directory.ReadWrite.All',
  },
  '/groups/{id}/appRoleAssignments': { read: assignmentReads, write: assignments },
  '/devices': { read: devices, write: 'Device.ReadWrite.All Directory.ReadWrite.All' },
  // Only people can change the owners of a device.
  '/devices/{id}/registeredOwners': { read: devices, write: 'Directory.AccessAsUser.All' },
  '/devices/{id}/registeredUsers': { read: devices, write: 'Directory.AccessAsUser.All' },
  '/applications': { read: apps, write: appWrites },
  '/servicePrincipals': { read: apps, write: appWrites },
  '/servicePrincipals/{id}/appRoleAssign': {
    read: `AppRoleAssignment.ReadWrite.All ${apps}`,
    write: assignments,
    alsoForWrite: 'Application.Read.All Application.ReadWrite.All Directory.Read.All Directory.ReadWrite.All',
  },
  '/directoryRoles': { read: roles, write: 'RoleManagement.ReadWrite.Directory' },
  '/roleManagement': {
    read: `RoleManagement.Read.All ${roles}`,
    write: 'RoleManagement.ReadWrite.Directory',
  },
  '/directory/administrativeUnits': { read: units, write: 'AdministrativeUnit.ReadWrite.All Directory.ReadWrite.All' },
  '/directory/deletedItems': {
    read: `${users} ${groups} ${apps}`,
    write: `User.DeleteRestore.All ${userWrites} ${groupWrites} Application.ReadWrite.All`,
  },
  '/directory/deletedItems/microsoft.graph.user': { read: users },
  '/directory/deletedItems/microsoft.graph.group': { read: groups },
  '/directory/deletedItems/microsoft.graph.application': { read: apps },
  '/directory/deletedItems/microsoft.graph.servicePrincipal': { read: apps },
  '/directory/deletedItems/microsoft.graph.device': { read: devices },
  '/directoryObjects': { read: directoryReads, write: directoryReads },
  '/contacts': { read: `OrgContact.Read.All ${directoryReads}` },
  '/organization': { read: `Organization.Read.All Organization.ReadWrite.All ${directoryReads}` },
  '/domains': { read: `Domain.Read.All Domain.ReadWrite.All ${directoryReads}`, write: 'Domain.ReadWrite.All' },
  '/subscribedSkus': {
    read: `LicenseAssignment.Read.All LicenseAssignment.ReadWrite.All Organization.Read.All ${directoryReads}`,
  },
  '/oauth2PermissionGrants': { read: `${grantWrites} ${directoryReads}`, write: grantWrites },
  '/invitations': { write: `User.Invite.All ${userWrites}` },
  '/auditLogs': { read: 'AuditLog.Read.All' },
  '/reports/authenticationMethods': { read: 'AuditLog.Read.All' },
};

/** Deleting a user has its own permission. */
const userDeletion = `User.DeleteRestore.All ${userWrites}`;

/** POSTs that only read. */
const readingOperations = 'getByIds getMemberGroups getMemberObjects checkMemberGroups checkMemberObjects'.split(' ');

/** Throws 403 when the token lacks a permission that the route needs. */
export function checkPermission(parsed: ParsedGraphPath, method: string, granted: readonly string[]): void {
  // A batch needs no permission of its own; `/me` is allowed or refused by the kind of caller.
  if (parsed.operation === '$batch' || parsed.names[0] === 'me') return;
  const { template } = parsed;
  const rule = ruleOf(template);
  if (!rule) return;
  const isRead = method === 'GET' || method === 'HEAD';
  const needed = (isRead ? rule.read : writeOf(rule, template, method)) ?? rule.write ?? rule.read ?? '';
  const also = isRead ? undefined : rule.alsoForWrite;
  const isOperationRead = parsed.operation !== undefined && readingOperations.includes(parsed.operation);
  const holds = hasAny(needed, granted) && (also === undefined || hasAny(also, granted));
  if (holds || (isOperationRead && hasAny(rule.read ?? '', granted))) {
    checkSignInActivity(parsed, granted);
    checkBasicProfile(parsed, granted);
    return;
  }
  if (template.startsWith('/auditLogs')) throw missingAuditPermission();
  throw isDrivePath(parsed) ? driveError(403, 'accessDenied', 'Access denied') : forbidden();
}

function writeOf(rule: PermissionRule, template: string, method: string): string | undefined {
  return method === 'DELETE' && template === '/users/{id}' ? userDeletion : rule.write;
}

function ruleOf(template: string): PermissionRule | undefined {
  const [longest] = Object.keys(rules)
    .filter((route) => template === route || template.startsWith(`${route}/`) || isOperationPrefix(route, template))
    .toSorted((left, right) => right.length - left.length);
  return longest === undefined ? undefined : rules[longest];
}

/** Routes that end with the beginning of a name, such as `getMember` or `appRoleAssign`. */
function isOperationPrefix(route: string, template: string): boolean {
  return /\/(getMember|checkMember|appRoleAssign)$/.test(route) && template.startsWith(route);
}

function hasAny(needed: string, granted: readonly string[]): boolean {
  return needed.split(' ').some((permission) => granted.includes(permission));
}

/** `signInActivity` is part of the audit logs wherever it is shown. */
function checkSignInActivity({ query }: ParsedGraphPath, granted: readonly string[]): void {
  const isAsked = `${query.get('$select')},${query.get('$filter')}`.toLowerCase().includes('signinactivity');
  if (isAsked && !granted.includes('AuditLog.Read.All')) throw missingAuditPermission();
}

const basicProfile = ['displayname', 'givenname', 'id', 'mail', 'photo', 'surname', 'userprincipalname'];

/** `User.ReadBasic.All` shows only a few properties. */
function checkBasicProfile(parsed: ParsedGraphPath, granted: readonly string[]): void {
  if (parsed.names[0] !== 'users' || parsed.names.length > 1 || hasAny(users, granted)) return;
  const select = parsed.query.get('$select')?.toLowerCase().split(',') ?? [];
  if (select.some((name) => !basicProfile.includes(name.trim()))) throw forbidden();
}

const readersOfType: Readonly<Record<string, string>> = {
  user: `User.ReadBasic.All ${users}`,
  group: `Group.ReadBasic.All GroupMember.Read.All ${groups}`,
  device: devices,
  application: apps,
  servicePrincipal: apps,
  directoryRole: roles,
  orgContact: `OrgContact.Read.All ${directoryReads}`,
  administrativeUnit: units,
};

/** Whether a caller sees more than the id of an object of this type in a mixed list. */
export function canRead(type: string, granted: readonly string[]): boolean {
  const readers = readersOfType[type];
  return readers === undefined || hasAny(readers, granted);
}

function missingAuditPermission(): GraphError {
  return new GraphError(
    403,
    'Authentication_MSGraphPermissionMissing',
    'The principal does not have required Microsoft Graph permission(s): AuditLog.Read.All to call this API. For more information about Microsoft Graph permissions, please visit https://learn.microsoft.com/graph/permissions-overview.',
  );
}
