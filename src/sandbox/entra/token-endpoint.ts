import { isRecord } from '../../core/base/guards.ts';
import type { Entity } from '../base/entity-store.ts';
import type { SandboxContext, SandboxRequest, SandboxResponse } from '../base/service.ts';
import { credentialsOf } from '../seed/sandbox-credentials.ts';
import { requestedClaims } from './claims-challenge.ts';
import type { ClientRequest, IdentityCredentials } from './client-assertion.ts';
import { authenticateClient } from './client-authentication.ts';
import type { DeviceCodes } from './device-code.ts';
import { findTenant } from './discovery.ts';
import { findResource, issueToken, resourceOfDefaultScope, type TokenSubject } from './issue-token.ts';
import type { IssuerKeys } from './issuer-keys.ts';
import { invalidRequest, missingParameter, OAuthError, oauthHeaders } from './oauth-error.ts';

/** State that lives as long as the login service. */
export interface TokenEndpointParts {
  readonly keys: IssuerKeys;
  readonly deviceCodes: DeviceCodes;
  readonly identityCredentials: IdentityCredentials;
}

const deviceGrants = ['device_code', 'urn:ietf:params:oauth:grant-type:device_code'];

/** `POST /{tenant}/oauth2/v2.0/token`. Source: "OAuth 2.0 client credentials flow on the Microsoft identity platform". */
export async function tokenEndpoint(
  tenantName: string,
  request: SandboxRequest,
  context: SandboxContext,
  { keys, deviceCodes, identityCredentials }: TokenEndpointParts,
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
    return delegated(client, { ...subject, user }, form.get('scope') ?? scope);
  }
  if (grantType === 'refresh_token') return refresh(client);
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
  return answer(request, {
    token_type: 'Bearer',
    expires_in: token.expiresIn,
    ext_expires_in: token.expiresIn,
    ...(token.refreshIn === undefined ? {} : { refresh_in: token.refreshIn }),
    access_token: token.accessToken,
  });
}

interface RefreshTicket {
  readonly kind: 'refresh';
  readonly clientId: string;
  readonly userId: string;
  readonly scope: string;
}

async function refresh(client: ClientRequest): Promise<SandboxResponse> {
  const { form, context } = client;
  const token = form.get('refresh_token');
  if (!token) throw missingParameter('refresh_token');
  const subject = await authenticateClient(client, false);
  const ticket = context.open(token);
  const user =
    isTicket(ticket) && ticket.clientId === subject.appId ? context.store.get('user', ticket.userId) : undefined;
  if (!isTicket(ticket) || !user || user['accountEnabled'] === false) {
    throw new OAuthError(9002313, 'invalid_grant', 'Invalid request. Request is malformed or invalid.');
  }
  return delegated(client, { ...subject, user }, form.get('scope') ?? ticket.scope);
}

function isTicket(value: unknown): value is RefreshTicket {
  return isRecord(value) && value['kind'] === 'refresh';
}

/** A user's access token, with a refresh token and an ID token if requested. */
async function delegated(
  client: ClientRequest,
  subject: TokenSubject & { readonly user: Entity },
  scope: string,
): Promise<SandboxResponse> {
  const { request, context } = client;
  const scopes = scope.split(' ').filter(Boolean);
  const named = scopes.filter((one) => !['openid', 'profile', 'offline_access', 'email'].includes(one));
  const first = named[0] ?? 'https://graph.microsoft.com/.default';
  const resource = findResource(
    first.includes('/') ? first.slice(0, first.lastIndexOf('/')) : context.addressOf(request, 'graph'),
    client,
  );
  const permissions = named.map((one) => one.slice(one.lastIndexOf('/') + 1)).filter((one) => one !== '.default');
  const granted = permissions.length > 0 ? permissions : ['User.Read', 'Directory.Read.All', 'Mail.Read'];
  const asked = { scopes: granted, requestedClaims: requestedClaims(client.form) };
  const token = await issueToken({ ...subject, ...asked }, resource, client);
  const ticket: RefreshTicket = { kind: 'refresh', clientId: subject.appId, userId: subject.user.id, scope };
  const clientInfo = Buffer.from(JSON.stringify({ uid: subject.user.id, utid: client.context.tenant.id })).toString(
    'base64url',
  );
  return answer(request, {
    token_type: 'Bearer',
    scope: granted.join(' '),
    expires_in: token.expiresIn,
    ext_expires_in: token.expiresIn,
    access_token: token.accessToken,
    ...(scopes.includes('offline_access') ? { refresh_token: context.seal(ticket) } : {}),
    ...(scopes.includes('openid') ? { id_token: await idToken(subject, token.expiresIn, client) } : {}),
    ...(client.form.get('client_info') === '1' ? { client_info: clientInfo } : {}),
  });
}

