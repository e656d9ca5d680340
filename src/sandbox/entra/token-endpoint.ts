import type { SandboxContext, SandboxRequest, SandboxResponse } from '../base/service.ts';
import type { AuthorizationCodes } from './authorization-code.ts';
import { requestedClaims } from './claims-challenge.ts';
import type { ClientRequest, IdentityCredentials } from './client-assertion.ts';
import { authenticateClient } from './client-authentication.ts';
import type { DeviceCodes } from './device-code.ts';
import { findTenant } from './discovery.ts';
import { issueToken, resourceOfDefaultScope } from './issue-token.ts';
import type { IssuerKeys } from './issuer-keys.ts';
import { invalidRequest, missingParameter, OAuthError } from './oauth-error.ts';
import { exchangeAssertion, refresh, signedIn, tokenAnswer, userToken } from './user-token.ts';

/** State that lives as long as the login service. */
export interface TokenEndpointParts {
  readonly keys: IssuerKeys;
  readonly deviceCodes: DeviceCodes;
  readonly codes: AuthorizationCodes;
  readonly identityCredentials: IdentityCredentials;
}

const deviceGrants = ['device_code', 'urn:ietf:params:oauth:grant-type:device_code'];

/** `POST /{tenant}/oauth2/v2.0/token`. Source: "OAuth 2.0 client credentials flow on the Microsoft identity platform". */
export async function tokenEndpoint(
  tenantName: string,
  request: SandboxRequest,
  context: SandboxContext,
  { keys, deviceCodes, codes, identityCredentials }: TokenEndpointParts,
): Promise<SandboxResponse> {
  if (request.method !== 'POST') {
    throw invalidRequest(900561, `The endpoint only accepts POST requests. Received a ${request.method} request.`);
  }
  const kind = findTenant(tenantName, context.tenant);
  const form = parseForm(request);
  const client: ClientRequest = { form, request, context, keys, identityCredentials, tenantName };
  const grantType = form.get('grant_type');
  if (!grantType) throw missingParameter('grant_type');
  if (grantType === 'client_credentials') {
    if (kind === 'shared') {
      throw invalidRequest(
        9001023,
        `The grant type is not supported over the /common or /consumers endpoints. Please use the /organizations or tenant-specific endpoint.`,
      );
    }
    return clientCredentials(client);
  }
  if (deviceGrants.includes(grantType)) {
    const subject = await authenticateClient(client, false);
    const { user, scope } = deviceCodes.redeem(form, context);
    return userToken(client, { ...subject, user }, { scope: form.get('scope') ?? scope });
  }
  if (grantType === 'refresh_token') return refresh(client);
  if (grantType === 'authorization_code') return signedIn(client, codes);
  if (grantType === 'urn:ietf:params:oauth:grant-type:jwt-bearer') return exchangeAssertion(client);
  throw new OAuthError(70003, 'unsupported_grant_type', `The app requested an unsupported grant type '${grantType}'.`);
}

async function clientCredentials(client: ClientRequest): Promise<SandboxResponse> {
  const { form, request } = client;
  const scope = form.get('scope');
  if (!form.get('client_id') && !request.headers['authorization']) throw missingParameter('client_id');
  if (!scope) throw missingParameter('scope');
  const subject = await authenticateClient(client, true);
  const resource = resourceOfDefaultScope(scope, client);
  const token = await issueToken({ ...subject, requestedClaims: requestedClaims(form) }, resource, client);
  return tokenAnswer(request, {
    token_type: 'Bearer',
    expires_in: token.expiresIn,
    ext_expires_in: token.expiresIn,
    ...(token.refreshIn === undefined ? {} : { refresh_in: token.refreshIn }),
    access_token: token.accessToken,
  });
}

/** Form fields; empty ones count as missing. */
export function parseForm(request: SandboxRequest): ReadonlyMap<string, string> {
  const type = request.headers['content-type'] ?? '';
  if (!type.startsWith('application/x-www-form-urlencoded')) return new Map();
  return new Map(
    [...new URLSearchParams(Buffer.from(request.body).toString('utf8'))].filter(([, value]) => value !== ''),
  );
}
