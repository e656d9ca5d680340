import { createHash } from 'node:crypto';
import { type Entity, linkedEntities } from '../base/entity-store.ts';
import { recordOf } from '../base/plain-object.ts';
import type { SandboxContext, SandboxRequest } from '../base/service.ts';
import { relatedIds } from '../graph/reads/relationships.ts';
import { graphAppId } from '../seed/applications.ts';
import { mix } from '../seed/hash.ts';
import { invalidRequest, OAuthError } from './oauth-error.ts';

export interface TokenSubject {
  readonly appId: string;
  readonly displayName: string;
  /** Service principal of the app. Without it, Graph returns `Authorization_IdentityNotFound`. */
  readonly servicePrincipal?: Entity;
  /** Signed-in user, for tokens with delegated permissions. */
  readonly user?: Entity;
  readonly scopes?: readonly string[];
  /** Requested claims, which answer a resource's challenge. */
  readonly requestedClaims?: Readonly<Record<string, unknown>> | undefined;
  /** How the app authenticated: 0 not at all, 1 by secret, 2 by assertion. */
  readonly proof: 0 | 1 | 2;
}

/** A request for a token. */
export interface TokenRequest {
  readonly request: SandboxRequest;
  readonly context: SandboxContext;
}

interface IssuedToken {
  readonly accessToken: string;
  readonly expiresIn: number;
  readonly refreshIn?: number;
}

/** Signs an access token in the format of its resource. */
export async function issueToken(
  subject: TokenSubject,
  resource: TokenResource,
  { request, context }: TokenRequest,
): Promise<IssuedToken> {
  const now = Math.floor(context.clock.now() / 1000);
  const { expiresIn, refreshIn } = lifetimeOf(request.requestId, context);
  const times = { iat: now, nbf: now, exp: now + expiresIn };
  const claims = (isOwnApi(resource, context) ? secondVersion : firstVersion)(subject, resource, { request, context });
  const accessToken = await context.signer.sign({ ...claims, ...times });
  return refreshIn === undefined ? { accessToken, expiresIn } : { accessToken, expiresIn, refreshIn };
}

type Claims = Readonly<Record<string, unknown>>;

/** The v1.0 format, which Graph, ARM, and DevOps accept from any endpoint. */
function firstVersion(subject: TokenSubject, resource: TokenResource, { request, context }: TokenRequest): Claims {
  const { tenant } = context;
  const roles = appRolesOf(subject, resource, context);
  const principal = subject.user ?? subject.servicePrincipal;
  return {
    aud: resource.audience,
    iss: `https://sts.windows.net/${tenant.id}/`,
    app_displayname: subject.displayName,
    appid: subject.appId,
    appidacr: String(subject.proof),
    idp: `https://sts.windows.net/${tenant.id}/`,
    idtyp: subject.user ? 'user' : 'app',
    ...(principal ? { oid: principal.id, sub: principal.id } : {}),
    // Without grants there is no `roles` claim, and the first call returns 403.
    ...(roles.length > 0 ? { roles } : {}),
    ...(subject.user ? { scp: (subject.scopes ?? []).join(' '), upn: subject.user['userPrincipalName'] } : {}),
    ...(subject.requestedClaims ? { requested_claims: subject.requestedClaims } : {}),
    tid: tenant.id,
    uti: tokenId(request),
    ver: '1.0',
  };
}

/** The v2.0 format of an API that asks for it. Source: "Access token claims reference". */
function secondVersion(subject: TokenSubject, resource: TokenResource, { request, context }: TokenRequest): Claims {
  const { tenant } = context;
  const { user } = subject;
  const roles = appRolesOf(subject, resource, context);
  const principal = user ?? subject.servicePrincipal;
  const groups = user === undefined ? [] : groupsOf(user, resource, context);
  return {
    aud: String(resource.servicePrincipal?.['appId']),
    iss: `${request.base}/${tenant.id}/v2.0`,
    azp: subject.appId,
    azpacr: String(subject.proof),
    ...(groups.length > 0 ? { groups } : {}),
    ...(user ? { name: user['displayName'], preferred_username: user['userPrincipalName'] } : {}),
    ...(principal ? { oid: principal.id, sub: pairwise(principal.id, resource) } : {}),
    ...(roles.length > 0 ? { roles } : {}),
    ...(user ? { scp: (subject.scopes ?? []).join(' ') } : { idtyp: 'app' }),
    ...(subject.requestedClaims ? { requested_claims: subject.requestedClaims } : {}),
    tid: tenant.id,
    uti: tokenId(request),
    ver: '2.0',
  };
}

function tokenId({ requestId }: SandboxRequest): string {
  return Buffer.from(requestId.replaceAll('-', ''), 'hex').toString('base64url');
}

/** `sub` is another one for each app. */
function pairwise(id: string, { audience }: TokenResource): string {
  return createHash('sha256').update(`${id} ${audience}`).digest('base64url');
}

/** The application of the resource, where it is of this tenant. */
function ownApplication({ servicePrincipal }: TokenResource, { store }: SandboxContext): Entity | undefined {
  const appId = servicePrincipal?.['appId'];
  return appId === undefined ? undefined : store.findByKey('application', 'appId', String(appId));
}

