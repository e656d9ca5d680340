import { generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type JWTHeaderParameters, type JWTPayload, SignJWT } from 'jose';
import Provider, { type Interaction, type JWTStructured, type KoaContextWithOIDC } from 'oidc-provider';

/** Somebody who can sign in. */
export interface OidcUser {
  /** Object id, a GUID. */
  readonly oid: string;
  readonly name: string;
  readonly groups?: readonly string[];
  /** Claims that a token of this user has besides. */
  readonly claims?: JWTPayload;
}

export interface OidcServerOptions {
  /** Tenant ids; each is an issuer of its own, with keys of its own. */
  readonly tenants: readonly string[];
  /** Client id of the registered app whose tokens are issued, and what its scopes begin with. */
  readonly clientId: string;
  readonly applicationIdUri?: string;
  /** By user name, as `login_hint` has it. The same in every tenant. */
  readonly users: Readonly<Record<string, OidcUser>>;
  /** Client ids of apps that get tokens for themselves, with their app roles. */
  readonly apps?: Readonly<Record<string, readonly string[]>>;
}

/** What a token is to say; the rest is as Entra would have it. */
export interface WantedToken {
  readonly tenant?: string;
  readonly claims?: JWTPayload;
  readonly header?: Partial<JWTHeaderParameters>;
  /** Default: the key of the tenant. */
  readonly key?: KeyObject | Uint8Array;
}

/** A certified OpenID provider on loopback in the shape of Entra: `<base>/<tenant id>/v2.0`. */
export interface OidcServer {
  /** The login host. */
  readonly base: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** A public client, for programs of this machine. */
  readonly agentId: string;
  issuer(tenant?: string): string;
  /** A user's access token, by the authorization code flow with PKCE. `scopes` without the beginning: `Tenantry.Read`. */
  userToken(user: string, scopes: readonly string[], tenant?: string): Promise<string>;
  /** An app's token, by client credentials. */
  appToken(app: string, tenant?: string): Promise<string>;
  /** Signs what no server would issue: with the keys of the tenant, or with others. */
  forge(wanted: WantedToken): Promise<string>;
  /** How often the keys have been asked for. */
  keyRequests(): number;
  /** Signs with another key from here on; the old one stays published or not. */
  rotateKeys(tenant?: string, keepOld?: boolean): Promise<void>;
  close(): Promise<void>;
}

interface Tenant {
  readonly id: string;
  readonly issuer: string;
  keys: { readonly kid: string; readonly key: KeyObject }[];
  provider: Provider;
}

const secretOfApps = 'secret-of-an-app';
const clientSecret = 'secret-of-the-registered-app';
const agentId = '0a9e0000-0000-4000-8000-00000000a9e0';
const loopbackCallback = 'http://127.0.0.1/callback';

