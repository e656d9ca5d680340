import { type Entity, isReplicated } from '../../base/entity-store.ts';
import { type GraphError, refusedProperty, requestBadRequest } from '../graph-error.ts';
import { type JsonObject, objectsIn, readBody } from '../json-body.ts';
import type { GraphCallContext, GraphHandler } from '../parsed-path.ts';
import { withThumbprint } from './app-credentials.ts';
import { addressedApp } from './application-ownership.ts';
import { deleteAddressed } from './deletion.ts';
import { newApplication, newServicePrincipal } from './new-objects.ts';
import {
  checkDisplayName,
  checkProperties,
  conflictingValue,
  created,
  invalidValue,
  isTaken,
  nameInUse,
  noContent,
  nowText,
  requireProperties,
} from './write-input.ts';
import { type GraphRoutes, upsertByKey } from './write-routes.ts';

const createApplication: GraphHandler = async (parsed, request, context) => {
  const body = readBody(request);
  checkProperties('application', body);
  requireProperties(body, ['displayName'], 'Application');
  checkApplication(body, undefined, context);
  const application = newApplication({
    publisherDomain: context.tenant.domain,
    ...withThumbprints(body),
    id: context.newId(),
    appId: context.newId(),
    createdDateTime: nowText(context),
  });
  context.store.insert('application', application);
  // An app that can manage only its own apps owns what it creates.
  if (!mayManageAll(context)) context.store.link('application.owners', application.id, context.caller.objectId);
  return created('application', application, { parsed, request, context });
};

const updateApplication: GraphHandler = async (parsed, request, context) => {
  const { entity: application } = addressedApp(parsed, context);
  const body = readBody(request);
  checkProperties('application', body);
  for (const name of ['appId', 'passwordCredentials']) {
    if (name in body) {
      throw requestBadRequest(`Property '${name}' cannot be updated. Use addPassword and removePassword for secrets.`);
    }
  }
  checkApplication(body, application, context);
  if (Object.keys(body).length > 0) context.store.update('application', application.id, withThumbprints(body));
  return noContent;
};

const createPrincipal: GraphHandler = async (parsed, request, context) => {
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
    appOwnerOrganizationId: context.tenant.id,
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
  return created('servicePrincipal', principal, { parsed, request, context });
};

const updatePrincipal: GraphHandler = async (parsed, request, context) => {
  const { entity: principal } = addressedApp(parsed, context);
  const body = readBody(request);
  checkProperties('servicePrincipal', body);
  if (body['appId'] !== undefined && body['appId'] !== principal['appId']) {
    throw requestBadRequest(`Property 'appId' is read-only and cannot be set.`);
  }
  if (Object.keys(body).length > 0) context.store.update('servicePrincipal', principal.id, body);
  return noContent;
};

/** Deletes an app that the caller can manage. */
const deleteApp: GraphHandler = async (parsed, request, context) => {
  addressedApp(parsed, context);
  return deleteAddressed(parsed, request, context);
};

/**
 * Source: "Create application", "Update application", "Upsert application", and the same pages of service principals.
 */
export const applicationRoutes: GraphRoutes = {
  'POST /applications': createApplication,
  'PATCH /applications/{id}': upsertByKey('application', { create: createApplication, update: updateApplication }),
  'DELETE /applications/{id}': deleteApp,
  'POST /servicePrincipals': createPrincipal,
  'PATCH /servicePrincipals/{id}': upsertByKey('servicePrincipal', {
    create: createPrincipal,
    update: updatePrincipal,
  }),
  'DELETE /servicePrincipals/{id}': deleteApp,
};

function mayManageAll({ caller }: GraphCallContext): boolean {
  return ['Application.ReadWrite.All', 'Directory.ReadWrite.All'].some((role) => caller.roles.includes(role));
}

const audiences = [
  'AzureADMyOrg',
  'AzureADMultipleOrgs',
  'AzureADandPersonalMicrosoftAccount',
  'PersonalMicrosoftAccount',
];

function checkApplication(body: JsonObject, application: Entity | undefined, context: GraphCallContext): void {
  const { signInAudience, uniqueName, identifierUris } = body;
  checkDisplayName(body, 'Application');
  if (signInAudience !== undefined && !audiences.includes(String(signInAudience))) {
    throw invalidValue('signInAudience', 'Application');
  }
  if (isTaken('application', 'uniqueName', uniqueName, context, application)) throw conflictingValue('uniqueName');
  for (const uri of Array.isArray(identifierUris) ? identifierUris : [])
    checkIdentifierUri(String(uri), application, context);
}

/** Identifier URIs must use a domain of the tenant, or `api://` with the app's id. */
function checkIdentifierUri(uri: string, application: Entity | undefined, { tenant }: GraphCallContext): void {
  const isOwn =
    uri.startsWith('api://') && application !== undefined && uri.includes(String(application['appId'] ?? ''));
  const host = /^(?:https|api):\/\/([^/]+)/.exec(uri)?.[1] ?? '';
  const isVerified = [tenant.domain, tenant.initialDomain].some(
    (domain) => host === domain || host.endsWith(`.${domain}`),
  );
  if (!isOwn && !isVerified) {
    throw invalidValue(
      'identifierUris',
      'Application',
      `Values of identifierUris property must use a verified domain of the organization or its subdomain: '${uri}'`,
    );
  }
}

/** Certificates are identified by their thumbprints. */
function withThumbprints(body: JsonObject): JsonObject {
  const { keyCredentials } = body;
  if (!Array.isArray(keyCredentials)) return body;
  return { ...body, keyCredentials: objectsIn(keyCredentials).map(withThumbprint) };
}

function noBackingApplication(appId: string): GraphError {
  const message = `The appId '${appId}' of the service principal does not reference a valid application object.`;
  return refusedProperty('NoBackingApplicationObject', 'appId', message);
}
