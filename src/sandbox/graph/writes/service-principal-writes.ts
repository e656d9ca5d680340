import type { Entity } from '../../entity-store.ts';
import { isReplicated } from '../../replication-lag.ts';
import { tenant } from '../../seed/tenant.ts';
import { GraphError, requestBadRequest } from '../graph-error.ts';
import type { GraphCallContext, GraphHandler } from '../parsed-path.ts';
import { resolveEntity } from '../reads/resolve-entity.ts';
import { checkOwnsApplication } from './application-ownership.ts';
import { deleteAddressed } from './deletion.ts';
import { newServicePrincipal } from './new-objects.ts';
import { upsertByKey } from './upsert.ts';
import type { GraphRoutes } from './write-handler.ts';
import { checkProperties, created, noContent, nowText, readBody, requireProperties } from './write-input.ts';

const create: GraphHandler = async (parsed, request, context) => {
  const body = readBody(request);
  checkProperties('servicePrincipal', body);
  requireProperties(body, ['appId'], 'ServicePrincipal');
  const appId = String(body['appId']).toLowerCase();
  const application = context.store.findByKey('application', 'appId', appId);
  if (!application || !isReplicated(application, context)) throw noBackingApplication(appId);
  if (context.store.findByKey('servicePrincipal', 'appId', appId)) throw nameInUse(appId);
  const principal = newServicePrincipal({
    displayName: application['displayName'],
    appRoles: application['appRoles'],
    appOwnerOrganizationId: tenant.id,
    signInAudience: application['signInAudience'],
    servicePrincipalNames: [
      appId,
      ...(Array.isArray(application['identifierUris']) ? application['identifierUris'] : []),
    ],
    ...body,
    id: context.newId(),
    appId,
    createdDateTime: nowText(context),
  });
  context.store.insert('servicePrincipal', principal);
  return created('servicePrincipal', principal, parsed, request);
};

const update: GraphHandler = async (parsed, request, context) => {
  const principal = addressed(parsed, context);
  const body = readBody(request);
  checkProperties('servicePrincipal', body);
  if (body['appId'] !== undefined && body['appId'] !== principal['appId']) {
    throw requestBadRequest(`Property 'appId' is read-only and cannot be set.`);
  }
  if (Object.keys(body).length > 0) context.store.update('servicePrincipal', principal.id, body);
  return noContent;
};

/** Source: "Create servicePrincipal", "Upsert servicePrincipal". */
export const servicePrincipalRoutes: GraphRoutes = {
  'POST /servicePrincipals': create,
  'PATCH /servicePrincipals/{id}': upsertByKey('servicePrincipal', { create, update }),
  'DELETE /servicePrincipals/{id}': async (parsed, request, context) => {
    addressed(parsed, context);
    return deleteAddressed(parsed, request, context);
  },
};

function addressed(parsed: Parameters<GraphHandler>[0], context: GraphCallContext): Entity {
  const { entity } = resolveEntity(parsed.names, parsed.keys[0] ?? { value: '' }, context.store);
  checkOwnsApplication('servicePrincipal', entity, context);
  return entity;
}

export function nameInUse(appId: string): GraphError {
  return new GraphError(
    409,
    'Request_MultipleObjectsWithSameKeyValue',
    `The service principal cannot be created, updated, or restored because the service principal name ${appId} is already in use.`,
  );
}

function noBackingApplication(appId: string): GraphError {
  const message = `The appId '${appId}' of the service principal does not reference a valid application object.`;
  return new GraphError(400, 'Request_BadRequest', message, {
    details: [{ code: 'NoBackingApplicationObject', target: 'appId', message }],
  });
}