/** Starts an `oidc-provider`, a certified implementation of OpenID Connect. */
export async function startOidcServer(options: OidcServerOptions): Promise<OidcServer> {
  const { clientId, tenants: ids } = options;
  const server = createServer((request, response) => void serve(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const tenants = new Map<string, Tenant>();
  let keyRequests = 0;
  for (const id of ids) {
    const issuer = `${base}/${id}/v2.0`;
    const keys = [newKey()];
    tenants.set(id, { id, issuer, keys, provider: createProvider(options, { id, issuer, keys }) });
  }
  const tenantOf = (id = ids[0] ?? ''): Tenant => {
    const tenant = tenants.get(id);
    if (tenant === undefined) throw new Error(`There is no tenant ${id}.`);
    return tenant;
  };

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [, id = '', rest = ''] = /^\/([^/]+)\/v2\.0(\/.*)?$/.exec(request.url ?? '') ?? [];
    const tenant = tenants.get(id);
    if (tenant === undefined) {
      response.writeHead(404).end();
      return;
    }
    if (rest.startsWith('/jwks')) keyRequests += 1;
    if (rest.startsWith('/interaction/')) {
      await interact(tenant, options, request, response);
      return;
    }
    // The provider finds out from `originalUrl` that it is mounted below a path.
    Object.assign(request, { originalUrl: request.url, url: rest === '' ? '/' : rest });
    await tenant.provider.callback()(request, response);
  }

  return {
    base,
    clientId,
    clientSecret,
    agentId,
    issuer: (tenant) => tenantOf(tenant).issuer,
    userToken: (user, scopes, tenant) =>
      signInAs(
        user,
        scopes.map((scope) => `${uriOf(options)}/${scope}`),
        tenantOf(tenant),
      ),
    async appToken(app, tenant) {
      const { issuer } = tenantOf(tenant);
      return tokenOf(
        await post(`${issuer}/token`, { grant_type: 'client_credentials' }, { id: app, secret: secretOfApps }),
      );
    },
    async forge({ tenant, claims = {}, header = {}, key }) {
      const { id, issuer, keys } = tenantOf(tenant);
      const [own] = keys;
      if (own === undefined) throw new Error('A tenant has a key.');
      const now = Math.floor(Date.now() / 1000);
      const usual = { iss: issuer, aud: clientId, tid: id, oid: randomUUID(), sub: randomUUID(), ver: '2.0' };
      const times = { iat: now, nbf: now, exp: now + 3_600 };
      // A claim that is undefined is left out.
      const payload = JSON.parse(JSON.stringify({ ...usual, ...times, scp: 'Tenantry.Read', azp: agentId, ...claims }));
      return new SignJWT(payload)
        .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: own.kid, ...header })
        .sign(key ?? own.key);
    },
    keyRequests: () => keyRequests,
    async rotateKeys(id, keepOld = true) {
      const tenant = tenantOf(id);
      tenant.keys = [newKey(), ...(keepOld ? tenant.keys : [])];
      tenant.provider = createProvider(options, tenant);
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function newKey(): { kid: string; key: KeyObject } {
  return { kid: randomUUID(), key: generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey };
}

function uriOf({ applicationIdUri, clientId }: OidcServerOptions): string {
  return applicationIdUri ?? `api://${clientId}`;
}

const shortScopes = ['Tenantry.Read', 'Tenantry.Write', 'Tenantry.Manage'];

function createProvider(options: OidcServerOptions, { id, issuer, keys }: Omit<Tenant, 'provider'>): Provider {
  const { users, apps = {}, clientId } = options;
  const scopes = shortScopes.map((scope) => `${uriOf(options)}/${scope}`);
  const byOid = new Map(Object.entries(users).map(([name, user]) => [user.oid, { ...user, login: name }]));
  const provider = new Provider(issuer, {
    clients: [
      // The registered app itself: its pages sign people in.
      webClient(clientId, clientSecret),
      {
        client_id: agentId,
        application_type: 'native',
        token_endpoint_auth_method: 'none',
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
        redirect_uris: [loopbackCallback],
      },
      ...Object.keys(apps).map((app) => ({
        client_id: app,
        client_secret: secretOfApps,
        grant_types: ['client_credentials'],
        redirect_uris: [],
        response_types: [] as [],
      })),
    ],
    jwks: { keys: keys.map(({ kid, key }) => ({ ...key.export({ format: 'jwk' }), kty: 'RSA', use: 'sig', kid })) },
    scopes: ['openid', 'profile', 'offline_access'],
    claims: { openid: ['sub', 'tid', 'oid', 'ver'], profile: ['name', 'preferred_username', 'groups'] },
    conformIdTokenClaims: false,
    cookies: { keys: ['key-of-the-test'] },
    ttl: {
      AccessToken: 3_600,
      ClientCredentials: 3_600,
      IdToken: 3_600,
      Interaction: 600,
      Session: 3_600,
      Grant: 3_600,
    },
    pkce: { required: () => true },
    findAccount: (_context, oid) => {
      const user = byOid.get(oid);
      if (user === undefined) return undefined;
      const { name, login, groups = [], claims = {} } = user;
      return {
        accountId: oid,
        claims: () => ({ sub: oid, oid, tid: id, ver: '2.0', name, preferred_username: login, groups, ...claims }),
      };
    },
    interactions: { url: (_context, { uid }) => `${issuer}/interaction/${uid}` },
    formats: {
      customizers: {
        jwt: (_context: KoaContextWithOIDC, token: unknown, jwt: JWTStructured) => {
          shapeAsEntra(jwt.payload, { ...options, tenant: id, token });
        },
      },
    },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => 'urn:the-registered-app',
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({
          scope: scopes.join(' '),
          audience: clientId,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'RS256' } },
        }),
      },
    },
  });
  // Ports of tests are not known beforehand.
  provider.Client.prototype.redirectUriAllowed = (uri: string) =>
    URL.parse(uri)?.hostname === '127.0.0.1' || URL.parse(uri)?.hostname === 'localhost';
  return provider;
}

function webClient(client_id: string, client_secret: string) {
  return {
    client_id,
    client_secret,
    // As the libraries for Entra send it.
    token_endpoint_auth_method: 'client_secret_post' as const,
    grant_types: ['authorization_code', 'refresh_token'],
    redirect_uris: [loopbackCallback],
    response_types: ['code' as const],
  };
}

interface Shape extends OidcServerOptions {
  readonly tenant: string;
  readonly token: unknown;
}

