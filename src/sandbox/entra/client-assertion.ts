import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { type Entity, linkedEntities } from '../base/entity-store.ts';
import type { PlainObject } from '../base/plain-object.ts';
import type { SandboxContext, SandboxRequest } from '../base/service.ts';
import { certificatesOf } from './certificates.ts';
import type { IssuerKeys } from './issuer-keys.ts';
import { invalidClient, invalidRequest, OAuthError } from './oauth-error.ts';
import { type DecodedJwt, decodeJwt, isSignedBy } from './token-signer.ts';

/** What a federated credential of an app or a user-assigned identity trusts. */
export interface FederatedTrust {
  readonly issuer: string;
  readonly subject: string;
  readonly audiences: readonly string[];
}

export type IdentityCredentials = (clientId: string) => readonly FederatedTrust[] | undefined;

/** A request to the token endpoint, with what is needed to authenticate the client. */
export interface ClientRequest {
  readonly form: ReadonlyMap<string, string>;
  readonly request: SandboxRequest;
  readonly context: SandboxContext;
  readonly keys: IssuerKeys;
  readonly identityCredentials: IdentityCredentials;
  /** Tenant segment of the URL. */
  readonly tenantName: string;
}

/**
 * Verifies a JWT used in place of a secret: signed with the app's certificate if the app issued it, otherwise by an
 * issuer that one of its federated credentials trusts.
 */
export async function checkAssertion(assertion: string, application: Entity, client: ClientRequest): Promise<void> {
  const jwt = decodeAssertion(assertion);
  if (jwt.claims['iss'] === application['appId']) {
    checkCertificate(jwt, application, client);
    return;
  }
  await checkFederated(jwt, trustsOf(application, client.context), client, nameOf(application));
}

function nameOf(application: Entity): string {
  return `'${String(application['appId'])}'(${String(application['displayName'])})`;
}

function trustsOf({ id }: Entity, { store }: SandboxContext): readonly FederatedTrust[] {
  return linkedEntities(store, 'application.federatedIdentityCredentials', id, 'federatedIdentityCredential').map(
    trustOf,
  );
}

/** The trust of a federated credential, wherever it is stored. */
export function trustOf({ issuer, subject, audiences }: PlainObject): FederatedTrust {
  return { issuer: String(issuer), subject: String(subject), audiences: [audiences].flat().map(String) };
}

/** Source: "Microsoft identity platform application authentication certificate credentials". */
function checkCertificate(jwt: DecodedJwt, application: Entity, client: ClientRequest): void {
  const appId = String(application['appId']);
  checkAlgorithm(jwt);
  checkTimes(jwt, client);
  if (jwt.claims['sub'] !== appId) {
    throw invalidClient(700021, 'Client assertion application identifier does not match the client_id parameter.');
  }
  if (!acceptedAudiences(client).includes(String(jwt.claims['aud']))) {
    throw invalidClient(700023, 'Client assertion audience claim does not match Realm issuer.');
  }
  const key = certificatesOf(application).find(({ sha1, sha256 }) =>
    jwt.header['x5t#S256'] === undefined ? jwt.header['x5t'] === sha1 : jwt.header['x5t#S256'] === sha256,
  );
  if (!key) {
    const thumbprint = Buffer.from(String(jwt.header['x5t'] ?? jwt.header['x5t#S256'] ?? ''), 'base64url')
      .toString('hex')
      .toUpperCase();
    throw invalidSignature(`The key was not found. Thumbprint of key used by client: '${thumbprint}'`);
  }
  const now = client.context.clock.now();
  if (key.endsAt <= now) throw invalidSignature('The key used is expired.');
  if (key.startsAt > now) throw invalidSignature('The key used is not yet valid.');
  if ((key.publicKey.asymmetricKeyDetails?.modulusLength ?? 0) < fewestBits) {
    throw invalidClient(
      50032,
      `The RSA key that signed the client assertion is weak: it has less than ${fewestBits} bits.`,
    );
  }
  if (!isSignedBy(jwt, key.publicKey, ['PS256', 'RS256'])) {
    throw invalidSignature('The provided signature value did not match the expected signature value.');
  }
}

/**
 * The address of this tenant at this host. Identity libraries sign for `https` only, so a sandbox on a port without TLS
 * is signed for as if it had it.
 */
function acceptedAudiences({ request, tenantName, context: { tenant } }: ClientRequest): string[] {
  const names = [tenantName, tenant.id, tenant.domain, tenant.initialDomain];
  const roots = new Set([request.base, request.base.replace(/^http:/, 'https:')]);
  return [...roots].flatMap((root) =>
    names.flatMap((name) => [`${root}/${name}/oauth2/v2.0/token`, `${root}/${name}/v2.0`]),
  );
}

/** Entra accepts only RSA. Elliptic curves, shared keys, and unsigned tokens are refused. */
const algorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'];

/** Source: "Microsoft Entra authentication and authorization error codes", AADSTS50032 (WeakRsaKey). */
const fewestBits = 2048;

function checkAlgorithm({ header }: DecodedJwt): void {
  const algorithm = String(header['alg']);
  if (algorithms.includes(algorithm)) return;
  throw invalidRequest(
    5002738,
    `Invalid JWT token. '${algorithm}' is not a supported signature algorithm. Supported signing algorithms are: '${algorithms.join(', ')}'.`,
  );
}

