import type { PermissionData, PermissionOperation, Scheme } from './read-permissions.ts';

// Operations of everyday use that the permission data leaves out, after their reference pages: method, path, for apps and
// for people. https://learn.microsoft.com/graph/api/group-post-members, …/directory-deleteditems-list, …-delete
const rows: readonly (readonly [method: string, path: string, permissions: string])[] = [
  ['POST', '/groups/{id}/members', 'GroupMember.ReadWrite.All Group.ReadWrite.All'],
  ['GET', '/directory/deletedItems/microsoft.graph.user', 'User.Read.All User.ReadWrite.All Directory.Read.All'],
  ['GET', '/directory/deletedItems/microsoft.graph.group', 'Group.Read.All Group.ReadWrite.All Directory.Read.All'],
  [
    'GET',
    '/directory/deletedItems/microsoft.graph.application',
    'Application.Read.All Application.ReadWrite.All Directory.Read.All',
  ],
  [
    'GET',
    '/directory/deletedItems/microsoft.graph.servicePrincipal',
    'Application.Read.All Application.ReadWrite.All Directory.Read.All',
  ],
  ['GET', '/directory/deletedItems/microsoft.graph.device', 'Device.Read.All Device.ReadWrite.All Directory.Read.All'],
  [
    'GET',
    '/directory/deletedItems/microsoft.graph.administrativeUnit',
    'AdministrativeUnit.Read.All AdministrativeUnit.ReadWrite.All Directory.Read.All',
  ],
  ['GET', '/directory/deletedItems/{id}', 'Directory.Read.All User.Read.All Group.Read.All Application.Read.All'],
  ['DELETE', '/directory/deletedItems/{id}', 'User.DeleteRestore.All Group.ReadWrite.All Application.ReadWrite.All'],
  ['GET', '/directory/deviceLocalCredentials', 'DeviceLocalCredential.ReadBasic.All DeviceLocalCredential.Read.All'],
  ['GET', '/directory/deviceLocalCredentials/{id}', 'DeviceLocalCredential.Read.All'],
];

/** The data with the rows above, where it does not know better by now. The first permission of a row is the least. */
export function supplement(data: PermissionData): PermissionData {
  const byName = new Map(data.permissions.map((permission) => [permission.name, permission]));
  const operations = new Map(data.operations);
  for (const [method, path, names] of rows) {
    const key = `${method} ${path.toLowerCase()}`;
    if (operations.has(key)) continue;
    const accept = (use: Scheme): PermissionOperation['accepted'][Scheme] =>
      names.split(' ').flatMap((name, index) => {
        const permission = byName.get(name);
        return permission?.ids[use] === undefined ? [] : [{ permission, isMarkedLeast: index === 0, alsoOneOf: [] }];
      });
    operations.set(key, {
      method,
      path,
      accepted: { Application: accept('Application'), DelegatedWork: accept('DelegatedWork') },
    });
  }
  return { ...data, operations };
}