/** Claims as Entra names them: docs of access tokens, version 2.0. */
function shapeAsEntra(payload: JWTPayload, { users, apps = {}, tenant, token }: Shape): void {
  const { clientId = '', accountId } = token as { clientId?: string; accountId?: string };
  const scope = String(payload['scope'] ?? '');
  delete payload['scope'];
  delete payload['client_id'];
  Object.assign(payload, { tid: tenant, ver: '2.0', azp: clientId, nbf: payload.iat });
  if (accountId === undefined) {
    Object.assign(payload, { oid: clientId, sub: clientId, idtyp: 'app', roles: apps[clientId] ?? [] });
    return;
  }
  const [login, user] = Object.entries(users).find(([, { oid }]) => oid === accountId) ?? [];
  const names = { name: user?.name, preferred_username: login, groups: user?.groups };
  const scp = scope
    .split(' ')
    .map((one) => one.slice(one.lastIndexOf('/') + 1))
    .join(' ');
  Object.assign(payload, { oid: accountId, scp, ...names, ...user?.claims });
}

/** Signs in whoever `login_hint` names; without one shows the users to choose from. */
async function interact(
  { provider, issuer }: Tenant,
  { users }: OidcServerOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? '', issuer);
  const uid = pathname.split('/').at(-1) ?? '';
  const interaction = await provider.Interaction.find(uid);
  if (interaction === undefined) {
    response.writeHead(404).end();
    return;
  }
  const hint = searchParams.get('user') ?? interaction.params['login_hint'];
  const user = users[String(hint)];
  if (interaction.prompt.name === 'login' && user === undefined) {
    const links = Object.keys(users).map((name) => `<p><a href="?user=${encodeURIComponent(name)}">${name}</a></p>`);
    response.setHeader('content-type', 'text/html; charset=utf-8');
    response.end(`<!doctype html><title>Sign in</title><h1>Sign in</h1>${links.join('')}`);
    return;
  }
  interaction.result =
    interaction.prompt.name === 'login'
      ? { login: { accountId: user?.oid ?? '' } }
      : { consent: { grantId: await grantAll(provider, interaction) } };
  await interaction.save(60);
  response.writeHead(303, { location: interaction.returnTo }).end();
}

async function grantAll(provider: Provider, { session, params, prompt }: Interaction): Promise<string> {
  const grant = new provider.Grant({ accountId: session?.accountId ?? '', clientId: String(params['client_id']) });
  const missing = prompt.details as { missingOIDCScope?: string[]; missingResourceScopes?: Record<string, string[]> };
  if (missing.missingOIDCScope !== undefined) grant.addOIDCScope(missing.missingOIDCScope.join(' '));
  for (const [resource, scopes] of Object.entries(missing.missingResourceScopes ?? {})) {
    grant.addResourceScope(resource, scopes.join(' '));
  }
  return grant.save();
}

/** Follows the redirects of a sign-in as a browser would, with its cookies, up to the address of the program. */
async function signInAs(user: string, scopes: readonly string[], { issuer }: Tenant): Promise<string> {
  const verifier = 'v'.repeat(64);
  const challenge = Buffer.from(await crypto.subtle.digest('SHA-256', Buffer.from(verifier))).toString('base64url');
  const start = new URL(`${issuer}/auth`);
  const asked = { client_id: agentId, response_type: 'code', redirect_uri: loopbackCallback, login_hint: user };
  const pkce = { code_challenge: challenge, code_challenge_method: 'S256', scope: ['openid', ...scopes].join(' ') };
  start.search = new URLSearchParams({ ...asked, ...pkce }).toString();
  const back = await followRedirects(start, (url) => url.href.startsWith(loopbackCallback));
  const code = back.searchParams.get('code') ?? '';
  const form = { grant_type: 'authorization_code', code, redirect_uri: loopbackCallback, code_verifier: verifier };
  return tokenOf(await post(`${issuer}/token`, { ...form, client_id: agentId }));
}

/** Resolves with the first address that `isEnd` accepts; it is not asked for. */
export async function followRedirects(start: URL, isEnd: (url: URL) => boolean): Promise<URL> {
  const cookies = new Map<string, string>();
  let url = start;
  for (let step = 0; step < 12 && !isEnd(url); step++) {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await fetch(url, { redirect: 'manual', headers: cookie === '' ? {} : { cookie } });
    for (const line of answer.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      cookies.set(name, value);
    }
    const location = answer.headers.get('location');
    if (location === null) throw new Error(`${url.pathname} answered ${answer.status}: ${await answer.text()}`);
    url = new URL(location, url);
  }
  return url;
}

async function post(
  url: string,
  form: Record<string, string>,
  client?: { readonly id: string; readonly secret: string },
): Promise<unknown> {
  const authorization = client && `Basic ${btoa(`${client.id}:${client.secret}`)}`;
  const headers = authorization === undefined ? {} : { authorization };
  const answer = await fetch(url, { method: 'POST', headers, body: new URLSearchParams(form) });
  return answer.json();
}

function tokenOf(answer: unknown): string {
  const { access_token: token } = answer as { access_token?: string };
  if (token === undefined) throw new Error(`The provider gave no token: ${JSON.stringify(answer)}`);
  return token;
}
