import type { TokenClaims } from '../../auth/token-claims.ts';
import type { HttpMethod } from '../../http/api-client.ts';
import { pathSegments } from './advanced/directory-path.ts';

/** Least-privileged permissions of an operation, all of each list together. */
export interface OperationPermissions {
  /** App-only; empty when the operation does not exist for apps. */
  readonly application: readonly string[];
  /** On behalf of a signed-in person. */
  readonly delegated: readonly string[];
}

/** Knows which permission an operation needs. */
export interface PermissionIndex {
  /** `path` is below the version root. Undefined when the operation is not known. */
  leastPrivileged(method: HttpMethod, path: string): OperationPermissions | undefined;
}

/** Methods, path pattern (`*` is any one segment, `**` any number of them), application, delegated (default: the same). */
type Row = readonly [methods: string, path: string, application: string, delegated?: string];

// Source: Microsoft Graph permissions reference, https://learn.microsoft.com/graph/permissions-reference. First match wins.
const table: readonly Row[] = [
  ['GET', 'me', '', 'User.Read'],
  ['GET', 'users/*/memberof/**', 'Directory.Read.All', 'User.Read'],
  ['GET', 'users/*/transitivememberof/**', 'User.Read.All', 'User.Read'],
  ['GET', 'users/*/manager', 'User.Read.All'],
  ['GET', 'users/*/directreports/**', 'User.Read.All', 'User.Read'],
  ['GET', 'users/*/owneddevices/**', 'User.Read.All', 'User.Read'],
  ['GET', 'users/*/registereddevices/**', 'User.Read.All', 'User.Read'],
  ['PUT DELETE', 'users/*/manager/$ref', 'User.ReadWrite.All'],
  ['GET', 'users/*/licensedetails', 'LicenseAssignment.Read.All'],
  ['POST', 'users/*/assignlicense', 'LicenseAssignment.ReadWrite.All'],
  ['POST', 'groups/*/assignlicense', 'LicenseAssignment.ReadWrite.All'],
  ['POST', 'users/*/reprocesslicenseassignment', 'User.ReadWrite.All'],
  ['POST', 'users/*/revokesigninsessions', 'User.RevokeSessions.All'],
  ['GET', 'users/*/approleassignments/**', 'Directory.Read.All', 'AppRoleAssignment.ReadWrite.All'],
  ['POST DELETE', 'users/*/approleassignments/**', 'AppRoleAssignment.ReadWrite.All'],
  ['GET', 'users/*/authentication/**', 'UserAuthenticationMethod.Read.All'],
  ['GET', 'users/*/messages/*', 'Mail.Read'],
  ['GET', 'users/*/messages', 'Mail.ReadBasic.All', 'Mail.ReadBasic'],
  ['GET', 'users/*/mailfolders/**', 'Mail.ReadBasic.All', 'Mail.ReadBasic'],
  ['POST', 'users/*/sendmail', 'Mail.Send'],
  ['GET', 'users/*/events/**', 'Calendars.ReadBasic.All', 'Calendars.ReadBasic'],
  ['GET', 'users/*/calendarview', 'Calendars.ReadBasic.All', 'Calendars.ReadBasic'],
  ['POST PATCH DELETE', 'users/*/events/**', 'Calendars.ReadWrite'],
  ['GET', 'users/*/drive/**', 'Files.Read.All', 'Files.Read'],
  ['GET', 'users/delta', 'User.Read.All'],
  ['GET', 'users', 'User.ReadBasic.All'],
  ['GET', 'users/$count', 'User.ReadBasic.All'],
  ['GET', 'users/*', 'User.ReadBasic.All'],
  ['POST', 'users', 'User.ReadWrite.All'],
  ['PATCH', 'users/*', 'User.ReadWrite.All'],
  ['DELETE', 'users/*', 'User.DeleteRestore.All'],
  ['POST', 'invitations', 'User.Invite.All'],
  ['GET', 'groups', 'Group.ReadBasic.All'],
  ['GET', 'groups/$count', 'Group.ReadBasic.All'],
  ['GET', 'groups/delta', 'Group.ReadBasic.All'],
  ['GET', 'groups/*/members/**', 'GroupMember.ReadBasic.All'],
  ['GET', 'groups/*/transitivemembers/**', 'GroupMember.ReadBasic.All'],
  ['GET', 'groups/*/owners/**', 'GroupMember.Read.All'],
  ['POST DELETE', 'groups/*/members/**', 'GroupMember.ReadWrite.All'],
  ['POST DELETE', 'groups/*/owners/**', 'Group.ReadWrite.All'],
  ['GET', 'groups/*', 'GroupMember.Read.All'],
  ['POST', 'groups', 'Group.Create', 'Group.ReadWrite.All'],
  ['PATCH DELETE', 'groups/*', 'Group.ReadWrite.All'],
  ['GET', 'subscribedskus/**', 'LicenseAssignment.Read.All'],
  ['GET', 'organization/**', 'Organization.Read.All', 'User.Read'],
  ['GET', 'domains/**', 'Domain.Read.All'],
  ['GET', 'devices/**', 'Device.Read.All'],
  ['POST DELETE', 'devices/*/registeredowners/**', '', 'Directory.AccessAsUser.All'],
  ['POST DELETE', 'devices/*/registeredusers/**', '', 'Directory.AccessAsUser.All'],
  ['PATCH DELETE', 'devices/*', 'Device.ReadWrite.All', 'Directory.AccessAsUser.All'],
  ['GET', 'applications/**', 'Application.Read.All'],
  ['POST PATCH DELETE', 'applications/**', 'Application.ReadWrite.OwnedBy', 'Application.ReadWrite.All'],
  ['POST', 'serviceprincipals/*/approleassignments', 'AppRoleAssignment.ReadWrite.All Application.Read.All'],
  ['POST', 'serviceprincipals/*/approleassignedto', 'AppRoleAssignment.ReadWrite.All Application.Read.All'],
  ['DELETE', 'serviceprincipals/*/approleassignments/*', 'AppRoleAssignment.ReadWrite.All'],
  ['DELETE', 'serviceprincipals/*/approleassignedto/*', 'AppRoleAssignment.ReadWrite.All'],
  ['GET', 'serviceprincipals/**', 'Application.Read.All'],
  ['POST PATCH DELETE', 'serviceprincipals/**', 'Application.ReadWrite.OwnedBy', 'Application.ReadWrite.All'],
  ['GET', 'oauth2permissiongrants/**', 'Directory.Read.All'],
  ['POST PATCH DELETE', 'oauth2permissiongrants/**', 'DelegatedPermissionGrant.ReadWrite.All'],
  ['GET', 'directory/deleteditems/microsoft.graph.user/**', 'User.Read.All'],
  ['GET', 'directory/deleteditems/microsoft.graph.group/**', 'Group.Read.All'],
  ['GET', 'directory/deleteditems/**', 'Application.Read.All'],
  ['POST', 'directory/deleteditems/*/restore', 'User.DeleteRestore.All'],
  ['GET', 'directory/administrativeunits/**', 'AdministrativeUnit.Read.All'],
  ['POST', 'directoryobjects/getbyids', 'Directory.Read.All'],
  ['GET', 'directoryroles/**', 'RoleManagement.Read.Directory'],
  ['GET', 'rolemanagement/**', 'RoleManagement.Read.Directory'],
  ['POST PATCH DELETE', 'directoryroles/**', 'RoleManagement.ReadWrite.Directory'],
  ['POST PATCH DELETE', 'rolemanagement/**', 'RoleManagement.ReadWrite.Directory'],
  ['GET', 'auditlogs/**', 'AuditLog.Read.All'],
  ['GET', 'reports/authenticationmethods/**', 'AuditLog.Read.All'],
  ['GET', 'reports/**', 'Reports.Read.All'],
  ['GET', 'identity/conditionalaccess/**', 'Policy.Read.All'],
  ['POST PATCH DELETE', 'identity/conditionalaccess/**', 'Policy.Read.All Policy.ReadWrite.ConditionalAccess'],
  ['GET', 'policies/**', 'Policy.Read.All'],
  ['GET', 'identityprotection/**', 'IdentityRiskyUser.Read.All'],
  ['GET', 'devicemanagement/manageddevices/**', 'DeviceManagementManagedDevices.Read.All'],
  ['POST', 'devicemanagement/manageddevices/**', 'DeviceManagementManagedDevices.PrivilegedOperations.All'],
  ['POST', 'drives/*/items/*/createuploadsession', 'Files.ReadWrite.All', 'Files.ReadWrite'],
  ['GET', 'drives/**', 'Files.Read.All', 'Files.Read'],
  ['PUT POST PATCH DELETE', 'drives/**', 'Files.ReadWrite.All', 'Files.ReadWrite'],
  ['GET', 'sites/**', 'Sites.Read.All'],
  ['POST PATCH PUT DELETE', 'sites/**', 'Sites.ReadWrite.All'],
  ['GET', 'teams/*/channels/**', 'Channel.ReadBasic.All'],
  ['POST', 'teams/*/channels/*/messages', 'Teamwork.Migrate.All', 'ChannelMessage.Send'],
  ['GET', 'teams/**', 'Team.ReadBasic.All'],
  ['POST', 'teams', 'Team.Create'],
  ['GET', 'security/alerts_v2/**', 'SecurityAlert.Read.All'],
  ['GET', 'security/incidents/**', 'SecurityIncident.Read.All'],
  ['GET', 'admin/serviceannouncement/**', 'ServiceMessage.Read.All'],
  ['GET', 'contacts/**', 'OrgContact.Read.All'],
];

