import { followRedirects } from '../../support/oidc-server.ts';

/** A registered client of a company, and who sits before it. */
export interface OAuthPersonOptions {
  readonly clientId: string;
  /** Who signs in, as `login_hint` has it. */
  readonly login: string;
  /** What the program asks for before anybody says what is needed. */
  readonly scope?: string;
}

interface Tokens {
  readonly access_token: string;
  readonly token_type: string;
  readonly scope?: string | undefined;
  readonly refresh_token?: string | undefined;
}

/** Where the login host sends a person back to; nothing listens there. */
const callbackUrl = 'http://127.0.0.1/callback';

/**
 * The `OAuthClientProvider` of both generations of the SDK, for a client that is registered beforehand, as Entra wants
 * it. Instead of a browser it follows the redirects; what the person would bring back is `callback`.
 */
export class OAuthPerson {
  readonly redirectUrl = callbackUrl;
  readonly clientMetadata;
  /** Addresses that the person was sent to. */
  readonly visited: URL[] = [];
  /** Parameters of the address that the person came back to last. */
  callback = new URLSearchParams();
  readonly #options: OAuthPersonOptions;
  #tokens: Tokens | undefined;
  #verifier = '';
  #discovered: unknown;

  constructor(options: OAuthPersonOptions) {
    this.#options = options;
    this.clientMetadata = {
      redirect_uris: [callbackUrl],
      token_endpoint_auth_method: 'none',
      ...(options.scope === undefined ? {} : { scope: options.scope }),
    };
  }

  clientInformation() {
    return { client_id: this.#options.clientId };
  }

  tokens(): Tokens | undefined {
    return this.#tokens;
  }

  saveTokens(tokens: Tokens): void {
    this.#tokens = tokens;
  }

  saveCodeVerifier(verifier: string): void {
    this.#verifier = verifier;
  }

  codeVerifier(): string {
    return this.#verifier;
  }

  /** The newer SDK redeems a code only where it was asked for. */
  saveDiscoveryState(state: unknown): void {
    this.#discovered = state;
  }

  discoveryState<State>(): State | undefined {
    // What the SDK itself has put here.
    return this.#discovered as State | undefined;
  }

  async redirectToAuthorization(url: URL): Promise<void> {
    this.visited.push(new URL(url));
    this.callback = (await signIn(url, this.#options.login)).searchParams;
  }
}

/** Signs somebody in without a browser. Resolves with the address of the program, which is not asked for. */
export function signIn(authorization: URL, login: string): Promise<URL> {
  const hinted = new URL(authorization);
  hinted.searchParams.set('login_hint', login);
  const back = hinted.searchParams.get('redirect_uri') ?? callbackUrl;
  return followRedirects(hinted, (url) => url.href.startsWith(back));
}
