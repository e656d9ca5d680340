import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { checkTimes, invalidSignature } from './assertion-checks.ts';
import { isSignedBy } from './certificates.ts';
import type { ClientRequest, FederatedTrust } from './client-request.ts';
import type { DecodedJwt } from './jwt.ts';
import { OAuthError } from './oauth-error.ts';

/** Entra takes RSA only; elliptic curves, shared keys and unsigned tokens are refused. */
const algorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'];

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
  const algorithm = String(jwt.header['alg']);
  if (!algorithms.includes(algorithm)) {
    throw new OAuthError(
      5002738,
      'invalid_request',
      `Invalid JWT token. '${algorithm}' is not a supported signature algorithm. Supported signing algorithms are: '${algorithms.join(', ')}'.`,
    );
  }
  if (trusts.length === 0) {
    throw new OAuthError(
      70025,
      'invalid_client',
      `The client ${clientName} has no configured federated identity credentials.`,
      401,
    );
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

/** Which of the three claims no credential has is what the code says; 70021 when only the combination is unknown. */
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
  return new OAuthError(
    code,
    'invalid_client',
    `No matching federated identity record found for presented assertion${what}. Check your federated identity credential Subject, Audience and Issuer against the presented assertion. https://learn.microsoft.com/entra/workload-id/workload-identity-federation`,
    401,
  );
}

function checkSignature(jwt: DecodedJwt, keys: readonly JsonWebKey[], issuer: string): void {
  const kid = jwt.header['kid'];
  const candidates = keys.filter((key) => kid === undefined || key['kid'] === undefined || key['kid'] === kid);
  if (candidates.length === 0) {
    throw new OAuthError(
      7000272,
      'invalid_client',
      `The certificate with identifier ${String(kid)} used to sign the federated credential could not be found in the metadata of identity provider ${issuer}. Please validate that your Identity Provider's metadata exposes the key used to sign the incoming token.`,
      401,
    );
  }
  const isSigned = candidates.some((key) => {
    const publicKey = publicKeyOf(key);
    return publicKey !== undefined && isSignedBy(jwt, publicKey, algorithms);
  });
  if (!isSigned) throw invalidSignature('The provided signature value did not match the expected signature value.');
}

/** Undefined for a key that cannot be read: an issuer may publish others beside the one that counts. */
function publicKeyOf(key: JsonWebKey): KeyObject | undefined {
  try {
    return createPublicKey({ key, format: 'jwk' });
  } catch {
    return undefined;
  }
}
