import { type Entity, type EntityType, isReplicated, type Relation } from '../../base/entity-store.ts';
import { keyInUse, requestBadRequest, resourceNotFound } from '../graph-error.ts';
import { type JsonObject, objectsIn, readBody } from '../json-body.ts';
import type { GraphCallContext, GraphHandler } from '../parsed-path.ts';
import { metadataAddress } from '../reads/odata-context.ts';
import { resolveEntity } from '../reads/resolve-entity.ts';
import { checkProperties, created, noContent, nowText, requireProperties } from './write-input.ts';
import type { GraphRoutes } from './write-routes.ts';

type PrincipalType = Extract<EntityType, 'user' | 'group' | 'servicePrincipal'>;

const principalTypeNames: Readonly<Record<PrincipalType, string>> = {
  user: 'User',
  group: 'Group',
  servicePrincipal: 'ServicePrincipal',
};

/** "Default access", for resources that define no roles. */
const noRole = '00000000-0000-0000-0000-000000000000';

const assignRole: GraphHandler = async (parsed, request, context) => {
  const { entity: addressed } = resolveEntity(parsed, context.store);
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
  const place = `${parsed.names[0]}('${addressed.id}')/${parsed.names.at(-1)}/$entity`;
  return { status: 201, body: { '@odata.context': metadataAddress(place, parsed, request), ...assignment } };
};

const removeAssignment: GraphHandler = async (parsed, _request, { store }) => {
  const { entity: addressed } = resolveEntity(parsed, store);
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

/** Source: "Grant an appRoleAssignment to a service principal" and the same pages for users and groups. */
export const appRoleAssignmentRoutes: GraphRoutes = {
  'POST /servicePrincipals/{id}/appRoleAssignments': assignRole,
  'POST /servicePrincipals/{id}/appRoleAssignedTo': assignRole,
  'POST /users/{id}/appRoleAssignments': assignRole,
  'POST /groups/{id}/appRoleAssignments': assignRole,
  'DELETE /servicePrincipals/{id}/appRoleAssignments/{id}': removeAssignment,
  'DELETE /servicePrincipals/{id}/appRoleAssignedTo/{id}': removeAssignment,
  'DELETE /users/{id}/appRoleAssignments/{id}': removeAssignment,
  'DELETE /groups/{id}/appRoleAssignments/{id}': removeAssignment,
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
  const roles = objectsIn(resource['appRoles']);
  const isDefault = appRoleId === noRole && roles.length === 0;
  if (!isReplicated(resource, context) || (!isDefault && !roles.some((role) => role['id'] === appRoleId))) {
    throw requestBadRequest(`Permission being assigned was not found on application '${String(resource['appId'])}'.`);
  }
}

/** Source: "Create oAuth2PermissionGrant", "Update oAuth2PermissionGrant". */
export const permissionGrantRoutes: GraphRoutes = {
  'POST /oauth2PermissionGrants': async (parsed, request, context) => {
    const body = readBody(request);
    checkProperties('oAuth2PermissionGrant', body);
    requireProperties(body, ['clientId', 'consentType', 'resourceId', 'scope'], 'OAuth2PermissionGrant');
    checkGrant(body, context);
    const { store } = context;
    const isSame = (entity: Entity) =>
      ['clientId', 'resourceId', 'consentType'].every((name) => entity[name] === body[name]) &&
      (entity['principalId'] ?? null) === (body['principalId'] ?? null);
    for (const { entity } of store.scan('oAuth2PermissionGrant')) {
      if (isSame(entity)) throw keyInUse('Permission entry already exists.');
    }
    const grant = { id: context.newId(), principalId: null, ...body };
    store.insert('oAuth2PermissionGrant', grant);
    store.link('servicePrincipal.oauth2PermissionGrants', String(body['clientId']), grant.id);
    if (typeof body['principalId'] === 'string') {
      store.link('user.oauth2PermissionGrants', body['principalId'], grant.id);
    }
    return created('oAuth2PermissionGrant', grant, { parsed, request, context });
  },
  'PATCH /oauth2PermissionGrants/{id}': async (parsed, request, context) => {
    const { entity } = resolveEntity(parsed, context.store);
    const body = readBody(request);
    const fixed = Object.keys(body).find((name) => name !== 'scope');
    if (fixed !== undefined) {
      throw requestBadRequest(`Property '${fixed}' of a permission grant cannot be changed; only 'scope' can.`);
    }
    context.store.update('oAuth2PermissionGrant', entity.id, body);
    return noContent;
  },
  'DELETE /oauth2PermissionGrants/{id}': async (parsed, _request, context) => {
    const { entity } = resolveEntity(parsed, context.store);
    context.store.purge('oAuth2PermissionGrant', entity.id);
    return noContent;
  },
};

function checkGrant(body: JsonObject, { store }: GraphCallContext): void {
  const { consentType, principalId } = body;
  for (const name of ['clientId', 'resourceId']) {
    const id = String(body[name]);
    if (!store.get('servicePrincipal', id)) throw resourceNotFound(id);
  }
  if (consentType !== 'AllPrincipals' && consentType !== 'Principal') {
    throw requestBadRequest(`Invalid value specified for property 'consentType' of resource 'OAuth2PermissionGrant'.`);
  }
  if ((consentType === 'Principal') !== (typeof principalId === 'string')) {
    throw requestBadRequest(
      'principalId is required when consentType is Principal and must be null when it is AllPrincipals.',
    );
  }
  if (typeof principalId === 'string' && !store.get('user', principalId)) throw resourceNotFound(principalId);
}
