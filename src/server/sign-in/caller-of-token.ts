import type { JWTPayload } from 'jose';
import { Caller, type Right, rights } from '../../core/base/caller.ts';
import { shownLine } from '../../core/base/clean-text.ts';
import { isRecord, textOf } from '../../core/base/guards.ts';
import { isGuid } from '../../core/base/guid.ts';
import { withoutUndefined } from '../../core/base/without-undefined.ts';
import { Secret } from '../../core/secrets/secret.ts';
import { scopeNames } from '../required-rights.ts';
import { leewaySeconds, refusedToken } from './verify-token.ts';

/** Somebody who has signed in, and what the gate has to know besides. */
export interface SignedIn {
  readonly caller: Caller;
  /** A program that acts for itself, or a person by means of one. */
  readonly kind: 'person' | 'app';
  /** What the app roles of a person stop at, whatever the client asks for; absent where they have none. */
  readonly roleRights?: ReadonlySet<Right>;
  /** Entra left the groups out of the token: there are too many. */
  readonly hasTooManyGroups: boolean;
}

/** Who a verified token is of. Throws `unauthenticated` where it does not say so in the way of an access token. */
export function signedInBy(token: string, claims: JWTPayload): SignedIn {
  const { oid, tid, groups } = claims;
  if (typeof oid !== 'string' || !isGuid(oid)) throw refusedToken('The token does not say who it is of (oid).');
  const kind = kindOf(claims);
  const roles = namesIn(claims['roles']);
  const ofRoles = rightsNamed(roles);
  const id = `${String(tid)}/${oid}`.toLowerCase();
  const common = {
    id,
    groups: namesIn(groups).filter(isGuid),
    expiresAt: ((claims.exp ?? 0) + leewaySeconds) * 1_000,
    ...withoutUndefined({ name: nameIn(claims) }),
  };
  const hasTooManyGroups = lacksGroups(claims);
  if (kind === 'app') return { kind, hasTooManyGroups, caller: new Caller({ ...common, rights: ofRoles }) };
  const asked = rightsNamed(textOf(claims['scp']).split(' '));
  const person = (granted: readonly Right[]) =>
    new Caller({ ...common, rights: granted, assertion: new Secret(token) });
  if (ofRoles.length === 0) return { kind, hasTooManyGroups, caller: person(asked) };
  // The scopes say what the client may do for the person, the roles what the person may do at all.
  const roleRights = new Caller({ id, rights: ofRoles }).rights;
  const both = [...new Caller({ id, rights: asked }).rights].filter((right) => roleRights.has(right));
  return { kind, hasTooManyGroups, roleRights, caller: person(both) };
}

/**
 * `idtyp` is an optional claim; without it, an app is its own subject and has no scopes:
 * https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference
 */
function kindOf({ scp, idtyp, sub, oid }: JWTPayload): SignedIn['kind'] {
  const hasScopes = typeof scp === 'string' && scp !== '';
  if (hasScopes && (idtyp === undefined || idtyp === 'user')) return 'person';
  if (scp === undefined && (idtyp === 'app' || (idtyp === undefined && sub === oid))) return 'app';
  throw refusedToken('The token is neither of a person with scopes nor of an app.');
}

function rightsNamed(names: readonly string[]): Right[] {
  return rights.filter((right) => names.includes(scopeNames[right]));
}

function namesIn(claim: unknown): readonly string[] {
  return Array.isArray(claim) ? claim.filter((one) => typeof one === 'string') : [];
}

function nameIn({ name, preferred_username: login }: JWTPayload): string | undefined {
  return shownLine((textOf(name) || textOf(login)).slice(0, 200)) || undefined;
}

/** https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference#groups-overage-claim */
function lacksGroups({ _claim_names: elsewhere, hasgroups }: JWTPayload): boolean {
  return hasgroups === true || (isRecord(elsewhere) && 'groups' in elsewhere);
}
