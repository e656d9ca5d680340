import { createPublicKey } from 'node:crypto';
import type { Entity } from '../entity-store.ts';
import { tenant } from '../seed/tenant.ts';
import { certificatesOf, isSignedBy } from './certificates.ts';
import type { ClientRequest } from './client-request.ts';
import { type DecodedJwt, decodeJwt } from './jwt.ts';
import { OAuthError } from './oauth-error.ts';

/** Clocks may differ by this much. */
const skewSeconds = 300;

/**
 * A JWT in place of a secret: signed with a certificate of the app when the app issued it, otherwise by an issuer that
 * the app trusts through a federated credential.
 */
export async function checkAssertion(assertion: string, application: Entity, client: ClientRequest): Promise<void> {
  const jwt = decodeJwt(assertion);
  if (!jwt) throw new OAuthError(50027, 'invalid_request', 'JWT token is invalid or malformed.', 401);
  const appId = String(application['appId']);
  if (jwt.claims['iss'] === appId) checkCertificate(jwt, application, client);
  else await checkFederated(jwt, application, client);
}

/** Source: "Microsoft identity platform application authentication certificate credentials". */
function checkCertificate(jwt: DecodedJwt, application: Entity, client: ClientRequest): void {
  const appId = String(application['appId']);
  checkTimes(jwt, client);
  if (jwt.claims['sub'] !== appId) {
    throw new OAuthError(
      700021,
      'invalid_client',
      'Client assertion application identifier does not match the client_id parameter.',
      401,
    );
  }
  if (!acceptedAudiences(client).includes(String(jwt.claims['aud']))) {
    throw new OAuthError(700023, 'invalid_client', 'Client assertion audience claim does not match Realm issuer.', 401);
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
  if (key.endsAt <= client.context.clock.now()) throw invalidSignature('The key used is expired.');
  if (!isSignedBy(jwt, key.publicKey, ['PS256', 'RS256'])) {
    throw invalidSignature('The provided signature value did not match the expected signature value.');
  }
}

function acceptedAudiences({ request, tenantName }: ClientRequest): string[] {
  const names = [tenantName, tenant.id, tenant.domain, tenant.initialDomain];
  return names.flatMap((name) => [`${request.base}/${name}/oauth2/v2.0/token`, `${request.base}/${name}/v2.0`]);
}

/** Source: "Workload identity federation"; matching is case-sensitive. */
async function checkFederated(jwt: DecodedJwt, application: Entity, client: ClientRequest): Promise<void> {
  const { store } = client.context;
  const credentials = store
    .links('application.federatedIdentityCredentials', application.id)
    .map((id) => store.get('federatedIdentityCredential', id))
    .filter((credential) => credential !== undefined);
  if (credentials.length === 0) {
    throw new OAuthError(
      70025,
      'invalid_client',
      `The client '${String(application['appId'])}'(${String(application['displayName'])}) has no configured federated identity credentials.`,
      401,
    );
  }
  const issuer = String(jwt.claims['iss']);
  const subject = String(jwt.claims['sub']);
  const audiences = [jwt.claims['aud']].flat().map(String);
  const ofIssuer = credentials.filter((credential) => credential['issuer'] === issuer);
  if (ofIssuer.length === 0) throw noMatch(700211, 'issuer', issuer);
  const ofSubject = ofIssuer.filter((credential) => credential['subject'] === subject);
  if (ofSubject.length === 0) throw noMatch(700213, 'subject', subject);
  const isForUs = (credential: Entity) =>
    [credential['audiences']].flat().some((one) => audiences.includes(String(one)));
  if (!ofSubject.some(isForUs)) throw noMatch(700212, 'audience', audiences.join(' '));
  checkTimes(jwt, client);
  const keys = await client.keys.find(issuer, client.request, client.context);
  if (!keys) throw new OAuthError(50166, 'invalid_request', `Request to External OIDC endpoint failed: ${issuer}`);
  const kid = jwt.header['kid'];
  const candidates = keys.filter((key) => kid === undefined || key['kid'] === undefined || key['kid'] === kid);
  if (candidates.length === 0) throw invalidSignature('The key was not found.');
  if (!candidates.some((key) => isSignedBy(jwt, createPublicKey({ key, format: 'jwk' }), ['RS256']))) {
    throw invalidSignature('The provided signature value did not match the expected signature value.');
  }
}

function checkTimes({ claims }: DecodedJwt, { context }: ClientRequest): void {
  const now = context.clock.now() / 1000;
  const expires = Number(claims['exp']);
  const begins = Number(claims['nbf'] ?? claims['iat'] ?? 0);
  if (!(expires + skewSeconds > now) || begins - skewSeconds > now) {
    throw new OAuthError(700024, 'invalid_client', 'Client assertion is not within its valid time range.', 401);
  }
}

function noMatch(code: number, what: string, value: string): OAuthError {
  return new OAuthError(
    code,
    'invalid_client',
    `No matching federated identity record found for presented assertion ${what} '${value}'. Check your federated identity credential Subject, Audience and Issuer against the presented assertion. https://learn.microsoft.com/entra/workload-id/workload-identity-federation`,
    401,
  );
}

function invalidSignature(reason: string): OAuthError {
  return new OAuthError(
    700027,
    'invalid_client',
    `Client assertion contains an invalid signature. [Reason - ${reason}]`,
    401,
  );
}
