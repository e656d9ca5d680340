import type { Entity } from '../../entity-store.ts';
import { GraphError, requestBadRequest, resourceNotFound } from '../graph-error.ts';
import type { GraphCallContext } from '../parsed-path.ts';
import { resolveEntity } from '../reads/resolve-entity.ts';
import type { GraphRoutes } from './write-handler.ts';
import { checkProperties, created, type JsonObject, noContent, readBody, requireProperties } from './write-input.ts';

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
      if (isSame(entity)) {
        throw new GraphError(409, 'Request_MultipleObjectsWithSameKeyValue', 'Permission entry already exists.');
      }
    }
    const grant = { id: context.newId(), principalId: null, ...body };
    store.insert('oAuth2PermissionGrant', grant);
    store.link('servicePrincipal.oauth2PermissionGrants', String(body['clientId']), grant.id);
    if (typeof body['principalId'] === 'string') {
      store.link('user.oauth2PermissionGrants', body['principalId'], grant.id);
    }
    return created('oAuth2PermissionGrant', grant, parsed, request);
  },
  'PATCH /oauth2PermissionGrants/{id}': async (parsed, request, context) => {
    const { entity } = resolveEntity(parsed.names, parsed.keys[0] ?? { value: '' }, context.store);
    const body = readBody(request);
    const fixed = Object.keys(body).find((name) => name !== 'scope');
    if (fixed !== undefined) {
      throw requestBadRequest(`Property '${fixed}' of a permission grant cannot be changed; only 'scope' can.`);
    }
    context.store.update('oAuth2PermissionGrant', entity.id, body);
    return noContent;
  },
  'DELETE /oauth2PermissionGrants/{id}': async (parsed, _request, context) => {
    const { entity } = resolveEntity(parsed.names, parsed.keys[0] ?? { value: '' }, context.store);
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