/**
 * Checks a token of another issuer: a federated credential has to have its issuer, subject and audience, exactly as
 * they are spelt; its time and its signature have to hold. Source: "Workload identity federation", and the AADSTS
 * codes that public issues show.
 *
 * `client` is how errors name the app: `'{client id}'({display name})`.
 */
export async function checkFederated(
  jwt: DecodedJwt,
  trusts: readonly FederatedTrust[],
  client: ClientRequest,
  clientName: string,
): Promise<void> {
  checkAlgorithm(jwt);
  if (trusts.length === 0) {
    throw invalidClient(70025, `The client ${clientName} has no configured federated identity credentials.`);
  }
  const { iss: issuer, sub: subject } = jwt.claims;
  if (typeof issuer !== 'string' || typeof subject !== 'string') {
    throw new OAuthError(
      50027,
      'invalid_request',
      "JWT token is invalid or malformed. 'iss' or 'sub' is missing.",
      401,
    );
  }
  checkTrust(issuer, subject, [jwt.claims['aud']].flat().map(String), trusts);
  checkTimes(jwt, client);
  checkSignature(jwt, await client.keys.find(issuer, client.request, client.context), issuer);
}

/** The code tells which of the three claims has no match, or 70021 if only the combination is unknown. */
function checkTrust(
  issuer: string,
  subject: string,
  audiences: readonly string[],
  trusts: readonly FederatedTrust[],
): void {
  const hasIssuer = (trust: FederatedTrust) => trust.issuer === issuer;
  const hasSubject = (trust: FederatedTrust) => trust.subject === subject;
  const hasAudience = (trust: FederatedTrust) => trust.audiences.some((one) => audiences.includes(one));
  if (trusts.some((trust) => hasIssuer(trust) && hasSubject(trust) && hasAudience(trust))) return;
  if (!trusts.some(hasIssuer)) throw noMatch(700211, ` issuer '${issuer}'`);
  if (!trusts.some(hasSubject)) throw noMatch(700213, ` subject '${subject}'`);
  if (!trusts.some(hasAudience)) throw noMatch(700212, ` audience '${audiences.join(' ')}'`);
  throw noMatch(
    70021,
    `. Assertion Issuer: '${issuer}'. Assertion Subject: '${subject}'. Assertion Audience: '${audiences.join(' ')}'`,
  );
}

function noMatch(code: number, what: string): OAuthError {
  return invalidClient(
    code,
    `No matching federated identity record found for presented assertion${what}. Check your federated identity credential Subject, Audience and Issuer against the presented assertion. https://learn.microsoft.com/entra/workload-id/workload-identity-federation`,
  );
}

function checkSignature(jwt: DecodedJwt, keys: readonly JsonWebKey[], issuer: string): void {
  const kid = jwt.header['kid'];
  const candidates = keys.filter((key) => kid === undefined || key['kid'] === undefined || key['kid'] === kid);
  if (candidates.length === 0) {
    throw invalidClient(
      7000272,
      `The certificate with identifier ${String(kid)} used to sign the federated credential could not be found in the metadata of identity provider ${issuer}. Please validate that your Identity Provider's metadata exposes the key used to sign the incoming token.`,
    );
  }
  const isSigned = candidates.some((key) => {
    const publicKey = publicKeyOf(key);
    return publicKey !== undefined && isSignedBy(jwt, publicKey, algorithms);
  });
  if (!isSigned) throw invalidSignature('The provided signature value did not match the expected signature value.');
}

/** Undefined for a key that cannot be read: an issuer can publish other keys too. */
function publicKeyOf(key: JsonWebKey): KeyObject | undefined {
  try {
    return createPublicKey({ key, format: 'jwk' });
  } catch {
    return undefined;
  }
}

/** Allowed clock difference. */
const skewSeconds = 300;

export function decodeAssertion(assertion: string): DecodedJwt {
  const jwt = decodeJwt(assertion);
  if (jwt) return jwt;
  throw new OAuthError(50027, 'invalid_request', 'JWT token is invalid or malformed.', 401);
}

/** The assertion must have an expiry time; `nbf` and `iat` are checked if present. */
function checkTimes({ claims }: DecodedJwt, { context }: ClientRequest): void {
  const now = context.clock.now() / 1000;
  const expires = Number(claims['exp'] ?? 0);
  const begins = Math.max(Number(claims['nbf'] ?? 0), Number(claims['iat'] ?? 0));
  if (expires + skewSeconds > now && begins - skewSeconds <= now) return;
  throw invalidClient(
    700024,
    `Client assertion is not within its valid time range. Current time: ${timeOf(now)}, assertion valid from ${timeOf(begins)}, expiry time of assertion ${timeOf(expires)}. Review the documentation at https://learn.microsoft.com/entra/identity-platform/certificate-credentials .`,
  );
}

/** Formats seconds since 1970 as the service does. Other values stay as given. */
function timeOf(seconds: number): string {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? String(seconds) : date.toISOString().replace('Z', '0000Z');
}

function invalidSignature(reason: string): OAuthError {
  return invalidClient(700027, `Client assertion contains an invalid signature. [Reason - ${reason}]`);
}
