import type { SandboxContext, SandboxRequest, SandboxResponse, SandboxService } from '../service.ts';
import type { IdentityCredentials } from './client-request.ts';
import { createDeviceCodes, type DeviceCodes } from './device-code.ts';
import { instanceMetadata, openIdConfiguration, publishedKeys } from './discovery.ts';
import { findTenant } from './find-tenant.ts';
import { createIssuerKeys, type FetchJson, type IssuerKeys, type KeySource } from './issuer-keys.ts';
import { managedIdentityToken } from './managed-identity.ts';
import { OAuthError, oauthErrorResponse } from './oauth-error.ts';
import { parseForm, tokenEndpoint } from './token-endpoint.ts';

export interface LoginServiceOptions {
  /** How keys of issuers outside the sandbox are read. Without it only issuers known to the sandbox work. */
  readonly fetchJson?: FetchJson;
  /** Issuers that other parts of the sandbox sign for, with their public keys. */
  readonly keySources?: readonly KeySource[];
  /** Federated credentials of a user-assigned identity, by its client id; undefined when there is no such identity. */
  readonly identityCredentials?: IdentityCredentials;
}

/** Entra's login service: discovery, tokens, device codes, and the managed identity endpoints of a machine. */
export function createLoginService(options: LoginServiceOptions = {}): SandboxService {
  const { fetchJson, keySources = [], identityCredentials = () => undefined } = options;
  const parts: Parts = {
    deviceCodes: createDeviceCodes(),
    keys: createIssuerKeys({ sources: keySources, ...(fetchJson ? { fetchJson } : {}) }),
    identityCredentials,
  };
  return {
    name: 'login',
    async handle(request, context) {
      try {
        return await route(request, context, parts);
      } catch (failure) {
        if (failure instanceof OAuthError) return oauthErrorResponse(failure, request, context);
        throw failure;
      }
    },
  };
}

interface Parts {
  readonly deviceCodes: DeviceCodes;
  readonly keys: IssuerKeys;
  readonly identityCredentials: IdentityCredentials;
}

async function route(request: SandboxRequest, context: SandboxContext, parts: Parts): Promise<SandboxResponse> {
  const { deviceCodes } = parts;
  const path = request.rawPath;
  if (path === '/metadata/identity/oauth2/token' || path === '/msi/token') {
    return managedIdentityToken(request, context);
  }
  if (path === '/devicelogin') return deviceCodes.decide(new URLSearchParams(request.rawQuery), context);
  if (path === '/common/discovery/instance') return instanceMetadata(request);
  const [, tenantName = '', rest = ''] = /^\/([^/]+)\/(.*)$/.exec(path) ?? [];
  switch (rest.toLowerCase()) {
    case 'v2.0/.well-known/openid-configuration':
    case '.well-known/openid-configuration':
      return openIdConfiguration(tenantName, request);
    case 'discovery/v2.0/keys':
    case 'discovery/keys':
      return publishedKeys(tenantName, context);
    case 'oauth2/v2.0/token':
      return tokenEndpoint(tenantName, request, context, parts);
    case 'oauth2/v2.0/devicecode':
      findTenant(tenantName);
      return deviceCodes.start(parseForm(request), request, context);
    default:
      return {
        status: 501,
        body: {
          error: {
            code: 'NotImplemented',
            message: `The sandbox does not emulate ${request.method} ${path} of the login service.`,
          },
        },
      };
  }
}
