import type { ClientRequest } from './client-request.ts';
import { type DecodedJwt, decodeJwt } from './jwt.ts';
import { OAuthError } from './oauth-error.ts';

/** Clocks may differ by this much. */
const skewSeconds = 300;

export function decodeAssertion(assertion: string): DecodedJwt {
  const jwt = decodeJwt(assertion);
  if (jwt) return jwt;
  throw new OAuthError(50027, 'invalid_request', 'JWT token is invalid or malformed.', 401);
}

/** The assertion has to say until when it is good; `nbf` and `iat` count where they are there. */
export function checkTimes({ claims }: DecodedJwt, { context }: ClientRequest): void {
  const now = context.clock.now() / 1000;
  const expires = Number(claims['exp'] ?? 0);
  const begins = Math.max(Number(claims['nbf'] ?? 0), Number(claims['iat'] ?? 0));
  if (expires + skewSeconds > now && begins - skewSeconds <= now) return;
  throw new OAuthError(
    700024,
    'invalid_client',
    `Client assertion is not within its valid time range. Current time: ${timeOf(now)}, assertion valid from ${timeOf(begins)}, expiry time of assertion ${timeOf(expires)}. Review the documentation at https://learn.microsoft.com/entra/identity-platform/certificate-credentials .`,
    401,
  );
}

/** Seconds since 1970 as the service writes them; what is no time at all is shown as it came. */
function timeOf(seconds: number): string {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? String(seconds) : date.toISOString().replace('Z', '0000Z');
}

export function invalidSignature(reason: string): OAuthError {
  return new OAuthError(
    700027,
    'invalid_client',
    `Client assertion contains an invalid signature. [Reason - ${reason}]`,
    401,
  );
}
