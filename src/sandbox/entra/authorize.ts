import { isLoopbackHost } from '../../core/base/public-address.ts';
import type { Entity } from '../base/entity-store.ts';
import { recordOf } from '../base/plain-object.ts';
import type { SandboxContext, SandboxRequest, SandboxResponse } from '../base/service.ts';
import type { AuthorizationCodes } from './authorization-code.ts';
import { readScopes } from './delegated-scopes.ts';
import { findTenant } from './discovery.ts';
import type { TokenResource } from './issue-token.ts';
import { invalidRequest, missingParameter, OAuthError } from './oauth-error.ts';

interface AuthorizeCall {
  readonly request: SandboxRequest;
  readonly context: SandboxContext;
  readonly codes: AuthorizationCodes;
  readonly tenantName: string;
}

/**
 * `GET /{tenant}/oauth2/v2.0/authorize`: signs in the user whom `login_hint` names or a person picks from the list.
 * Picking is consenting, too. Source: "Microsoft identity platform and OAuth 2.0 authorization code flow".
 */
export function authorize(call: AuthorizeCall): SandboxResponse {
  const { request, context, tenantName } = call;
  findTenant(tenantName, context.tenant);
  const query = new URLSearchParams(request.rawQuery);
  const redirectUri = checkClient(query, context);
  try {
    return signIn(query, redirectUri, call);
  } catch (failure) {
    if (!(failure instanceof OAuthError)) throw failure;
    // Once app and address are known to belong together, refusals go to the app.
    return redirect(redirectUri, query, {
      error: failure.error,
      error_description: `AADSTS${failure.code}: ${failure.message}`,
    });
  }
}

/** Refusals before the address is known to be the app's are shown to the person. */
function checkClient(query: URLSearchParams, { store, tenant }: SandboxContext): string {
  const clientId = query.get('client_id');
  if (!clientId) throw missingParameter('client_id');
  const application = store.findByKey('application', 'appId', clientId);
  if (!application) {
    throw new OAuthError(
      700016,
      'unauthorized_client',
      `Application with identifier '${clientId}' was not found in the directory '${tenant.displayName}'.`,
    );
  }
  const redirectUri = query.get('redirect_uri') ?? '';
  if (isRegistered(redirectUri, application)) return redirectUri;
  throw invalidRequest(
    50011,
    `The redirect URI '${redirectUri}' specified in the request does not match the redirect URIs configured for the application '${clientId}'.`,
  );
}

/**
 * As registered, except that the port of an address on this machine does not matter. Only here, `http://localhost` stands
 * for every address on this machine, so that any client can be tried.
 */
function isRegistered(redirectUri: string, application: Entity): boolean {
  const url = URL.parse(redirectUri);
  if (url === null || url.hash !== '') return false;
  const registered = ['web', 'spa', 'publicClient'].flatMap((kind) => {
    const uris: unknown = recordOf(application[kind])['redirectUris'];
    return Array.isArray(uris) ? uris.map(String) : [];
  });
  if (!/^https?:$/.test(url.protocol) || !isLoopbackHost(url.hostname)) return registered.includes(redirectUri);
  return registered.some((one) => one === 'http://localhost' || withoutPort(one) === withoutPort(redirectUri));
}

function withoutPort(address: string): string {
  const url = URL.parse(address);
  return url === null ? address : `${url.protocol}//${url.hostname}${url.pathname}${url.search}`;
}

function signIn(query: URLSearchParams, redirectUri: string, call: AuthorizeCall): SandboxResponse {
  const { request, context, codes } = call;
  const scope = query.get('scope');
  if (!scope) throw missingParameter('scope');
  if (query.get('response_type') !== 'code') {
    throw new OAuthError(
      700051,
      'unsupported_response_type',
      `The sandbox issues codes alone: response_type '${query.get('response_type') ?? ''}' is not enabled for the application.`,
    );
  }
  const codeChallenge = query.get('code_challenge') ?? undefined;
  if (codeChallenge !== undefined && query.get('code_challenge_method') !== 'S256') {
    throw invalidRequest(501491, 'The code_challenge_method must be S256.');
  }
  const { resource } = readScopes(scope, call);
  checkResource(query.get('resource'), resource, { request, context });
  const user = chosenUser(query, context);
  if (user === undefined && query.get('prompt') === 'none') {
    throw new OAuthError(50058, 'login_required', 'A silent sign-in request was sent but no user is signed in.');
  }
  if (user === undefined) return userList(query, call);
  if (user['accountEnabled'] === false) throw new OAuthError(50057, 'access_denied', 'The user account is disabled.');
  const nonce = query.get('nonce') ?? undefined;
  const code = codes.issue(
    {
      ...{ clientId: query.get('client_id') ?? '', redirectUri, userId: user.id, scope },
      ...(nonce === undefined ? {} : { nonce }),
      ...(codeChallenge === undefined ? {} : { codeChallenge }),
    },
    context,
  );
  return redirect(redirectUri, query, { code });
}

