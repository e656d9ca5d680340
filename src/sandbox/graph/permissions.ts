import { driveError } from './drive/drive-error.ts';
import { isDrivePath } from './drive/drive-path.ts';
import { forbidden, GraphError } from './graph-error.ts';
import type { ParsedGraphPath } from './parsed-path.ts';

/**
 * Least permissions of an app per kind of route, higher ones after them. Sources: the "Permissions" tables of the API
 * reference pages, "Microsoft Graph permissions reference".
 */
interface PermissionRule {
  /** Beginning of the route's template; the longest one that fits counts. */
  readonly route: string;
  readonly read?: string;
  readonly write?: string;
  /** Permissions that are needed besides one of `write`. */
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
const licences = 'LicenseAssignment.ReadWrite.All User.ReadWrite.All Directory.ReadWrite.All';
const grantWrites = 'DelegatedPermissionGrant.ReadWrite.All Directory.ReadWrite.All';
const devices = 'Device.Read.All Device.ReadWrite.All Directory.Read.All Directory.ReadWrite.All';
const roles =
  'RoleManagement.Read.Directory RoleManagement.ReadWrite.Directory Directory.Read.All Directory.ReadWrite.All';
const fileReads = 'Files.Read.All Files.ReadWrite.All Sites.Read.All Sites.ReadWrite.All';
const fileWrites = 'Files.ReadWrite.All Sites.ReadWrite.All';
const mailReads = 'Mail.ReadBasic.All Mail.Read Mail.ReadWrite';

const rules: readonly PermissionRule[] = [
  { route: '/users', read: `User.ReadBasic.All ${users}`, write: userWrites },
  { route: '/users/delta', read: users },
  { route: '/users/{id}/memberOf', read: directoryReads },
  { route: '/users/{id}/manager', read: users },
  { route: '/users/{id}/licenseDetails', read: `LicenseAssignment.Read.All LicenseAssignment.ReadWrite.All ${users}` },
  { route: '/users/{id}/assignLicense', write: licences },
  { route: '/users/{id}/reprocessLicenseAssignment', write: userWrites },
  { route: '/users/{id}/revokeSignInSessions', write: `User.RevokeSessions.All ${userWrites}` },
  {
    route: '/users/{id}/appRoleAssignments',
    read: `AppRoleAssignment.ReadWrite.All ${directoryReads}`,
    write: assignments,
  },
  { route: '/users/{id}/getMember', write: `${users} GroupMember.Read.All` },
  { route: '/users/{id}/checkMember', write: `${users} GroupMember.Read.All` },
  { route: '/users/{id}/messages', read: mailReads, write: 'Mail.ReadWrite' },
  { route: '/users/{id}/mailFolders', read: mailReads, write: 'Mail.ReadWrite' },
  { route: '/users/{id}/sendMail', write: 'Mail.Send' },
  { route: '/users/{id}/drive', read: fileReads, write: fileWrites },
  { route: '/drives', read: fileReads, write: fileWrites },
  {
    route: '/groups',
    read: `Group.ReadBasic.All GroupMember.Read.All ${groups}`,
    write: `Group.Create ${groupWrites}`,
  },
  { route: '/groups/{id}', read: `GroupMember.Read.All ${groups}`, write: groupWrites },
  { route: '/groups/{id}/members', read: groupMembers, write: memberWrites },
  { route: '/groups/{id}/transitiveMembers', read: groupMembers },
  { route: '/groups/{id}/owners', read: `GroupMember.Read.All ${groups}`, write: groupWrites },
  {
    route: '/groups/{id}/assignLicense',
    write: 'LicenseAssignment.ReadWrite.All Group.ReadWrite.All Directory.ReadWrite.All',
  },
  {
    route: '/groups/{id}/appRoleAssignments',
    read: `AppRoleAssignment.ReadWrite.All ${directoryReads}`,
    write: assignments,
  },
  { route: '/devices', read: devices, write: 'Device.ReadWrite.All Directory.ReadWrite.All' },
  // Owners of devices are changed by people only.
  { route: '/devices/{id}/registeredOwners', read: devices, write: 'Directory.AccessAsUser.All' },
  { route: '/devices/{id}/registeredUsers', read: devices, write: 'Directory.AccessAsUser.All' },
  { route: '/applications', read: apps, write: appWrites },
  { route: '/servicePrincipals', read: apps, write: appWrites },
  {
    route: '/servicePrincipals/{id}/appRoleAssign',
    read: `AppRoleAssignment.ReadWrite.All ${apps}`,
    write: assignments,
    alsoForWrite: 'Application.Read.All Application.ReadWrite.All Directory.Read.All Directory.ReadWrite.All',
  },
  { route: '/directoryRoles', read: roles, write: 'RoleManagement.ReadWrite.Directory' },
  {
    route: '/directory/administrativeUnits',
    read: `AdministrativeUnit.Read.All AdministrativeUnit.ReadWrite.All ${directoryReads}`,
    write: 'AdministrativeUnit.ReadWrite.All Directory.ReadWrite.All',
  },
  {
    route: '/directory/deletedItems',
    read: `${users} ${groups} ${apps}`,
    write: `User.DeleteRestore.All ${userWrites} ${groupWrites} Application.ReadWrite.All`,
  },
  { route: '/directory/deletedItems/microsoft.graph.user', read: users },
  { route: '/directory/deletedItems/microsoft.graph.group', read: groups },
  { route: '/directory/deletedItems/microsoft.graph.application', read: apps },
  { route: '/directory/deletedItems/microsoft.graph.servicePrincipal', read: apps },
  { route: '/directory/deletedItems/microsoft.graph.device', read: devices },
  { route: '/directoryObjects', read: directoryReads, write: directoryReads },
  { route: '/contacts', read: `OrgContact.Read.All ${directoryReads}` },
  { route: '/organization', read: `Organization.Read.All Organization.ReadWrite.All ${directoryReads}` },
  { route: '/domains', read: `Domain.Read.All Domain.ReadWrite.All ${directoryReads}`, write: 'Domain.ReadWrite.All' },
  {
    route: '/subscribedSkus',
    read: `LicenseAssignment.Read.All LicenseAssignment.ReadWrite.All Organization.Read.All ${directoryReads}`,
  },
  { route: '/oauth2PermissionGrants', read: `${grantWrites} ${directoryReads}`, write: grantWrites },
  { route: '/invitations', write: `User.Invite.All ${userWrites}` },
  { route: '/auditLogs', read: 'AuditLog.Read.All' },
];

/** Deleting a user has a permission of its own. */
const userDeletion = `User.DeleteRestore.All ${userWrites}`;

/** POSTs that only read. */
const readingOperations = [
  'getByIds',
  'getMemberGroups',
  'getMemberObjects',
  'checkMemberGroups',
  'checkMemberObjects',
];

/** Throws the 403 of a caller whose token does not carry a permission that the route needs. */
export function checkPermission(parsed: ParsedGraphPath, method: string, granted: readonly string[]): void {
  // A batch needs nothing itself, and what is one's own is refused or allowed by who asks.
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
  return rules
    .filter(({ route }) => template === route || template.startsWith(`${route}/`) || isOperationPrefix(route, template))
    .toSorted((left, right) => right.route.length - left.route.length)[0];
}

/** Routes that end in the beginning of a name: `getMember`, `appRoleAssign`. */
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

/** `User.ReadBasic.All` shows a few properties and nothing else. */
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
  administrativeUnit: `AdministrativeUnit.Read.All AdministrativeUnit.ReadWrite.All ${directoryReads}`,
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