function matches(pattern: readonly string[], segments: readonly string[]): boolean {
  for (const [index, part] of pattern.entries()) {
    if (part === '**') return true;
    const segment = segments[index];
    if (segment === undefined || (part !== '*' && part !== segment)) return false;
  }
  return pattern.length === segments.length;
}

function split(text: string): readonly string[] {
  return text === '' ? [] : text.split(' ');
}

function toPermissions([, , application, delegated]: Row): OperationPermissions {
  return { application: split(application), delegated: split(delegated ?? application) };
}

/** The everyday operations. A generated index of all of Graph can replace it. */
export const permissionTable: PermissionIndex = {
  leastPrivileged(method: HttpMethod, path: string): OperationPermissions | undefined {
    const given = pathSegments(path);
    const segments = given[0] === 'me' && given.length > 1 ? ['users', '*', ...given.slice(1)] : given;
    const row = table.find(
      ([methods, pattern]) => methods.split(' ').includes(method) && matches(pattern.split('/'), segments),
    );
    return row === undefined ? undefined : toPermissions(row);
  },
};

/**
 * Whether the token of a connection has what a refused operation needs: one sentence, empty when that is unknown. Only to
 * explain a refusal: the service decides what a token may do, and its format may change.
 */
export function describeGrant(claims: TokenClaims | undefined, permissions: OperationPermissions | undefined): string {
  if (claims === undefined || permissions === undefined) return '';
  const needed = claims.isPerson ? permissions.delegated : permissions.application;
  if (needed.length === 0) return '';
  const granted = claims.isPerson ? claims.scopes : claims.roles;
  const missing = needed.filter((name) => !granted.some((held) => covers(held, name)));
  if (missing.length === 0) {
    return 'The token has it already: the object may be protected, or a directory role is needed too.';
  }
  const kind = claims.isPerson ? 'scopes' : 'application permissions';
  return granted.length === 0 ? `The token has no ${kind}.` : `The token does not have ${missing.join(' and ')}.`;
}

/** `User.Read.All` is part of `User.ReadWrite.All`, and most of the directory's of `Directory.ReadWrite.All`. */
function covers(granted: string, needed: string): boolean {
  if (granted === needed || granted === needed.replace('.ReadBasic.', '.Read.')) return true;
  const stronger = needed.replace(/\.(?:ReadBasic|Read)\./, '.ReadWrite.');
  return granted === stronger || granted === needed.replace('.OwnedBy', '.All');
}
