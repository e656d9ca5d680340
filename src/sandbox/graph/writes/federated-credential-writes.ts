import type { Entity } from '../../base/entity-store.ts';
import type { SandboxRequest, SandboxResponse } from '../../base/service.ts';
import { isLoopback } from '../../entra/loopback-fetch.ts';
import { keyInUse, requestBadRequest, resourceNotFound } from '../graph-error.ts';
import { type JsonObject, readBody } from '../json-body.ts';
import type { GraphCallContext, GraphHandler, ParsedGraphPath } from '../parsed-path.ts';
import { metadataAddress } from '../reads/odata-context.ts';
import { linkedEntities } from '../reads/relationships.ts';
import { addressedApp } from './application-ownership.ts';
import { checkProperties, invalidValue, noContent, requireProperties } from './write-input.ts';
import { type GraphRoutes, wantsCreation } from './write-routes.ts';

const relation = 'application.federatedIdentityCredentials';
const maximumCredentials = 20;

const update: GraphHandler = async (parsed, request, context) => {
  const { entity: application } = addressedApp(parsed, context);
  const credential = findCredential(application, parsed, context);
  const body = readBody(request);
  const key = parsed.keys[1];
  if (!credential) {
    if (key?.property !== 'name' || !wantsCreation(request.headers)) throw resourceNotFound(key?.value ?? '');
    return create(application, { ...body, name: key.value }, parsed, request, context);
  }
  checkProperties('federatedIdentityCredential', body);
  if (body['name'] !== undefined && body['name'] !== credential['name']) {
    throw requestBadRequest('The name of a federated identity credential cannot be changed.');
  }
  checkCredential({ ...credential, ...body }, application, context, credential);
  context.store.update('federatedIdentityCredential', credential.id, body);
  return noContent;
};

/** Source: "Create federatedIdentityCredential", "Important considerations for workload identity federation". */
export const federatedCredentialRoutes: GraphRoutes = {
  'POST /applications/{id}/federatedIdentityCredentials': async (parsed, request, context) =>
    create(addressedApp(parsed, context).entity, readBody(request), parsed, request, context),
  'PATCH /applications/{id}/federatedIdentityCredentials/{id}': update,
  'DELETE /applications/{id}/federatedIdentityCredentials/{id}': async (parsed, _request, context) => {
    const { entity: application } = addressedApp(parsed, context);
    const credential = findCredential(application, parsed, context);
    if (!credential) throw resourceNotFound(parsed.keys[1]?.value ?? '');
    context.store.unlink(relation, application.id, credential.id);
    context.store.purge('federatedIdentityCredential', credential.id);
    return noContent;
  },
};

function create(
  application: Entity,
  body: JsonObject,
  parsed: ParsedGraphPath,
  request: SandboxRequest,
  context: GraphCallContext,
): SandboxResponse {
  checkProperties('federatedIdentityCredential', body);
  requireProperties(body, ['name', 'issuer', 'subject', 'audiences'], 'FederatedIdentityCredential');
  const existing = credentialsOf(application, context);
  if (existing.some((one) => one['name'] === body['name'])) {
    throw keyInUse(`FederatedIdentityCredential with name ${String(body['name'])} already exists.`);
  }
  checkCredential(body, application, context, undefined);
  if (existing.length >= maximumCredentials) {
    throw requestBadRequest(`The number of federated identity credentials cannot exceed ${maximumCredentials}.`);
  }
  const credential: Entity = { description: null, ...body, id: context.newId() };
  context.store.insert('federatedIdentityCredential', credential);
  context.store.link(relation, application.id, credential.id);
  const place = `applications('${application.id}')/federatedIdentityCredentials/$entity`;
  return { status: 201, body: { '@odata.context': metadataAddress(place, parsed, request), ...credential } };
}

function checkCredential(
  body: JsonObject,
  application: Entity,
  context: GraphCallContext,
  self: Entity | undefined,
): void {
  const { name, issuer, subject, audiences, description } = body;
  const invalid = (property: string, message: string) => invalidValue(property, 'FederatedIdentityCredential', message);
  if (!/^[A-Za-z0-9][A-Za-z0-9_-]{2,119}$/.test(String(name))) {
    throw invalid('name', 'The name must be 3 to 120 URL-friendly characters.');
  }
  if (!isIssuerAddress(String(issuer)) || String(issuer).length > 600) {
    throw invalid('issuer', 'The issuer must be an HTTPS address of at most 600 characters.');
  }
  if (String(subject) === '' || String(subject).length > 600) {
    throw invalid('subject', 'The subject must have 1 to 600 characters.');
  }
  if (String(subject).includes('*')) throw invalid('subject', 'Wildcards are not supported in the subject.');
  if (!Array.isArray(audiences) || audiences.length !== 1 || String(audiences[0]).length > 600) {
    throw invalid('audiences', 'Exactly one audience of at most 600 characters is required.');
  }
  if (String(description ?? '').length > 600) {
    throw invalid('description', 'The description must have at most 600 characters.');
  }
  const twin = credentialsOf(application, context).find(
    (one) => one['issuer'] === issuer && one['subject'] === subject,
  );
  if (twin && twin.id !== self?.id) {
    throw requestBadRequest(
      'A federated identity credential with the same issuer and subject already exists on the application.',
    );
  }
}

/** Unlike the service, the sandbox also accepts a local issuer over plain HTTP. */
function isIssuerAddress(issuer: string): boolean {
  return /^https:\/\/\S+$/.test(issuer) || (/^http:\/\/\S+$/.test(issuer) && isLoopback(issuer));
}

function credentialsOf({ id }: Entity, { store }: GraphCallContext): readonly Entity[] {
  return linkedEntities(relation, id, 'federatedIdentityCredential', store);
}

/** By id, or by name: `federatedIdentityCredentials/{id}`, `…/{name}`, `…(name='…')`. */
function findCredential(application: Entity, { keys }: ParsedGraphPath, context: GraphCallContext): Entity | undefined {
  const value = keys[1]?.value ?? '';
  return credentialsOf(application, context).find((one) => one.id === value.toLowerCase() || one['name'] === value);
}