function isOwnApi(resource: TokenResource, context: SandboxContext): boolean {
  return recordOf(ownApplication(resource, context)?.['api'])['requestedAccessTokenVersion'] === 2;
}

/** Security groups of the person, where the app wants to be told. Source: "Configure group claims for applications". */
function groupsOf(user: Entity, resource: TokenResource, context: SandboxContext): readonly string[] {
  const wanted = ownApplication(resource, context)?.['groupMembershipClaims'];
  if (wanted !== 'SecurityGroup' && wanted !== 'All') return [];
  const ids = relatedIds({ type: 'user', entity: user }, 'transitiveMemberOf', context.store) ?? [];
  return ids.filter((id) => context.store.get('group', id)?.['securityEnabled'] === true).slice(0, mostGroups);
}

/** Beyond it Entra sends a link instead of the groups, which the sandbox does not: it has nobody with so many. */
const mostGroups = 200;

function appRolesOf(subject: TokenSubject, resource: TokenResource, context: SandboxContext): readonly string[] {
  return subject.servicePrincipal && !subject.user ? rolesOf(subject.servicePrincipal, resource, context) : [];
}

/**
 * 60 to 90 minutes, varying, unless `placeObject('graph', 'tokenLifetime', { expires_in, refresh_in })` sets it.
 * Source: "Configurable token lifetimes in the Microsoft identity platform".
 */
function lifetimeOf(requestId: string, context: SandboxContext) {
  const placed = context.placed('tokenLifetime').at(-1);
  const random = mix(Number.parseInt(requestId.slice(0, 8), 16), Number.parseInt(requestId.slice(-8), 16), 0);
  const expiresIn = Number(placed?.['expires_in'] ?? 3600 + (random % 1800));
  const refreshIn = placed?.['refresh_in'];
  return { expiresIn, refreshIn: refreshIn === undefined ? undefined : Number(refreshIn) };
}

/** Current app roles of the resource that are granted to the app. */
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
  return linkedEntities(store, 'servicePrincipal.appRoleAssignments', principal.id, 'appRoleAssignment')
    .filter((assignment) => assignment['resourceId'] === resource.id)
    .flatMap((assignment) => valueByRole.get(String(assignment['appRoleId'])) ?? []);
}

/** The resource that a token is for. */
export interface TokenResource {
  /** `aud` of the token: the resource as requested. */
  readonly audience: string;
  /** Its service principal in the tenant, if it has application permissions. */
  readonly servicePrincipal?: Entity;
}

/** Resources without application permissions, known in every tenant. */
const plainResources = [
  'https://storage.azure.com',
  'https://servicebus.azure.net',
  'https://ossrdbms-aad.database.windows.net',
  'https://database.windows.net',
  'https://search.azure.com',
  'https://cosmos.azure.com',
  'https://ml.azure.com',
  'https://vault.azure.net',
  'https://management.usgovcloudapi.net',
  'https://management.chinacloudapi.cn',
];

/** The resource of a `{resource}/.default` scope. All scopes must name the same resource. */
export function resourceOfDefaultScope(scope: string, call: TokenRequest): TokenResource {
  const scopes = scope.split(' ').filter(Boolean);
  const foreign = scopes.find((one) => !one.endsWith('/.default'));
  if (scopes.length === 0) {
    throw new OAuthError(70011, 'invalid_scope', `The provided value for the input parameter 'scope' is not valid.`);
  }
  if (foreign !== undefined) {
    throw new OAuthError(
      1002012,
      'invalid_scope',
      `The provided value for scope ${scope} is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI).`,
    );
  }
  const resources = new Set(scopes.map((one) => one.slice(0, -'/.default'.length)));
  const [resource = ''] = resources;
  if (resources.size > 1) {
    throw invalidRequest(
      700022,
      'The provided value for the input parameter scope is not valid because it contains more than one resource.',
    );
  }
  return findResource(resource, call);
}

/** Source: "Scopes and permissions in the Microsoft identity platform", /.default. */
export function findResource(resource: string, { request, context }: TokenRequest): TokenResource {
  const name = resource.replace(/\/$/, '');
  if (name === context.addressOf(request, 'graph')) return withPrincipal(resource, graphAppId, context);
  const own = (['arm', 'devops'] as const).some((service) => context.addressOf(request, service) === name);
  if (own || plainResources.includes(name)) return { audience: resource };
  const servicePrincipal = findPrincipal(name, context);
  if (servicePrincipal) return { audience: resource, servicePrincipal };
  throw new OAuthError(
    500011,
    'invalid_resource',
    `The resource principal named ${resource} was not found in the tenant named ${context.tenant.displayName}. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You might have sent your authentication request to the wrong tenant.`,
  );
}

function withPrincipal(audience: string, appId: string, context: SandboxContext): TokenResource {
  const servicePrincipal = context.store.findByKey('servicePrincipal', 'appId', appId);
  return servicePrincipal ? { audience, servicePrincipal } : { audience };
}

function findPrincipal(name: string, context: SandboxContext): Entity | undefined {
  const byAppId = context.store.findByKey('servicePrincipal', 'appId', name);
  if (byAppId) return byAppId;
  for (const { entity } of context.store.scan('servicePrincipal')) {
    const names = entity['servicePrincipalNames'];
    if (Array.isArray(names) && names.includes(name)) return entity;
  }
  return undefined;
}