/** Source: public issues about AADSTS9010010: what a client calls the resource must be that of its scopes. */
function checkResource(
  named: string | null,
  { audience, servicePrincipal }: TokenResource,
  { context }: Pick<AuthorizeCall, 'request' | 'context'>,
): void {
  if (named === null) return;
  const appId = String(servicePrincipal?.['appId'] ?? '');
  const uris: unknown = context.store.findByKey('application', 'appId', appId)?.['identifierUris'];
  const names = [audience, appId, ...(Array.isArray(uris) ? uris : [])];
  if (names.includes(named)) return;
  throw new OAuthError(
    9010010,
    'invalid_target',
    'The resource parameter provided in the request doesn’t match with the requested scopes.',
  );
}

/** The user that the list's link names; else the one of `login_hint`, unless the app wants the person to choose. */
function chosenUser(query: URLSearchParams, { store }: SandboxContext): Entity | undefined {
  const picked = query.get(pick);
  if (picked !== null) return store.get('user', picked);
  const isAsked = ['login', 'select_account'].includes(query.get('prompt') ?? '');
  const hint = isAsked ? null : query.get('login_hint');
  return hint === null ? undefined : store.findByKey('user', 'userPrincipalName', hint);
}

const pick = 'sandbox_user';
const mostListed = 25;

function userList(query: URLSearchParams, { request, context }: AuthorizeCall): SandboxResponse {
  const rows: string[] = [];
  for (const { entity } of context.store.scan('user')) {
    if (rows.length === mostListed) break;
    if (entity['accountEnabled'] === false) continue;
    const link = new URLSearchParams(query);
    link.set(pick, entity.id);
    const name = `${String(entity['displayName'])} (${String(entity['userPrincipalName'])})`;
    rows.push(`<li><a href="${escapeHtml(`${request.base}${request.rawPath}?${link}`)}">${escapeHtml(name)}</a></li>`);
  }
  const title = `Sign in to ${escapeHtml(context.tenant.displayName)} (sandbox)`;
  return {
    status: 200,
    headers: { ...pageHeaders, 'content-type': 'text/html; charset=utf-8' },
    body: `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${title}</title></head><body><h1>${title}</h1><p>Pick a user, or name one with login_hint.</p><ul>${rows.join('')}</ul></body></html>`,
  };
}

const pageHeaders = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
};

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** `response_mode` query or form_post; a fragment is for apps in a browser alone, which the sandbox does not have. */
function redirect(
  redirectUri: string,
  query: URLSearchParams,
  answer: Readonly<Record<string, string>>,
): SandboxResponse {
  const state = query.get('state');
  const fields = { ...answer, ...(state === null ? {} : { state }) };
  if (query.get('response_mode') === 'form_post') {
    const inputs = Object.entries(fields).map(
      ([name, value]) => `<input type="hidden" name="${name}" value="${escapeHtml(value)}">`,
    );
    return {
      status: 200,
      headers: { 'cache-control': 'no-store', 'content-type': 'text/html; charset=utf-8' },
      body: `<!doctype html><html><body onload="document.forms[0].submit()"><form method="post" action="${escapeHtml(redirectUri)}">${inputs.join('')}<noscript><button>Continue</button></noscript></form></body></html>`,
    };
  }
  const target = new URL(redirectUri);
  for (const [name, value] of Object.entries(fields)) target.searchParams.set(name, value);
  return { status: 302, headers: { 'cache-control': 'no-store', location: target.href } };
}
