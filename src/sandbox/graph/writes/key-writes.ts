import type { Entity } from '../../entity-store.ts';
import { certificatesOf, isSignedBy } from '../../entra/certificates.ts';
import { decodeJwt } from '../../entra/jwt.ts';
import { type GraphError, requestBadRequest } from '../graph-error.ts';
import type { GraphCallContext, GraphHandler } from '../parsed-path.ts';
import { resolveEntity } from '../reads/resolve-entity.ts';
import { checkOwnsApplication } from './application-ownership.ts';
import { withThumbprint } from './key-credential.ts';
import type { GraphRoutes } from './write-handler.ts';
import { isObject, noContent, readBody } from './write-input.ts';

type KeyOwner = 'application' | 'servicePrincipal';

/** Whom a proof is addressed to: the directory, by the app id of its old API. */
const proofAudience = '00000002-0000-0000-c000-000000000000';
const proofLifeSeconds = 600;
const skewSeconds = 300;

/** Source: "application: addKey", "application: removeKey" and the same of service principals. */
export const keyRoutes: GraphRoutes = {
  'POST /applications/{id}/addKey': addKey('application'),
  'POST /applications/{id}/removeKey': removeKey('application'),
  'POST /servicePrincipals/{id}/addKey': addKey('servicePrincipal'),
  'POST /servicePrincipals/{id}/removeKey': removeKey('servicePrincipal'),
};

/** Rolls a certificate over: the caller proves that it holds one that is valid now. */
function addKey(type: KeyOwner): GraphHandler {
  return async (parsed, request, context) => {
    const owner = addressed(type, parsed, context);
    const { keyCredential, passwordCredential, proof } = readBody(request);
    if (!isObject(keyCredential)) throw requestBadRequest(`A value is required for parameter 'keyCredential'.`);
    checkProof(proof, owner, context);
    checkKind(keyCredential, passwordCredential);
    const credential = withThumbprint({ displayName: null, ...keyCredential });
    if (keysOf(owner).some((known) => known['keyId'] === credential['keyId'])) {
      throw requestBadRequest('A key credential with the same keyId exists already.');
    }
    context.store.update(type, owner.id, { keyCredentials: [...keysOf(owner), credential] });
    const odataContext = `${request.base}/${parsed.version}/$metadata#microsoft.graph.keyCredential`;
    return { status: 200, body: { '@odata.context': odataContext, ...credential, key: null } };
  };
}

function removeKey(type: KeyOwner): GraphHandler {
  return async (parsed, request, context) => {
    const owner = addressed(type, parsed, context);
    const { keyId, proof } = readBody(request);
    if (typeof keyId !== 'string') throw requestBadRequest(`A value is required for parameter 'keyId'.`);
    checkProof(proof, owner, context);
    const remaining = keysOf(owner).filter((credential) => credential['keyId'] !== keyId);
    if (remaining.length === keysOf(owner).length) throw requestBadRequest('No key credential found with keyId.');
    context.store.update(type, owner.id, { keyCredentials: remaining });
    return noContent;
  };
}

/**
 * A JWT that the owner of a valid certificate has signed within the last ten minutes, issued in the name of the
 * object. Source: "Generate proof-of-possession tokens for rolling keys".
 */
function checkProof(proof: unknown, owner: Entity, { clock }: GraphCallContext): void {
  if (typeof proof !== 'string') throw requestBadRequest(`A value is required for parameter 'proof'.`);
  const now = clock.now() / 1000;
  const valid = certificatesOf(owner).filter(({ endsAt }) => endsAt / 1000 > now);
  if (valid.length === 0) {
    throw requestBadRequest('The object has no valid certificate to prove anything with: set keyCredentials instead.');
  }
  const jwt = decodeJwt(proof);
  if (!jwt) throw invalidProof('it is no JSON web token');
  const { aud, iss, nbf, exp } = jwt.claims;
  if (aud !== proofAudience) throw invalidProof(`its audience is not ${proofAudience}`);
  if (iss !== owner.id) throw invalidProof('its issuer is not the id of the object');
  const [begins, ends] = [Number(nbf), Number(exp)];
  if (!(ends + skewSeconds > now) || begins - skewSeconds > now) throw invalidProof('it is not valid at this time');
  if (!(ends - begins <= proofLifeSeconds)) throw invalidProof('it is valid for more than ten minutes');
  if (!valid.some(({ publicKey }) => isSignedBy(jwt, publicKey, ['RS256', 'PS256']))) {
    throw invalidProof('none of the valid certificates has signed it');
  }
}

/** A certificate to verify with, or one to sign with together with its password. */
function checkKind({ type, usage }: Readonly<Record<string, unknown>>, password: unknown): void {
  const isVerification = type === 'AsymmetricX509Cert' && usage === 'Verify';
  const isSigning = type === 'X509CertAndPassword' && usage === 'Sign';
  if (!isVerification && !isSigning) {
    throw requestBadRequest(
      `Only 'AsymmetricX509Cert' with usage 'Verify' and 'X509CertAndPassword' with usage 'Sign' are supported.`,
    );
  }
  if (isSigning !== isObject(password)) {
    throw requestBadRequest(`A 'passwordCredential' is required with 'X509CertAndPassword', and only with that.`);
  }
}

function addressed(type: KeyOwner, parsed: Parameters<GraphHandler>[0], context: GraphCallContext): Entity {
  const { entity } = resolveEntity(parsed.names, parsed.keys[0] ?? { value: '' }, context.store);
  checkOwnsApplication(type, entity, context);
  return entity;
}

function keysOf(owner: Entity): readonly Readonly<Record<string, unknown>>[] {
  const credentials = owner['keyCredentials'];
  return Array.isArray(credentials) ? credentials.filter(isObject) : [];
}

/** The documentation gives no code for this; the directory's general one stands in. */
function invalidProof(reason: string): GraphError {
  return requestBadRequest(`The proof of possession is not valid: ${reason}.`);
}
