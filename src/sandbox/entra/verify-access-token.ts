import type { SandboxContext } from '../service.ts';

/** Claims of an access token of the emulated tenant (v1.0 shape, as Graph, ARM and DevOps receive them). */
export interface AccessTokenClaims {
  readonly aud: string;
  readonly tid: string;
  readonly appid: string;
  /** Object id of the service principal or user; missing when the tenant has no service principal for the app. */
  readonly oid?: string;
  /** Application permissions at the time of issue. */
  readonly roles: readonly string[];
  /** Delegated permissions, for tokens of a person. */
  readonly scp: readonly string[];
  readonly idtyp: 'app' | 'user';
  /** Claims that were asked for with the token: what it answers of a challenge. */
  readonly requested: Readonly<Record<string, unknown>>;
  /** Seconds since the Unix epoch. */
  readonly exp: number;
  readonly iat: number;
}

export type TokenCheck =
  | { readonly ok: true; readonly claims: AccessTokenClaims }
  /** `message` is the text of the 401 that Graph answers with code `InvalidAuthenticationToken`. */
  | { readonly ok: false; readonly message: string };

/**
 * Checks a bearer token as a resource does: shape, signature, audience, life time. `audience` lists every spelling
 * that the resource accepts.
 */
export async function verifyAccessToken(
  token: string | undefined,
  audience: string | readonly string[],
  context: SandboxContext,
): Promise<TokenCheck> {
  if (!token) return refused('Access token is empty.');
  if (token.split('.').length !== 3) {
    return refused(
      'IDX14100: JWT is not well formed, there are no dots (.). The token needs to be in JWS or JWE Compact Serialization Format.',
    );
  }
  const claims = await context.signer.verify(token);
  if (!claims) return refused('Access token validation failure. Invalid signature.');
  const accepted = (typeof audience === 'string' ? [audience] : audience).map(withoutTrailingSlash);
  const aud = withoutTrailingSlash(text(claims['aud']));
  if (!accepted.includes(aud)) return refused('Access token validation failure. Invalid audience.');
  const exp = Number(claims['exp']);
  if (context.clock.now() >= exp * 1000) return refused('Lifetime validation failed, the token is expired.');
  return { ok: true, claims: toClaims(claims, aud, exp) };
}

function toClaims(claims: Readonly<Record<string, unknown>>, aud: string, exp: number): AccessTokenClaims {
  const oid = claims['oid'];
  return {
    aud,
    tid: text(claims['tid']),
    appid: text(claims['appid']),
    ...(typeof oid === 'string' ? { oid } : {}),
    roles: Array.isArray(claims['roles']) ? claims['roles'].map(text) : [],
    scp: text(claims['scp']).split(' ').filter(Boolean),
    idtyp: claims['idtyp'] === 'user' ? 'user' : 'app',
    requested: { ...(typeof claims['requested_claims'] === 'object' ? claims['requested_claims'] : {}) },
    exp,
    iat: Number(claims['iat']),
  };
}

function refused(message: string): TokenCheck {
  return { ok: false, message };
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function withoutTrailingSlash(address: string): string {
  return address.endsWith('/') ? address.slice(0, -1) : address;
}
