import { createRouter, type RoutePath } from '../base/router.ts';
import type { SandboxContext, SandboxRequest, SandboxResponse, SandboxService } from '../base/service.ts';
import { createService } from '../base/service-frame.ts';
import { createAuthorizationCodes } from './authorization-code.ts';
import { authorize } from './authorize.ts';
import type { IdentityCredentials } from './client-assertion.ts';
import { createDeviceCodes, type DeviceCodes } from './device-code.ts';
import { findTenant, instanceMetadata, openIdConfiguration, publishedKeys } from './discovery.ts';
import { createIssuerKeys, type FetchJson, type KeySource } from './issuer-keys.ts';
import { managedIdentityToken } from './managed-identity.ts';
import { OAuthError, oauthErrorResponse } from './oauth-error.ts';
import { parseForm, type TokenEndpointParts, tokenEndpoint } from './token-endpoint.ts';

interface LoginServiceOptions {
  /** Reads keys of issuers outside the sandbox. Without it, only issuers known to the sandbox work. */
  readonly fetchJson?: FetchJson;
  /** Sign-ins under way, of all tenants that share the address of the page. */
  readonly deviceCodes?: DeviceCodes;
  /** Issuers that other parts of the sandbox sign for, with their public keys. */
  readonly keySources?: readonly KeySource[];
  /** Federated credentials of a user-assigned identity, by client id; undefined if there is no such identity. */
  readonly identityCredentials?: IdentityCredentials;
}

/** Entra's login service: discovery, tokens, device codes, and a machine's managed identity endpoints. */
export function createLoginService(options: LoginServiceOptions = {}): SandboxService {
  const { fetchJson, keySources = [], identityCredentials = () => undefined } = options;
  const { deviceCodes = createDeviceCodes() } = options;
  const parts: TokenEndpointParts = {
    deviceCodes,
    codes: createAuthorizationCodes(),
    keys: createIssuerKeys({ sources: keySources, ...(fetchJson ? { fetchJson } : {}) }),
    identityCredentials,
  };
  return createService({
    name: 'login',
    answer(request, context) {
      const match = findRoute(request.method, request.rawPath);
      if (match) return match.route.handle({ request, context, parts, tenantName: match.params['tenant'] ?? '' });
      const message = `The sandbox does not emulate ${request.method} ${request.rawPath} of the login service.`;
      return { status: 501, body: { error: { code: 'NotImplemented', message } } };
    },
    refusal: OAuthError,
    answerRefusal: oauthErrorResponse,
  });
}

interface LoginCall {
  readonly request: SandboxRequest;
  readonly context: SandboxContext;
  readonly parts: TokenEndpointParts;
  /** Tenant segment of the URL. */
  readonly tenantName: string;
}

interface LoginRoute extends RoutePath {
  handle(call: LoginCall): SandboxResponse | Promise<SandboxResponse>;
}

const machineToken: LoginRoute['handle'] = ({ request, context }) => managedIdentityToken(request, context);
const configuration: LoginRoute['handle'] = ({ tenantName, request, context }) =>
  openIdConfiguration(tenantName, request, context);
const keys: LoginRoute['handle'] = ({ tenantName, context }) => publishedKeys(tenantName, context);

const absent: LoginRoute['handle'] = () => ({ status: 404, body: '' });

const findRoute = createRouter<LoginRoute>([
  { path: '/metadata/identity/oauth2/token', isCaseSensitive: true, handle: machineToken },
  { path: '/msi/token', isCaseSensitive: true, handle: machineToken },
  {
    path: '/devicelogin',
    isCaseSensitive: true,
    handle: ({ request, parts }) => parts.deviceCodes.decide(new URLSearchParams(request.rawQuery)),
  },
  {
    path: '/common/discovery/instance',
    isCaseSensitive: true,
    handle: ({ request, context }) => instanceMetadata(request, context),
  },
  // Not there in Entra either. Clients of MCP ask for these first, and take any other failure for an outage.
  { path: '/.well-known/oauth-authorization-server', handle: absent },
  { path: '/.well-known/oauth-authorization-server/{tenant}/v2.0', handle: absent },
  { path: '/.well-known/openid-configuration', handle: absent },
  { path: '/.well-known/openid-configuration/{tenant}/v2.0', handle: absent },
  { path: '/{tenant}/v2.0/.well-known/oauth-authorization-server', handle: absent },
  { path: '/{tenant}/v2.0/.well-known/openid-configuration', handle: configuration },
  { path: '/{tenant}/.well-known/openid-configuration', handle: configuration },
  { path: '/{tenant}/discovery/v2.0/keys', handle: keys },
  { path: '/{tenant}/discovery/keys', handle: keys },
  {
    path: '/{tenant}/oauth2/v2.0/token',
    handle: ({ tenantName, request, context, parts }) => tokenEndpoint(tenantName, request, context, parts),
  },
  {
    path: '/{tenant}/oauth2/v2.0/authorize',
    handle: ({ request, context, parts, tenantName }) =>
      authorize({ request, context, codes: parts.codes, tenantName }),
  },
  {
    path: '/{tenant}/oauth2/v2.0/devicecode',
    handle({ tenantName, request, context, parts }) {
      findTenant(tenantName, context.tenant);
      return parts.deviceCodes.start(parseForm(request), request, context);
    },
  },
]);
