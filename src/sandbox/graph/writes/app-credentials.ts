import type { Entity } from '../../entity-store.ts';
import { clientSecretOf, secretHint } from '../../entra/client-secret.ts';
import { requestBadRequest } from '../graph-error.ts';
import type { GraphCallContext, GraphHandler } from '../parsed-path.ts';
import { resolveEntity } from '../reads/resolve-entity.ts';
import { checkOwnsApplication } from './application-ownership.ts';
import type { GraphRoutes } from './write-handler.ts';
import { isObject, noContent, nowText, readBody } from './write-input.ts';

type CredentialOwner = 'application' | 'servicePrincipal';

/** Source: "application: addPassword", "application: removePassword" and the same of service principals. */
export const credentialRoutes: GraphRoutes = {
  'POST /applications/{id}/addPassword': addPassword('application'),
  'POST /applications/{id}/removePassword': removePassword('application'),
  'POST /servicePrincipals/{id}/addPassword': addPassword('servicePrincipal'),
  'POST /servicePrincipals/{id}/removePassword': removePassword('servicePrincipal'),
};

/** Every call makes one more secret; its text is in this answer and nowhere else. */
function addPassword(type: CredentialOwner): GraphHandler {
  return async (parsed, request, context) => {
    const owner = addressed(type, parsed, context);
    const given = readBody(request, true)['passwordCredential'];
    const { displayName = null, startDateTime, endDateTime } = isObject(given) ? given : {};
    const start = typeof startDateTime === 'string' ? startDateTime : nowText(context);
    const end = typeof endDateTime === 'string' ? endDateTime : twoYearsAfter(start);
    if (!(Date.parse(end) > Date.parse(start))) {
      throw requestBadRequest('Credential end date must be after its start date.');
    }
    const keyId = context.newId();
    const secretText = clientSecretOf(keyId);
    const credential = {
      customKeyIdentifier: null,
      displayName,
      endDateTime: end,
      hint: secretHint(secretText),
      keyId,
      secretText: null,
      startDateTime: start,
    };
    context.store.update(type, owner.id, { passwordCredentials: [...credentialsOf(owner), credential] });
    const odataContext = `${request.base}/${parsed.version}/$metadata#microsoft.graph.passwordCredential`;
    return { status: 200, body: { '@odata.context': odataContext, ...credential, secretText } };
  };
}

function removePassword(type: CredentialOwner): GraphHandler {
  return async (parsed, request, context) => {
    const owner = addressed(type, parsed, context);
    const { keyId } = readBody(request);
    const remaining = credentialsOf(owner).filter((credential) => credential['keyId'] !== keyId);
    if (remaining.length === credentialsOf(owner).length) {
      throw requestBadRequest(`No password credential found with keyId.`);
    }
    context.store.update(type, owner.id, { passwordCredentials: remaining });
    return noContent;
  };
}

function addressed(type: CredentialOwner, parsed: Parameters<GraphHandler>[0], context: GraphCallContext): Entity {
  const { entity } = resolveEntity(parsed.names, parsed.keys[0] ?? { value: '' }, context.store);
  checkOwnsApplication(type, entity, context);
  return entity;
}

function credentialsOf(owner: Entity): readonly Readonly<Record<string, unknown>>[] {
  const credentials = owner['passwordCredentials'];
  return Array.isArray(credentials) ? credentials.filter(isObject) : [];
}

function twoYearsAfter(start: string): string {
  const end = new Date(start);
  end.setUTCFullYear(end.getUTCFullYear() + 2);
  return end.toISOString();
}
