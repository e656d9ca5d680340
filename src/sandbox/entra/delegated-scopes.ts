import type { Entity } from '../base/entity-store.ts';
import { recordOf } from '../base/plain-object.ts';
import type { SandboxContext } from '../base/service.ts';
import { findResource, type TokenRequest, type TokenResource, type TokenSubject } from './issue-token.ts';
import { invalidRequest, OAuthError } from './oauth-error.ts';

/** Scopes of OpenID Connect, which belong to no API. */
const signInScopes = ['openid', 'profile', 'offline_access', 'email'];

/** The API that delegated scopes are of, and the permissions that they name; none for `.default`. */
export interface WantedScopes {
  readonly resource: TokenResource;
  readonly permissions: readonly string[];
}

/** All scopes must be of one resource; a name alone is one of Graph. */
export function readScopes(scope: string, call: TokenRequest): WantedScopes {
  const named = scope.split(' ').filter((one) => one !== '' && !signInScopes.includes(one));
  const graph = call.context.addressOf(call.request, 'graph');
  const parts = named.map((one) => {
    const slash = one.lastIndexOf('/');
    return slash < 0 ? { resource: graph, name: one } : { resource: one.slice(0, slash), name: one.slice(slash + 1) };
  });
  const resources = [...new Set(parts.map(({ resource }) => resource))];
  if (resources.length > 1) {
    throw invalidRequest(
      28000,
      'Provided value for the input parameter scope is not valid because it contains more than one resource.',
    );
  }
  return {
    resource: findResource(resources[0] ?? graph, call),
    permissions: parts.map(({ name }) => name).filter((name) => name !== '.default'),
  };
}

/** Appids of APIs that tokens are asked for by their address. */
const knownApis = {
  arm: '797f4846-ba00-4fd7-ba43-dac1f8f63013',
  devops: '499b84ac-1321-427f-aa17-267ca6975798',
} as const;

function principalOf({ audience, servicePrincipal }: TokenResource, { request, context }: TokenRequest) {
  if (servicePrincipal) return servicePrincipal;
  const name = audience.replace(/\/$/, '');
  const api = (['arm', 'devops'] as const).find((one) => context.addressOf(request, one) === name);
  if (api) return context.store.findByKey('servicePrincipal', 'appId', knownApis[api]);
  for (const { entity } of context.store.scan('servicePrincipal')) {
    const names = entity['servicePrincipalNames'];
    if (Array.isArray(names) && names.includes(name)) return entity;
  }
  return undefined;
}

/** Delegated permissions that somebody has consented to, for the user or for everybody. */
function consentedScopes(
  subject: TokenSubject & { readonly user: Entity },
  resource: TokenResource,
  call: TokenRequest,
): readonly string[] {
  const api = principalOf(resource, call);
  const client = subject.servicePrincipal;
  if (api === undefined || client === undefined) return [];
  const { store } = call.context;
  const granted: string[] = [];
  for (const { entity } of store.scan('oAuth2PermissionGrant')) {
    const isForUser = entity['consentType'] === 'AllPrincipals' || entity['principalId'] === subject.user.id;
    if (entity['clientId'] !== client.id || entity['resourceId'] !== api.id || !isForUser) continue;
    granted.push(...String(entity['scope']).split(' ').filter(Boolean));
  }
  return [...new Set(granted)];
}

/** Scopes of an app of this tenant that a person can consent to by themselves. */
export function ownScopes({ servicePrincipal }: TokenResource, { store }: SandboxContext): readonly string[] {
  const appId = servicePrincipal?.['appId'];
  const application = appId === undefined ? undefined : store.findByKey('application', 'appId', String(appId));
  const scopes: unknown = recordOf(application?.['api'])['oauth2PermissionScopes'];
  if (!Array.isArray(scopes)) return [];
  return scopes
    .map(recordOf)
    .filter(({ type, isEnabled }) => type === 'User' && isEnabled === true)
    .map(({ value }) => String(value));
}

/** What a token on behalf of the user gets; throws 65001 where it has not been consented to. */
export function grantedScopes(
  subject: TokenSubject & { readonly user: Entity },
  { resource, permissions }: WantedScopes,
  call: TokenRequest,
): readonly string[] {
  const consented = consentedScopes(subject, resource, call);
  const isMissing = permissions.some((name) => !consented.includes(name));
  if (consented.length > 0 && !isMissing) return permissions.length > 0 ? permissions : consented;
  throw new OAuthError(
    65001,
    'invalid_grant',
    `The user or administrator has not consented to use the application with ID '${subject.appId}' named '${subject.displayName}'. Send an interactive authorization request for this user and resource.`,
    400,
    { suberror: 'consent_required' },
  );
}
