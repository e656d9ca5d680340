import type { Entity } from '../entity-store.ts';
import { tenant } from '../seed/tenant.ts';
import type { SandboxContext } from '../service.ts';
import { checkTimes, decodeAssertion, invalidSignature } from './assertion-checks.ts';
import { certificatesOf, isSignedBy } from './certificates.ts';
import type { ClientRequest, FederatedTrust } from './client-request.ts';
import { checkFederated } from './federated-assertion.ts';
import type { DecodedJwt } from './jwt.ts';
import { OAuthError } from './oauth-error.ts';

/**
 * A JWT in place of a secret: signed with a certificate of the app when the app issued it, otherwise by an issuer that
 * the app trusts through a federated credential.
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

function trustsOf(application: Entity, context: SandboxContext): readonly FederatedTrust[] {
  return context.store
    .links('application.federatedIdentityCredentials', application.id)
    .map((id) => context.store.get('federatedIdentityCredential', id))
    .filter((credential) => credential !== undefined)
    .map(({ issuer, subject, audiences }) => ({
      issuer: String(issuer),
      subject: String(subject),
      audiences: [audiences].flat().map(String),
    }));
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
