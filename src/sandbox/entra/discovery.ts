import { isGuid } from '../../core/base/guid.ts';
import type { SandboxContext, SandboxRequest, SandboxResponse } from '../base/service.ts';
import { namesOfTenant, type Tenant } from '../seed/tenant.ts';
import { invalidRequest, OAuthError } from './oauth-error.ts';

/** `/{tenant}/v2.0/.well-known/openid-configuration`, also for HTTP base addresses. */
export function openIdConfiguration(
  tenantName: string,
  { base }: SandboxRequest,
  { tenant }: SandboxContext,
): SandboxResponse {
  const shared = knownTenant(tenantName, tenant) === 'shared';
  const root = `${base}/${shared ? tenantName : tenant.id}`;
  return {
    status: 200,
    headers: { 'cache-control': 'max-age=86400, private', 'content-type': 'application/json; charset=utf-8' },
    body: {
      token_endpoint: `${root}/oauth2/v2.0/token`,
      token_endpoint_auth_methods_supported: ['client_secret_post', 'private_key_jwt', 'client_secret_basic'],
      jwks_uri: `${root}/discovery/v2.0/keys`,
      response_modes_supported: ['query', 'fragment', 'form_post'],
      subject_types_supported: ['pairwise'],
      id_token_signing_alg_values_supported: ['RS256'],
      response_types_supported: ['code', 'id_token', 'code id_token', 'id_token token'],
      scopes_supported: ['openid', 'profile', 'email', 'offline_access'],
      issuer: shared ? `${base}/{tenantid}/v2.0` : `${root}/v2.0`,
      request_uri_parameter_supported: false,
      userinfo_endpoint: 'https://graph.microsoft.com/oidc/userinfo',
      authorization_endpoint: `${root}/oauth2/v2.0/authorize`,
      device_authorization_endpoint: `${root}/oauth2/v2.0/devicecode`,
      http_logout_supported: true,
      frontchannel_logout_supported: true,
      end_session_endpoint: `${root}/oauth2/v2.0/logout`,
      claims_supported: ['sub', 'iss', 'aud', 'exp', 'iat', 'auth_time', 'acr', 'nonce', 'tid', 'ver', 'email'],
      tenant_region_scope: 'EU',
      cloud_instance_name: 'microsoftonline.com',
      cloud_graph_host_name: 'graph.windows.net',
      msgraph_host: 'graph.microsoft.com',
      rbac_url: 'https://pas.windows.net',
    },
  };
}

/** `/common/discovery/instance`: the hosts of a cloud. */
export function instanceMetadata({ base, rawQuery }: SandboxRequest, { tenant }: SandboxContext): SandboxResponse {
  const endpoint = new URLSearchParams(rawQuery).get('authorization_endpoint') ?? '';
  const host = new URL(base).host;
  const tenantName = /^https?:\/\/[^/]+\/([^/]+)\//.exec(endpoint)?.[1] ?? tenant.id;
  return {
    status: 200,
    body: {
      tenant_discovery_endpoint: `${base}/${tenantName}/v2.0/.well-known/openid-configuration`,
      'api-version': '1.1',
      metadata: [{ preferred_network: host, preferred_cache: host, aliases: [host] }],
    },
  };
}

export async function publishedKeys(tenantName: string, context: SandboxContext): Promise<SandboxResponse> {
  knownTenant(tenantName, context.tenant);
  return { status: 200, body: { keys: [await context.signer.publishedKey()] } };
}

/** Discovery has its own error format for unknown tenants. */
function knownTenant(tenantName: string, tenant: Tenant): 'own' | 'shared' {
  try {
    return findTenant(tenantName, tenant);
  } catch (failure) {
    if (failure instanceof OAuthError) throw new OAuthError(failure.code, 'invalid_tenant', failure.message);
    throw failure;
  }
}

const sharedEndpoints = ['common', 'organizations', 'consumers'];

/** `shared` for `/common`, `/organizations`, `/consumers`; throws for tenants that do not exist. */
export function findTenant(segment: string, tenant: Tenant): 'own' | 'shared' {
  const name = segment.toLowerCase();
  if (namesOfTenant(tenant).includes(name)) return 'own';
  if (sharedEndpoints.includes(name)) return 'shared';
  if (isGuid(name) || /^[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(name)) {
    throw invalidRequest(
      90002,
      `Tenant '${segment}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud. Check with your subscription administrator, this may happen if there are no active subscriptions for the tenant.`,
    );
  }
  throw invalidRequest(
    900023,
    `Specified tenant identifier '${segment}' is neither a valid DNS name, nor a valid external domain.`,
  );
}
