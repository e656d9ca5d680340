import { parseRecord, textOf } from '../base/guards.ts';
import type { ConnectionRecord } from '../record/connection.ts';

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
  const claims = readPart(token, 1);
  if (claims === undefined) return undefined;
  const { tid, appid, azp, oid, upn, unique_name, app_displayname, idtyp, scp, aud, roles, exp, iat } = claims;
  return {
    tenantId: claimOf(tid)?.toLowerCase(),
    clientId: (claimOf(appid) ?? claimOf(azp))?.toLowerCase(),
    objectId: claimOf(oid)?.toLowerCase(),
    name: claimOf(upn) ?? claimOf(unique_name) ?? claimOf(app_displayname),
    isPerson: idtyp === 'user' || scp !== undefined,
    audience: claimOf(aud),
    roles: Array.isArray(roles) ? roles.filter((role) => typeof role === 'string') : [],
    scopes: textOf(scp)
      .split(' ')
      .filter((scope) => scope !== ''),
    expiresAt: timeOf(exp),
    issuedAt: timeOf(iat),
  };
}

/** What a federated token says about itself, unverified: for comparing and for advice, never for a decision about access. */
export interface AssertionClaims {
  readonly issuer: string | undefined;
  readonly subject: string | undefined;
  readonly audiences: readonly string[];
  /** Epoch milliseconds. */
  readonly expiresAt: number | undefined;
  /** Epoch milliseconds; the later of `nbf` and `iat`. */
  readonly validFrom: number | undefined;
  readonly keyId: string | undefined;
  readonly algorithm: string | undefined;
}

/** Undefined when the text is not a JSON Web Token. */
export function readAssertion(token: string): AssertionClaims | undefined {
  const header = readPart(token, 0);
  const claims = readPart(token, 1);
  if (header === undefined || claims === undefined) return undefined;
  const starts = [timeOf(claims['nbf']), timeOf(claims['iat'])].filter((time) => time !== undefined);
  return {
    issuer: claimOf(claims['iss']),
    subject: claimOf(claims['sub']),
    audiences: [claims['aud']].flat().filter((one) => typeof one === 'string'),
    expiresAt: timeOf(claims['exp']),
    validFrom: starts.length === 0 ? undefined : Math.max(...starts),
    keyId: claimOf(header['kid']),
    algorithm: claimOf(header['alg']),
  };
}

/**
 * The older form is 52 letters and digits, the newer one has the mark of its issuer near the end.
 * https://learn.microsoft.com/purview/sit-defn-azure-devops-personal-access-token
 */
const patShape = /^(?:[a-z0-9]{52}|[A-Za-z0-9]{76}AZDO[A-Za-z0-9]{4})$/;

/**
 * Whether the token of a `bearer` connection is a personal access token of Azure DevOps. It says nothing about itself, so
 * its form decides: any other opaque token is none, whatever the connection is for.
 */
export function isPersonalAccessToken(token: string, { auth_type }: Pick<ConnectionRecord, 'auth_type'>): boolean {
  return auth_type === 'bearer' && patShape.test(token);
}

/**
 * How a personal access token goes over the wire: as a password without a user name. As secret as the token itself.
 * https://learn.microsoft.com/azure/devops/organizations/accounts/use-personal-access-tokens-to-authenticate
 */
export function basicCredentials(token: string): string {
  return Buffer.from(`:${token}`).toString('base64');
}

/** Header (0) or claims (1) of a JSON Web Token; undefined for anything else. */
function readPart(token: string, index: 0 | 1): Readonly<Record<string, unknown>> | undefined {
  const parts = token.split('.');
  return parts.length === 3 ? parseRecord(Buffer.from(parts[index] ?? '', 'base64url').toString('utf8')) : undefined;
}

function claimOf(value: unknown): string | undefined {
  return textOf(value) || undefined;
}

/** Seconds beyond the range of dates count as absent. */
function timeOf(value: unknown): number | undefined {
  return typeof value === 'number' && Math.abs(value) <= 8.64e12 ? value * 1000 : undefined;
}
