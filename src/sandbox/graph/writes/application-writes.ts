import type { Entity } from '../../entity-store.ts';
import { tenant } from '../../seed/tenant.ts';
import { requestBadRequest } from '../graph-error.ts';
import type { GraphCallContext, GraphHandler } from '../parsed-path.ts';
import { resolveEntity } from '../reads/resolve-entity.ts';
import { checkOwnsApplication } from './application-ownership.ts';
import { deleteAddressed } from './deletion.ts';
import { withThumbprint } from './key-credential.ts';
import { newApplication } from './new-objects.ts';
import { upsertByKey } from './upsert.ts';
import type { GraphRoutes } from './write-handler.ts';
import {
  checkProperties,
  conflictingValue,
  created,
  invalidValue,
  isObject,
  type JsonObject,
  noContent,
  nowText,
  readBody,
  requireProperties,
} from './write-input.ts';

const create: GraphHandler = async (parsed, request, context) => {
  const body = readBody(request);
  checkProperties('application', body);
  requireProperties(body, ['displayName'], 'Application');
  checkApplication(body, undefined, context);
  const application = newApplication({
    publisherDomain: tenant.domain,
    ...withThumbprints(body),
    id: context.newId(),
    appId: context.newId(),
    createdDateTime: nowText(context),
  });
  context.store.insert('application', application);
  // An app that may manage only its own apps owns what it makes.
  if (!mayManageAll(context)) context.store.link('application.owners', application.id, context.caller.objectId);
  return created('application', application, parsed, request);
};

const update: GraphHandler = async (parsed, request, context) => {
  const application = addressed(parsed, context);
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

/** Source: "Create application", "Update application", "Upsert application". */
export const applicationRoutes: GraphRoutes = {
  'POST /applications': create,
  'PATCH /applications/{id}': upsertByKey('application', { create, update }),
  'DELETE /applications/{id}': async (parsed, request, context) => {
    addressed(parsed, context);
    return deleteAddressed(parsed, request, context);
  },
};

function addressed(parsed: Parameters<GraphHandler>[0], context: GraphCallContext): Entity {
  const { entity } = resolveEntity(parsed.names, parsed.keys[0] ?? { value: '' }, context.store);
  checkOwnsApplication('application', entity, context);
  return entity;
}

function mayManageAll({ caller }: GraphCallContext): boolean {
  return ['Application.ReadWrite.All', 'Directory.ReadWrite.All'].some((role) => caller.roles.includes(role));
}

const audiences = [
  'AzureADMyOrg',
  'AzureADMultipleOrgs',
  'AzureADandPersonalMicrosoftAccount',
  'PersonalMicrosoftAccount',
];

function checkApplication(body: JsonObject, application: Entity | undefined, { store }: GraphCallContext): void {
  const { displayName, signInAudience, uniqueName, identifierUris } = body;
  if (displayName === '' || displayName === null || String(displayName ?? '').length > 256) {
    throw invalidValue('displayName', 'Application');
  }
  if (signInAudience !== undefined && !audiences.includes(String(signInAudience))) {
    throw invalidValue('signInAudience', 'Application');
  }
  const other = typeof uniqueName === 'string' ? store.findByKey('application', 'uniqueName', uniqueName) : undefined;
  if (other && other.id !== application?.id) throw conflictingValue('uniqueName');
  for (const uri of Array.isArray(identifierUris) ? identifierUris : []) checkIdentifierUri(String(uri), application);
}

/** Addresses of web APIs have to be the tenant's own, or `api://` and the app's id. */
function checkIdentifierUri(uri: string, application: Entity | undefined): void {
  const isOwn = /^api:\/\//.test(uri)
    ? uri.includes(String(application?.['appId'] ?? '')) && application !== undefined
    : false;
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

/** Certificates are known by their thumbprint. */
function withThumbprints(body: JsonObject): JsonObject {
  const { keyCredentials } = body;
  if (!Array.isArray(keyCredentials)) return body;
  return { ...body, keyCredentials: keyCredentials.filter(isObject).map(withThumbprint) };
}
