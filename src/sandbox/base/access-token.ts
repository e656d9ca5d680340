import { isRecord } from '../../core/base/guards.ts';
import { optionalText } from './plain-object.ts';
import type { SandboxContext, SandboxRequest } from './service.ts';

/** Claims of an access token of the emulated tenant, in the v1.0 format that Graph, ARM, and DevOps receive. */
export interface AccessTokenClaims {
  readonly aud: string;
  readonly tid: string;
  readonly appid: string;
  /** Object id of the service principal or user; absent if the tenant has no service principal for the app. */
  readonly oid?: string;
  /** Application permissions at the time of issue. */
  readonly roles: readonly string[];
  /** Delegated permissions of a user's token. */
  readonly scp: readonly string[];
  readonly idtyp: 'app' | 'user';
  /** Claims requested with the token in answer to a challenge. */
  readonly requested: Readonly<Record<string, unknown>>;
  /** Seconds since the Unix epoch. */
  readonly exp: number;
  readonly iat: number;
}

/** Why a token is refused, in the order of the checks. */
export type TokenProblem = 'missing' | 'malformed' | 'signature' | 'audience' | 'expired' | 'tenant';

export type TokenCheck =
  | { readonly ok: true; readonly claims: AccessTokenClaims }
  | { readonly ok: false; readonly problem: 'missing' | 'malformed' | 'signature' }
  /** The tenant signed the token, but it is for another resource or has expired. */
  | {
      readonly ok: false;
      readonly problem: 'audience' | 'expired' | 'tenant';
      readonly claims: AccessTokenClaims;
    };

/** The token of an `Authorization: Bearer` header. */
export function bearerToken({ headers }: Pick<SandboxRequest, 'headers'>): string | undefined {
  return /^bearer\s+(.*)$/i.exec(headers['authorization'] ?? '')?.[1];
}

/** Checks a bearer token as every resource does. `audiences` are the spellings accepted by the resource. */
export async function checkAccessToken(
  token: string | undefined,
  audiences: readonly string[],
  { signer, clock, tenant }: Pick<SandboxContext, 'signer' | 'clock' | 'tenant'>,
): Promise<TokenCheck> {
  if (!token) return { ok: false, problem: 'missing' };
  if (token.split('.').length !== 3) return { ok: false, problem: 'malformed' };
  const signed = await signer.verify(token);
  if (!signed) return { ok: false, problem: 'signature' };
  const claims = readClaims(signed);
  if (!audiences.map(withoutSlash).includes(withoutSlash(claims.aud))) {
    return { ok: false, problem: 'audience', claims };
  }
  if (clock.now() >= claims.exp * 1000) return { ok: false, problem: 'expired', claims };
  return claims.tid === tenant.id ? { ok: true, claims } : { ok: false, problem: 'tenant', claims };
}

function readClaims(claims: Readonly<Record<string, unknown>>): AccessTokenClaims {
  const oid = optionalText(claims['oid']);
  return {
    aud: optionalText(claims['aud']) ?? '',
    tid: optionalText(claims['tid']) ?? '',
    appid: optionalText(claims['appid']) ?? '',
    ...(oid === undefined ? {} : { oid }),
    roles: Array.isArray(claims['roles']) ? claims['roles'].map((role) => optionalText(role) ?? '') : [],
    scp: (optionalText(claims['scp']) ?? '').split(' ').filter(Boolean),
    idtyp: claims['idtyp'] === 'user' ? 'user' : 'app',
    requested: isRecord(claims['requested_claims']) ? claims['requested_claims'] : {},
    exp: Number(claims['exp']),
    iat: Number(claims['iat']),
  };
}

function withoutSlash(address: string): string {
  return address.endsWith('/') ? address.slice(0, -1) : address;
}
