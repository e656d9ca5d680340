import { createHash, X509Certificate } from 'node:crypto';
import { isRecord } from '../../../core/base/guards.ts';
import type { Entity } from '../../base/entity-store.ts';
import { certificatesOf } from '../../entra/certificates.ts';
import { clientSecretOf, secretHint } from '../../entra/client-secret.ts';
import { decodeJwt, isSignedBy } from '../../entra/token-signer.ts';
import { guidOfHex } from '../../seed/guid.ts';
import { type GraphError, requestBadRequest } from '../graph-error.ts';
import { type JsonObject, objectsIn, readBody } from '../json-body.ts';
import type { GraphCallContext, GraphHandler } from '../parsed-path.ts';
import { metadataAddress } from '../reads/odata-context.ts';
import { addressedApp } from './application-ownership.ts';
import { noContent, nowText } from './write-input.ts';
import type { GraphRoutes } from './write-routes.ts';

/** Every call creates another secret. Its text appears only in this response. */
const addPassword: GraphHandler = async (parsed, request, context) => {
  const { type, entity: owner } = addressedApp(parsed, context);
  const given = readBody(request, true)['passwordCredential'];
  const { displayName = null, startDateTime, endDateTime } = isRecord(given) ? given : {};
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
  const passwordCredentials = [...objectsIn(owner['passwordCredentials']), credential];
  context.store.update(type, owner.id, { passwordCredentials });
  const odataContext = metadataAddress('microsoft.graph.passwordCredential', parsed, request);
  return { status: 200, body: { '@odata.context': odataContext, ...credential, secretText } };
};

const removePassword: GraphHandler = async (parsed, request, context) => {
  const { type, entity: owner } = addressedApp(parsed, context);
  const { keyId } = readBody(request);
  const known = objectsIn(owner['passwordCredentials']);
  const passwordCredentials = known.filter((credential) => credential['keyId'] !== keyId);
  if (passwordCredentials.length === known.length) throw requestBadRequest(`No password credential found with keyId.`);
  context.store.update(type, owner.id, { passwordCredentials });
  return noContent;
};

/** Rolls a certificate over. The caller proves that it holds a valid one. */
const addKey: GraphHandler = async (parsed, request, context) => {
  const { type, entity: owner } = addressedApp(parsed, context);
  const { keyCredential, passwordCredential, proof } = readBody(request);
  if (!isRecord(keyCredential)) throw requestBadRequest(`A value is required for parameter 'keyCredential'.`);
  checkProof(proof, owner, context);
  checkKind(keyCredential, passwordCredential);
  const credential = withThumbprint({ displayName: null, ...keyCredential });
  const known = objectsIn(owner['keyCredentials']);
  if (known.some(({ keyId }) => keyId === credential['keyId'])) {
    throw requestBadRequest('A key credential with the same keyId exists already.');
  }
  context.store.update(type, owner.id, { keyCredentials: [...known, credential] });
  const odataContext = metadataAddress('microsoft.graph.keyCredential', parsed, request);
  return { status: 200, body: { '@odata.context': odataContext, ...credential, key: null } };
};

const removeKey: GraphHandler = async (parsed, request, context) => {
  const { type, entity: owner } = addressedApp(parsed, context);
  const { keyId, proof } = readBody(request);
  if (typeof keyId !== 'string') throw requestBadRequest(`A value is required for parameter 'keyId'.`);
  checkProof(proof, owner, context);
  const known = objectsIn(owner['keyCredentials']);
  const keyCredentials = known.filter((credential) => credential['keyId'] !== keyId);
  if (keyCredentials.length === known.length) throw requestBadRequest('No key credential found with keyId.');
  context.store.update(type, owner.id, { keyCredentials });
  return noContent;
};

/** Source: "application: addPassword", "application: addKey", and the related pages, also of service principals. */
export const credentialRoutes: GraphRoutes = {
  'POST /applications/{id}/addPassword': addPassword,
  'POST /applications/{id}/removePassword': removePassword,
  'POST /applications/{id}/addKey': addKey,
  'POST /applications/{id}/removeKey': removeKey,
  'POST /servicePrincipals/{id}/addPassword': addPassword,
  'POST /servicePrincipals/{id}/removePassword': removePassword,
  'POST /servicePrincipals/{id}/addKey': addKey,
  'POST /servicePrincipals/{id}/removeKey': removeKey,
};

function twoYearsAfter(start: string): string {
  const end = new Date(start);
  end.setUTCFullYear(end.getUTCFullYear() + 2);
  return end.toISOString();
}

/** Audience of a proof: the app id of the directory's old API. */
const proofAudience = '00000002-0000-0000-c000-000000000000';
const proofLifeSeconds = 600;
const skewSeconds = 300;

/**
 * Checks a JWT that is issued by the object, valid for at most ten minutes, and signed with one of its valid
 * certificates. Source: "Generate proof-of-possession tokens for rolling keys".
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

/** Either a certificate for verification, or one for signing with its password. */
function checkKind({ type, usage }: JsonObject, password: unknown): void {
  const isVerification = type === 'AsymmetricX509Cert' && usage === 'Verify';
  const isSigning = type === 'X509CertAndPassword' && usage === 'Sign';
  if (!isVerification && !isSigning) {
    throw requestBadRequest(
      `Only 'AsymmetricX509Cert' with usage 'Verify' and 'X509CertAndPassword' with usage 'Sign' are supported.`,
    );
  }
  if (isSigning !== isRecord(password)) {
    throw requestBadRequest(`A 'passwordCredential' is required with 'X509CertAndPassword', and only with that.`);
  }
}

/** The documentation gives no code for this, so the directory's general code is used. */
function invalidProof(reason: string): GraphError {
  return requestBadRequest(`The proof of possession is not valid: ${reason}.`);
}

/**
 * A key credential with data from its certificate: thumbprint, dates, and id. Throws 400 if the certificate is invalid.
 */
export function withThumbprint(credential: JsonObject): JsonObject {
  try {
    const { raw, validFrom, validTo } = new X509Certificate(Buffer.from(String(credential['key']), 'base64'));
    const date = (text: string) => new Date(text).toISOString().replace('.000', '');
    return {
      startDateTime: date(validFrom),
      endDateTime: date(validTo),
      keyId: guidOfHex(createHash('md5').update(raw).digest('hex')),
      customKeyIdentifier: createHash('sha1').update(raw).digest('hex').toUpperCase(),
      ...credential,
    };
  } catch {
    throw requestBadRequest('Key credential contains an invalid certificate.');
  }
}
