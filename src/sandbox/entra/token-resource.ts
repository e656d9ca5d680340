import type { Entity } from '../entity-store.ts';
import { graphAppId } from '../seed/applications.ts';
import type { SandboxContext, SandboxRequest } from '../service.ts';
import { OAuthError } from './oauth-error.ts';

/** What a token is for. */
export interface TokenResource {
  /** `aud` of the token: the resource as it was asked for. */
  readonly audience: string;
  /** Its service principal in the tenant, when it has application permissions there. */
  readonly servicePrincipal?: Entity;
}

/** Resources without application permissions that every tenant knows. */
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

/** The resource of a `{resource}/.default` scope; several scopes must name one resource. */
export function resourceOfDefaultScope(scope: string, request: SandboxRequest, context: SandboxContext): TokenResource {
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
    throw new OAuthError(
      700022,
      'invalid_request',
      'The provided value for the input parameter scope is not valid because it contains more than one resource.',
    );
  }
  return findResource(resource, request, context);
}

/** Source: "Scopes and permissions in the Microsoft identity platform", /.default. */
export function findResource(resource: string, request: SandboxRequest, context: SandboxContext): TokenResource {
  const name = resource.replace(/\/$/, '');
  if (name === context.addressOf(request, 'graph')) return withPrincipal(resource, graphAppId, context);
  const own = (['arm', 'devops'] as const).some((service) => context.addressOf(request, service) === name);
  if (own || plainResources.includes(name)) return { audience: resource };
  const servicePrincipal = findPrincipal(name, context);
  if (servicePrincipal) return { audience: resource, servicePrincipal };
  throw new OAuthError(
    500011,
    'invalid_resource',
    `The resource principal named ${resource} was not found in the tenant named Contoso. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You might have sent your authentication request to the wrong tenant.`,
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
