/** Claims of an access token that validation compares with the connection. */
export interface TokenClaims {
  readonly tenantId: string | undefined;
  readonly clientId: string | undefined;
  /** Object id of the service principal or person: what role assignments name. */
  readonly objectId: string | undefined;
  /** Name of the app, or the sign-in name of the person. Tokens of version 2.0 do not carry an app's name. */
  readonly name: string | undefined;
  readonly isPerson: boolean;
  readonly audience: string | undefined;
  /** Application permissions. */
  readonly roles: readonly string[];
  /** Delegated permissions. */
  readonly scopes: readonly string[];
  /** Epoch milliseconds. */
  readonly expiresAt: number | undefined;
  /** Epoch milliseconds. */
  readonly issuedAt: number | undefined;
}

/**
 * Looks inside an access token, unverified: for advice, never for a decision about access. Undefined when it is opaque.
 * https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference
 */
export function readClaims(token: string): TokenClaims | undefined {
  const parts = token.split('.');
  if (parts.length !== 3) return undefined;
  try {
    const claims: unknown = JSON.parse(Buffer.from(parts[1] ?? '', 'base64url').toString('utf8'));
    // Checked to be an object; every member is checked below.
    return claims !== null && typeof claims === 'object' ? toClaims(claims as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function toClaims(claims: Readonly<Record<string, unknown>>): TokenClaims {
  const roles = claims['roles'];
  return {
    tenantId: textOf(claims['tid'])?.toLowerCase(),
    clientId: (textOf(claims['appid']) ?? textOf(claims['azp']))?.toLowerCase(),
    objectId: textOf(claims['oid'])?.toLowerCase(),
    name: textOf(claims['upn']) ?? textOf(claims['unique_name']) ?? textOf(claims['app_displayname']),
    isPerson: claims['idtyp'] === 'user' || claims['scp'] !== undefined,
    audience: textOf(claims['aud']),
    roles: Array.isArray(roles) ? roles.filter((role) => typeof role === 'string') : [],
    scopes: textOf(claims['scp'])?.split(' ') ?? [],
    expiresAt: millisecondsOf(claims['exp']),
    issuedAt: millisecondsOf(claims['iat']),
  };
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** Seconds beyond the range of dates are no time. */
function millisecondsOf(value: unknown): number | undefined {
  return typeof value === 'number' && Math.abs(value) <= 8.64e12 ? value * 1000 : undefined;
}
