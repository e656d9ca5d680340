import type { HttpClient } from '@azure/core-rest-pipeline';
import type { Configuration, ServerMetadata } from 'openid-client';
import { AppError } from '../../core/base/errors.ts';
import { lazy } from '../../core/base/lazy.ts';
import { fetchOver } from '../../core/http/fetch-over.ts';
import type { Secret } from '../../core/secrets/secret.ts';

export interface PageSignInOptions {
  /** Host that issues the tokens of the cloud: its login host, but for China. */
  readonly login: string;
  /** Ids of the tenants whose people may sign in. */
  readonly tenants: readonly string[];
  /** The app registration of this server. */
  readonly clientId: string;
  /** Read at each sign-in, so that a rotation counts at once. */
  readonly clientSecret: () => Promise<Secret>;
  /** Where the login host sends the browser back to. */
  readonly redirectUri: string;
  /** The way to the login host. */
  readonly httpClient: () => Promise<HttpClient>;
}

/** What a sign-in needs to know again when the browser comes back. Sealed into a cookie: no node remembers it. */
export interface SignInTransaction {
  readonly tenant: string;
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
}

/** Who has signed in: proven by a signed token of the tenant. */
export interface SignedInPerson {
  /** `<tenant id>/<object id>`, lower case: as the gate of `/mcp` says it. */
  readonly id: string;
  readonly name: string | undefined;
}

/** Signs people in at their tenant: the authorization code flow of OpenID Connect with PKCE, state and nonce. */
export interface PageSignIn {
  /** `choosing`: the person picks the account, even where only one is signed in at the login host. */
  begin(
    tenant: string,
    options?: { readonly choosing?: boolean },
  ): Promise<{ readonly address: string; readonly transaction: SignInTransaction }>;
  /** `query` as the login host sent it. Throws `unauthenticated`. */
  finish(query: URLSearchParams, transaction: SignInTransaction): Promise<SignedInPerson>;
}

/** One authority for each tenant: its issuer is known before the browser leaves, and no other can answer for it. */
export function createPageSignIn(options: PageSignInOptions): PageSignIn {
  const { tenants, redirectUri } = options;
  const authorities = new Map(tenants.map((tenant) => [tenant, lazy(() => discover(tenant, options))]));
  const library = lazy(() => import('openid-client'));
  const authorityOf = async (tenant: string) => {
    const authority = authorities.get(tenant);
    if (authority === undefined) throw notAllowed();
    return authority.get();
  };
  return {
    async begin(tenant, { choosing = false } = {}) {
      const oidc = await library.get();
      const { document } = await authorityOf(tenant).catch((error: unknown) => {
        throw error instanceof AppError ? error : unreachable(error);
      });
      const verifier = oidc.randomPKCECodeVerifier();
      const transaction = { tenant, state: oidc.randomState(), nonce: oidc.randomNonce(), verifier };
      const config = new oidc.Configuration(document, options.clientId);
      allowLoopback(config, oidc, options);
      const address = oidc.buildAuthorizationUrl(config, {
        redirect_uri: redirectUri,
        // `profile` brings the object id.
        scope: 'openid profile',
        response_type: 'code',
        response_mode: 'query',
        state: transaction.state,
        nonce: transaction.nonce,
        code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
        ...(choosing ? { prompt: 'select_account' } : {}),
      });
      return { address: address.href, transaction };
    },
    async finish(query, { tenant, state, nonce, verifier }) {
      const oidc = await library.get();
      const authority = await authorityOf(tenant);
      const config = await authority.configure(await options.clientSecret());
      const checks = { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true };
      const back = new URL(`${redirectUri}?${query}`);
      const tokens = await oidc.authorizationCodeGrant(config, back, checks).catch((error: unknown) => {
        throw refused(error);
      });
      return personOf(tokens.claims() ?? {}, tenant);
    },
  };
}

type Library = typeof import('openid-client');

/** An emulated cloud on this machine has no certificate. Configuration lets no other address be plain. */
function allowLoopback(config: Configuration, { allowInsecureRequests }: Library, { login }: PageSignInOptions): void {
  if (login.startsWith('http:')) allowInsecureRequests(config);
}

async function discover(tenant: string, options: PageSignInOptions) {
  const oidc = await import('openid-client');
  const fetching = fetchOver(options.httpClient);
  const server = new URL(`${options.login.replace(/\/+$/, '')}/${tenant}/v2.0`);
  const found = await oidc.discovery(server, options.clientId, undefined, undefined, {
    execute: server.protocol === 'http:' ? [oidc.allowInsecureRequests] : [],
    [oidc.customFetch]: fetching,
  });
  const document = found.serverMetadata();
  requireSameHost(document, server);
  let last: { readonly secret: string; readonly config: Configuration } | undefined;
  return {
    document,
    /** Kept while the secret is the same: it holds the keys of the tenant. */
    async configure(secret: Secret): Promise<Configuration> {
      if (last?.secret === secret.reveal()) return last.config;
      const authentication = oidc.ClientSecretPost(secret.reveal());
      const config = new oidc.Configuration(document, options.clientId, undefined, authentication);
      config[oidc.customFetch] = fetching;
      allowLoopback(config, oidc, options);
      // The signature of the token is checked as well, and not only who sent it.
      oidc.enableNonRepudiationChecks(config);
      last = { secret: secret.reveal(), config };
      return config;
    },
  };
}

/** The browser and the secret of this server go to the login host, whatever its document says. */
function requireSameHost(
  { authorization_endpoint: authorize, token_endpoint: token, jwks_uri: keys }: ServerMetadata,
  { origin }: URL,
): void {
  const isThere = (address: string | undefined) => address !== undefined && URL.parse(address)?.origin === origin;
  if (![authorize, token, keys].every(isThere)) throw new Error('The document of the tenant names another host.');
}

function personOf(claims: Readonly<Record<string, unknown>>, tenant: string): SignedInPerson {
  const { tid, oid, name, preferred_username: username } = claims;
  if (typeof tid !== 'string' || typeof oid !== 'string' || tid.toLowerCase() !== tenant || oid === '') {
    throw notAllowed();
  }
  const shown = [name, username].find((text) => typeof text === 'string' && text !== '');
  return { id: `${tid}/${oid}`.toLowerCase(), name: typeof shown === 'string' ? shown.slice(0, 200) : undefined };
}

function notAllowed(): AppError {
  return new AppError('unauthenticated', 'This account may not sign in here.', {
    hint: 'Sign in with an account of an organization that this server is for.',
  });
}

function refused(cause: unknown): AppError {
  return new AppError('unauthenticated', 'The sign-in did not work.', {
    hint: 'Go back to the conversation, and open the address again.',
    cause,
  });
}

function unreachable(cause: unknown): AppError {
  return new AppError('upstream_unavailable', 'The login host did not answer as it should.', {
    hint: 'Try again in a minute.',
    retryable: true,
    cause,
  });
}
