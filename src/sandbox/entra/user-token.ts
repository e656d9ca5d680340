import { isRecord } from '../../core/base/guards.ts';
import type { Entity } from '../base/entity-store.ts';
import type { SandboxRequest, SandboxResponse } from '../base/service.ts';
import type { AuthorizationCodes } from './authorization-code.ts';
import { requestedClaims } from './claims-challenge.ts';
import type { ClientRequest } from './client-assertion.ts';
import { authenticateClient } from './client-authentication.ts';
import { grantedScopes, ownScopes, readScopes } from './delegated-scopes.ts';
import { issueToken, type TokenSubject } from './issue-token.ts';
import { missingParameter, OAuthError, oauthHeaders } from './oauth-error.ts';
import { checkConditionalAccess, checkUserAssertion } from './on-behalf-of.ts';

type UserSubject = TokenSubject & { readonly user: Entity };

interface RefreshTicket {
  readonly kind: 'refresh';
  readonly clientId: string;
  readonly userId: string;
  readonly scope: string;
}

export async function refresh(client: ClientRequest): Promise<SandboxResponse> {
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
  return userToken(client, { ...subject, user }, { scope: form.get('scope') ?? ticket.scope });
}

function isTicket(value: unknown): value is RefreshTicket {
  return isRecord(value) && value['kind'] === 'refresh';
}

/** The token of an authorization code. Source: "Microsoft identity platform and OAuth 2.0 authorization code flow". */
export async function signedIn(client: ClientRequest, codes: AuthorizationCodes): Promise<SandboxResponse> {
  const subject = await authenticateClient(client, false);
  const { user, scope, nonce } = codes.redeem(client, subject.appId);
  return userToken(client, { ...subject, user }, { scope: client.form.get('scope') ?? scope, nonce });
}

/** A token on behalf of the user of an assertion. */
export async function exchangeAssertion(client: ClientRequest): Promise<SandboxResponse> {
  const { form, request } = client;
  const scope = form.get('scope');
  if (!scope) throw missingParameter('scope');
  const subject = await authenticateClient(client, true);
  const asserted = await checkUserAssertion(client, subject);
  const acting = { ...subject, user: asserted.user };
  const wanted = readScopes(scope, client);
  const scopes = grantedScopes(acting, wanted, client);
  checkConditionalAccess(asserted, client);
  const token = await issueToken(
    { ...acting, scopes, requestedClaims: requestedClaims(form) },
    wanted.resource,
    client,
  );
  return tokenAnswer(request, {
    token_type: 'Bearer',
    scope: scopes.join(' '),
    expires_in: token.expiresIn,
    ext_expires_in: token.expiresIn,
    access_token: token.accessToken,
    ...signInParts(client, acting, scope),
  });
}

interface UserTokenRequest {
  readonly scope: string;
  readonly nonce?: string | undefined;
}

/** Consented to by the device code's page, whatever the app is. */
const withoutScopes = ['User.Read', 'Directory.Read.All', 'Mail.Read'];

/** A user's access token, with a refresh token and an ID token if requested. */
export async function userToken(
  client: ClientRequest,
  subject: UserSubject,
  { scope, nonce }: UserTokenRequest,
): Promise<SandboxResponse> {
  const { request, context } = client;
  const { resource, permissions } = readScopes(scope, client);
  const own = ownScopes(resource, context);
  checkOwnScopes(permissions, own, resource.audience);
  const granted = permissions.length > 0 ? permissions : own.length > 0 ? own : withoutScopes;
  const asked = { scopes: granted, requestedClaims: requestedClaims(client.form) };
  const token = await issueToken({ ...subject, ...asked }, resource, client);
  const scopes = scope.split(' ');
  return tokenAnswer(request, {
    token_type: 'Bearer',
    scope: granted.join(' '),
    expires_in: token.expiresIn,
    ext_expires_in: token.expiresIn,
    access_token: token.accessToken,
    ...signInParts(client, subject, scope),
    ...(scopes.includes('openid') ? { id_token: await idToken(subject, token.expiresIn, client, nonce) } : {}),
  });
}

/** An app of the tenant says itself which scopes it has. */
function checkOwnScopes(wanted: readonly string[], own: readonly string[], audience: string): void {
  const unknown = own.length === 0 ? undefined : wanted.find((name) => !own.includes(name));
  if (unknown === undefined) return;
  throw new OAuthError(
    70011,
    'invalid_scope',
    `The provided request must include a 'scope' input parameter. The provided value for the input parameter 'scope' is not valid. The scope ${audience}/${unknown} does not exist.`,
  );
}

function signInParts(client: ClientRequest, { appId, user }: UserSubject, scope: string) {
  const { form, context } = client;
  const ticket: RefreshTicket = { kind: 'refresh', clientId: appId, userId: user.id, scope };
  const clientInfo = Buffer.from(JSON.stringify({ uid: user.id, utid: context.tenant.id })).toString('base64url');
  return {
    ...(scope.split(' ').includes('offline_access') ? { refresh_token: context.seal(ticket) } : {}),
    ...(form.get('client_info') === '1' ? { client_info: clientInfo } : {}),
  };
}

function idToken(
  { appId, user }: UserSubject,
  lifetime: number,
  { request, context }: ClientRequest,
  nonce: string | undefined,
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
    ...(nonce === undefined ? {} : { nonce }),
  });
}

/** An answer of the token endpoint. */
export function tokenAnswer(request: SandboxRequest, body: Readonly<Record<string, unknown>>): SandboxResponse {
  return {
    status: 200,
    headers: { ...oauthHeaders(request), 'content-type': 'application/json; charset=utf-8' },
    body,
  };
}