function idToken(
  { appId, user }: TokenSubject & { readonly user: Entity },
  lifetime: number,
  { request, context }: ClientRequest,
): Promise<string> {
  const now = Math.floor(context.clock.now() / 1000);
  return context.signer.sign({
    aud: appId,
    iss: `${request.base}/${context.tenant.id}/v2.0`,
    iat: now,
    nbf: now,
    exp: now + lifetime,
    name: user['displayName'],
    oid: user.id,
    preferred_username: user['userPrincipalName'],
    sub: user.id,
    tid: context.tenant.id,
    ver: '2.0',
  });
}

function answer(request: SandboxRequest, body: Readonly<Record<string, unknown>>): SandboxResponse {
  return {
    status: 200,
    headers: { ...oauthHeaders(request), 'content-type': 'application/json; charset=utf-8' },
    body,
  };
}

/** Form fields; empty ones count as missing. */
export function parseForm(request: SandboxRequest): ReadonlyMap<string, string> {
  const type = request.headers['content-type'] ?? '';
  if (!type.startsWith('application/x-www-form-urlencoded')) return new Map();
  return new Map(
    [...new URLSearchParams(Buffer.from(request.body).toString('utf8'))].filter(([, value]) => value !== ''),
  );
}

/**
 * `/metadata/identity/oauth2/token`, as on a virtual machine, and `/msi/token`, as in App Service. The sandbox app is
 * the machine's identity. Source: "How to use managed identities to acquire an access token".
 */
export async function managedIdentityToken(request: SandboxRequest, context: SandboxContext): Promise<SandboxResponse> {
  const call = { request, context };
  const query = new URLSearchParams(request.rawQuery);
  const appService = request.rawPath === '/msi/token';
  if (appService ? !request.headers['x-identity-header'] : request.headers['metadata'] !== 'true') {
    return appService
      ? { status: 401, body: { statusCode: 401, message: 'X-IDENTITY-HEADER is missing.' } }
      : invalid('Required metadata header not specified');
  }
  const resource = query.get('resource');
  if (!query.get('api-version')) return invalid('Required query variable api-version not specified');
  if (!resource) return invalid('Required query variable resource is missing');
  const { store, clock } = context;
  const clientId = query.get('client_id') ?? credentialsOf(context.tenant).clientId;
  const objectId = query.get('object_id') ?? query.get('principal_id');
  const servicePrincipal = objectId
    ? store.get('servicePrincipal', objectId)
    : store.findByKey('servicePrincipal', 'appId', clientId);
  if (!servicePrincipal || query.has('msi_res_id') || query.has('mi_res_id')) return invalid('Identity not found');
  const subject = {
    appId: String(servicePrincipal['appId']),
    displayName: String(servicePrincipal['displayName']),
    servicePrincipal,
    proof: 2 as const,
  };
  const token = await issueToken(subject, findResource(resource, call), call);
  const now = Math.floor(clock.now() / 1000);
  const expiresOn = String(now + token.expiresIn);
  const body = {
    access_token: token.accessToken,
    client_id: subject.appId,
    expires_on: expiresOn,
    resource,
    token_type: 'Bearer',
  };
  const imdsOnly = {
    expires_in: String(token.expiresIn),
    ext_expires_in: String(token.expiresIn),
    not_before: String(now),
  };
  return { status: 200, body: appService ? body : { ...body, ...imdsOnly } };
}

function invalid(description: string): SandboxResponse {
  return { status: 400, body: { error: 'invalid_request', error_description: description } };
}
