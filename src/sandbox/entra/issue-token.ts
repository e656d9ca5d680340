import type { Entity } from '../entity-store.ts';
import { mix } from '../seed/hash.ts';
import { tenant } from '../seed/tenant.ts';
import type { SandboxContext, SandboxRequest } from '../service.ts';
import type { TokenResource } from './token-resource.ts';

export interface TokenSubject {
  readonly appId: string;
  readonly displayName: string;
  /** Service principal of the app; its absence is what makes Graph answer `Authorization_IdentityNotFound`. */
  readonly servicePrincipal?: Entity;
  /** Signed-in person, for tokens with delegated permissions. */
  readonly user?: Entity;
  readonly scopes?: readonly string[];
  /** Claims that the request asked to have in the token: the answer to a resource's challenge. */
  readonly requestedClaims?: Readonly<Record<string, unknown>> | undefined;
  /** How the app proved itself: 0 not at all, 1 by secret, 2 by assertion. */
  readonly proof: 0 | 1 | 2;
}

interface IssuedToken {
  readonly accessToken: string;
  readonly expiresIn: number;
  readonly refreshIn?: number;
}

/** Signs an access token of v1.0 shape, which is what Graph, ARM and DevOps accept, whatever endpoint issues it. */
export async function issueToken(
  subject: TokenSubject,
  resource: TokenResource,
  request: SandboxRequest,
  context: SandboxContext,
): Promise<IssuedToken> {
  const now = Math.floor(context.clock.now() / 1000);
  const { expiresIn, refreshIn } = lifetimeOf(request.requestId, context);
  const roles = subject.servicePrincipal && !subject.user ? rolesOf(subject.servicePrincipal, resource, context) : [];
  const principal = subject.user ?? subject.servicePrincipal;
  const accessToken = await context.signer.sign({
    aud: resource.audience,
    iss: `https://sts.windows.net/${tenant.id}/`,
    iat: now,
    nbf: now,
    exp: now + expiresIn,
    app_displayname: subject.displayName,
    appid: subject.appId,
    appidacr: String(subject.proof),
    idp: `https://sts.windows.net/${tenant.id}/`,
    idtyp: subject.user ? 'user' : 'app',
    ...(principal ? { oid: principal.id, sub: principal.id } : {}),
    // No `roles` at all when nothing was granted: the first call then answers 403.
    ...(roles.length > 0 ? { roles } : {}),
    ...(subject.user ? { scp: (subject.scopes ?? []).join(' '), upn: subject.user['userPrincipalName'] } : {}),
    ...(subject.requestedClaims ? { requested_claims: subject.requestedClaims } : {}),
    tid: tenant.id,
    uti: Buffer.from(request.requestId.replaceAll('-', ''), 'hex').toString('base64url'),
    ver: '1.0',
  });
  return refreshIn === undefined ? { accessToken, expiresIn } : { accessToken, expiresIn, refreshIn };
}

/**
 * 60 to 90 minutes, never the same, unless `placeObject('graph', 'tokenLifetime', { expires_in, refresh_in })` says
 * otherwise. Source: "Configurable token lifetimes in the Microsoft identity platform".
 */
function lifetimeOf(requestId: string, context: SandboxContext) {
  const placed = context.placed('tokenLifetime').at(-1);
  const random = mix(Number.parseInt(requestId.slice(0, 8), 16), Number.parseInt(requestId.slice(-8), 16), 0);
  const expiresIn = Number(placed?.['expires_in'] ?? 3600 + (random % 1800));
  const refreshIn = placed?.['refresh_in'];
  return { expiresIn, refreshIn: refreshIn === undefined ? undefined : Number(refreshIn) };
}

/** Values of the app roles of the resource that were granted to the app, at this moment. */
function rolesOf(
  principal: Entity,
  { servicePrincipal: resource }: TokenResource,
  { store }: SandboxContext,
): string[] {
  if (!resource) return [];
  const defined = Array.isArray(resource['appRoles']) ? resource['appRoles'] : [];
  const valueByRole = new Map(
    defined.map((role: { readonly id?: string; readonly value?: string }) => [role.id, role.value]),
  );
  return store
    .links('servicePrincipal.appRoleAssignments', principal.id)
    .map((id) => store.get('appRoleAssignment', id))
    .filter((assignment) => assignment?.['resourceId'] === resource.id)
    .map((assignment) => valueByRole.get(String(assignment?.['appRoleId'])))
    .filter((value) => value !== undefined);
}
