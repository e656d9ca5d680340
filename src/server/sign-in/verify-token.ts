import { decodeJwt, decodeProtectedHeader, errors, type JWTPayload, jwtVerify } from 'jose';
import type { Clock } from '../../core/base/clock.ts';
import { AppError } from '../../core/base/errors.ts';
import type { SigningKeys } from './signing-keys.ts';

export interface Issuer {
  readonly tenant: string;
  readonly keys: SigningKeys;
}

export interface VerifierOptions {
  /** By issuer, as tokens name it. Tokens of others are refused. */
  readonly issuers: ReadonlyMap<string, Issuer>;
  readonly audiences: readonly string[];
  readonly clock: Clock;
}

/** Clocks of two machines differ. */
export const leewaySeconds = 60;
/** Never `none`, nor one whose key both sides know: whoever reads the published key could sign with it. */
const algorithms = ['RS256', 'PS256', 'ES256'];
/** What Entra writes, and what RFC 9068 does. */
const types: ReadonlySet<unknown> = new Set(['jwt', 'at+jwt', 'application/at+jwt']);

/** A token that lets nobody in. The message is for whoever sent it, and repeats nothing of it. */
export function refusedToken(message: string, hint = 'Sign in again.'): AppError {
  return new AppError('unauthenticated', message, { hint });
}

/**
 * The claims of an access token of version 2.0 for this server, issued by one of the tenants. Throws `unauthenticated` for
 * any other text, and `upstream_unavailable` where nobody can tell.
 */
export async function verifyToken(token: string, options: VerifierOptions): Promise<JWTPayload> {
  const { keys, tenant, issuer } = issuerOfToken(token, options);
  const { payload } = await jwtVerify(token, keys.find, {
    algorithms,
    issuer,
    audience: [...options.audiences],
    clockTolerance: leewaySeconds,
    currentDate: new Date(options.clock.now()),
    requiredClaims: ['exp', 'nbf', 'iat'],
  }).catch((error: unknown) => {
    throw explain(error);
  });
  // One token is for one service: an audience among others would make it good for all of them.
  if (typeof payload.aud !== 'string') throw refusedToken('The token is for several services.');
  if (payload['tid'] !== tenant) throw refusedToken('The token does not say which tenant it is of.');
  if (payload['ver'] !== '2.0') throw refusedToken('The token is not of version 2.0.', versionHint);
  refuseIdToken(payload);
  return payload;
}

const otherService = 'The token is for another service.';
const otherServiceHint = 'Sign in for the scopes of this server.';
const versionHint = 'Set api.requestedAccessTokenVersion of the app registration to 2.';

/** By what the token says, which nothing has proven yet. */
function issuerOfToken(token: string, { issuers, audiences }: VerifierOptions): Issuer & { readonly issuer: string } {
  const { header, issuer, audience } = peekAt(token);
  const { typ, kid } = header;
  if (typ !== undefined && !types.has(String(typ).toLowerCase())) throw refusedToken('The token is no access token.');
  if (typeof kid !== 'string' || kid === '') throw refusedToken('The token names no key.');
  const found = issuers.get(issuer);
  if (found !== undefined) return { ...found, issuer };
  if (/^https:\/\/sts\.[\w.]+\/[\w-]+\/$/.test(issuer)) {
    // Tokens of Graph and of Azure are of that version too, and our app registration has no part in that.
    if (!audiences.some((own) => own === audience)) throw refusedToken(otherService, otherServiceHint);
    throw refusedToken('The token is of version 1.0, and this server takes version 2.0.', versionHint);
  }
  throw refusedToken('The token is of a tenant that may not sign in here, or of another login host.');
}

function peekAt(token: string) {
  try {
    const { iss = '', aud } = decodeJwt(token);
    return { header: decodeProtectedHeader(token), issuer: iss, audience: aud };
  } catch {
    throw refusedToken('The text behind Bearer is no token of Entra.');
  }
}

/**
 * Id tokens of the registered app have its client id as audience too, and the app roles of the person. They say nothing of
 * a client, which every access token does: https://learn.microsoft.com/entra/identity-platform/id-token-claims-reference
 */
function refuseIdToken(payload: JWTPayload): void {
  const isIdToken = ['nonce', 'at_hash', 'c_hash'].some((claim) => payload[claim] !== undefined);
  if (isIdToken || typeof payload['azp'] !== 'string') {
    throw refusedToken('The token is no access token: it proves who signed in, and allows nothing.');
  }
}

function explain(error: unknown): unknown {
  if (error instanceof errors.JWTExpired) return refusedToken('The token has expired.');
  if (error instanceof errors.JWTClaimValidationFailed && error.claim === 'aud') {
    return refusedToken(otherService, otherServiceHint);
  }
  if (error instanceof errors.JWTClaimValidationFailed) return refusedToken(aboutClaim(error.claim));
  if (error instanceof errors.JOSEAlgNotAllowed) {
    return refusedToken('The token is signed in a way that is not allowed.');
  }
  // Its key, its signature or its form is not as it should be; what exactly would help only a forger.
  return error instanceof errors.JOSEError ? refusedToken('The signature of the token is not valid.') : error;
}

function aboutClaim(claim: string): string {
  return claim === 'nbf' ? 'The token is not valid yet.' : 'The token lacks what an access token says.';
}
