import type { Entity, EntityStore } from '../../base/entity-store.ts';
import type { SandboxContext } from '../../base/service.ts';
import { guidBytes } from '../../seed/guid.ts';

/** Some actions of each seeded role, as "Microsoft Entra built-in roles" lists them; the real lists are longer. */
const actionsOf: Readonly<Record<string, readonly string[]>> = {
  'Global Administrator': ['users/allProperties/allTasks', 'groups/allProperties/allTasks'],
  'User Administrator': ['users/create', 'users/delete', 'users/basic/update'],
  'License Administrator': ['users/assignLicense', 'users/reprocessLicenseAssignment', 'groups/assignLicense'],
  'Helpdesk Administrator': ['users/password/update', 'users/invalidateAllRefreshTokens'],
  'Application Administrator': ['applications/create', 'applications/delete', 'servicePrincipals/create'],
  'Global Reader': ['users/allProperties/read', 'groups/allProperties/read'],
  'Directory Readers': ['users/standard/read', 'groups/standard/read'],
  'Privileged Role Administrator': [
    'directoryRoles/allProperties/allTasks',
    'servicePrincipals/appRoleAssignedTo/read',
  ],
};

/** A role as `/roleManagement/directory/roleDefinitions` shows it: by its template. Source: "unifiedRoleDefinition". */
export function roleDefinitions(store: EntityStore): readonly Entity[] {
  return [...store.scan('directoryRole')].map(({ entity }) => {
    const displayName = String(entity['displayName']);
    const actions = (actionsOf[displayName] ?? []).map((action) => `microsoft.directory/${action}`);
    return {
      id: String(entity['roleTemplateId']),
      description: entity['description'],
      displayName,
      isBuiltIn: true,
      isEnabled: true,
      resourceScopes: ['/'],
      templateId: entity['roleTemplateId'],
      version: '1',
      rolePermissions: [{ allowedResourceActions: actions, condition: null }],
    };
  });
}

/** A member of a role, and the role's object in the directory. */
export interface RoleAssignment {
  readonly roleId: string;
  readonly entity: Entity;
}

/** The members of the directory's roles as assignments in the whole tenant. Source: "unifiedRoleAssignment". */
export function roleAssignments(store: EntityStore): readonly RoleAssignment[] {
  return [...store.scan('directoryRole')].flatMap(({ entity: role }) => {
    const roleDefinitionId = String(role['roleTemplateId']);
    const members = store.links('directoryRole.members', role.id).filter((id) => store.typeOf(id) !== undefined);
    return members.map((principalId) => ({
      roleId: role.id,
      entity: {
        id: assignmentIdOf(roleDefinitionId, principalId),
        principalId,
        roleDefinitionId,
        directoryScopeId: '/',
        appScopeId: null,
        condition: null,
      },
    }));
  });
}

/** Like the service's ids: they encode the role and the principal. */
function assignmentIdOf(roleDefinitionId: string, principalId: string): string {
  return `${Buffer.concat([roleDefinitionId, principalId].map(guidBytes)).toString('base64url')}-1`;
}

/** Every assignment as an active instance without an end. Source: "unifiedRoleAssignmentScheduleInstance". */
export function assignmentInstances({ store, tenant }: Pick<SandboxContext, 'store' | 'tenant'>): readonly Entity[] {
  return roleAssignments(store).map(({ entity: { id, principalId, roleDefinitionId, directoryScopeId } }) => ({
    id,
    principalId,
    roleDefinitionId,
    directoryScopeId,
    appScopeId: null,
    startDateTime: tenant.createdAt,
    endDateTime: null,
    assignmentType: 'Assigned',
    memberType: 'Direct',
    roleAssignmentOriginId: id,
    roleAssignmentScheduleId: id,
  }));
}
