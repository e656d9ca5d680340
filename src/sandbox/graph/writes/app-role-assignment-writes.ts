import type { Entity, EntityType, Relation } from '../../entity-store.ts';
import { isReplicated } from '../../replication-lag.ts';
import { requestBadRequest, resourceNotFound } from '../graph-error.ts';
import type { GraphCallContext, GraphHandler, ParsedGraphPath } from '../parsed-path.ts';
import { resolveEntity } from '../reads/resolve-entity.ts';
import type { GraphRoutes } from './write-handler.ts';
import { isObject, noContent, nowText, readBody, requireProperties } from './write-input.ts';

type PrincipalType = Extract<EntityType, 'user' | 'group' | 'servicePrincipal'>;

const principalTypeNames: Readonly<Record<PrincipalType, string>> = {
  user: 'User',
  group: 'Group',
  servicePrincipal: 'ServicePrincipal',
};

/** "Default access", for resources that define no roles. */
const noRole = '00000000-0000-0000-0000-000000000000';

const grant: GraphHandler = async (parsed, request, context) => {
  const { entity: addressed } = resolveEntity(parsed.names, parsed.keys[0] ?? { value: '' }, context.store);
  const body = readBody(request);
  requireProperties(body, ['principalId', 'resourceId', 'appRoleId'], 'AppRoleAssignment');
  const principalId = String(body['principalId']).toLowerCase();
  const resourceId = String(body['resourceId']).toLowerCase();
  const appRoleId = String(body['appRoleId']).toLowerCase();
  const isOnResource = parsed.names.at(-1) === 'appRoleAssignedTo';
  if (addressed.id !== (isOnResource ? resourceId : principalId)) {
    throw requestBadRequest(
      `The ${isOnResource ? 'resourceId' : 'principalId'} in the body does not match the object in the address.`,
    );
  }
  const principal = findPrincipal(principalId, context);
  const resource = context.store.get('servicePrincipal', resourceId);
  if (!resource) throw resourceNotFound(resourceId);
  checkRole(appRoleId, resource, context);
  const relation: Relation = `${principal.type}.appRoleAssignments`;
  const isGranted = context.store.links(relation, principalId).some((id) => {
    const one = context.store.get('appRoleAssignment', id);
    return one?.['resourceId'] === resourceId && one['appRoleId'] === appRoleId;
  });
  if (isGranted) throw requestBadRequest('Permission being assigned already exists on the object');
  const assignment = {
    id: context.newId(),
    deletedDateTime: null,
    appRoleId,
    createdDateTime: nowText(context),
    principalDisplayName: principal.entity['displayName'],
    principalId,
    principalType: principalTypeNames[principal.type],
    resourceDisplayName: resource['displayName'],
    resourceId,
  };
  context.store.insert('appRoleAssignment', assignment);
  context.store.link(relation, principalId, assignment.id);
  context.store.link('servicePrincipal.appRoleAssignedTo', resourceId, assignment.id);
  return { status: 201, body: { '@odata.context': contextUrl(parsed, request.base, addressed), ...assignment } };
};

const revoke: GraphHandler = async (parsed, _request, { store }) => {
  const { entity: addressed } = resolveEntity(parsed.names, parsed.keys[0] ?? { value: '' }, store);
  const id = parsed.keys[1]?.value ?? '';
  const assignment = store.get('appRoleAssignment', id);
  if (!assignment || ![assignment['principalId'], assignment['resourceId']].includes(addressed.id)) {
    throw resourceNotFound(id);
  }
  const principalId = String(assignment['principalId']);
  const type = store.typeOf(principalId);
  if (type) store.unlink(`${type}.appRoleAssignments`, principalId, assignment.id);
  store.unlink('servicePrincipal.appRoleAssignedTo', String(assignment['resourceId']), assignment.id);
  store.purge('appRoleAssignment', assignment.id);
  return noContent;
};

/** Source: "Grant an appRoleAssignment to a service principal" and the same for users and groups. */
export const appRoleAssignmentRoutes: GraphRoutes = {
  'POST /servicePrincipals/{id}/appRoleAssignments': grant,
  'POST /servicePrincipals/{id}/appRoleAssignedTo': grant,
  'POST /users/{id}/appRoleAssignments': grant,
  'POST /groups/{id}/appRoleAssignments': grant,
  'DELETE /servicePrincipals/{id}/appRoleAssignments/{id}': revoke,
  'DELETE /servicePrincipals/{id}/appRoleAssignedTo/{id}': revoke,
  'DELETE /users/{id}/appRoleAssignments/{id}': revoke,
  'DELETE /groups/{id}/appRoleAssignments/{id}': revoke,
};

function findPrincipal(
  id: string,
  context: GraphCallContext,
): { readonly type: PrincipalType; readonly entity: Entity } {
  for (const type of ['servicePrincipal', 'user', 'group'] as const) {
    const entity = context.store.get(type, id);
    if (entity && isReplicated(entity, context)) return { type, entity };
  }
  throw resourceNotFound(id);
}

function checkRole(appRoleId: string, resource: Entity, context: GraphCallContext): void {
  const roles = Array.isArray(resource['appRoles']) ? resource['appRoles'].filter(isObject) : [];
  const isDefault = appRoleId === noRole && roles.length === 0;
  if (!isReplicated(resource, context) || (!isDefault && !roles.some((role) => role['id'] === appRoleId))) {
    throw requestBadRequest(`Permission being assigned was not found on application '${String(resource['appId'])}'.`);
  }
}

function contextUrl(parsed: ParsedGraphPath, base: string, addressed: Entity): string {
  return `${base}/${parsed.version}/$metadata#${parsed.names[0]}('${addressed.id}')/${parsed.names.at(-1)}/$entity`;
}
