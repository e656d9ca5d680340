import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';

/** What can be wrong with an issuer's documents; `undefined` for nothing. */
export type IssuerTrouble =
  | 'status_500'
  | 'html'
  | 'other_issuer'
  | 'no_jwks_uri'
  | 'foreign_jwks'
  | 'redirect'
  | 'huge'
  | 'no_keys';

export interface SignOptions {
  /** Default RS256; `HS256` signs with a shared secret, `none` does not sign. */
  readonly alg?: 'RS256' | 'RS512' | 'PS256' | 'ES256' | 'HS256' | 'none';
  /** Header `kid`; default: that of the current key; `null` for none. */
  readonly kid?: string | null;
  /** Signs with an unpublished key. */
  readonly forged?: boolean;
}

/** An OpenID Connect issuer on loopback with real signatures. Close it when the test ends. */
export interface OidcIssuer {
  /** `http://127.0.0.1:{port}`, without a trailing slash. */
  readonly issuer: string;
  /**
   * A token for the subject and audience given at the start, valid for ten minutes. Claims override; `undefined`
   * removes a claim.
   */
  sign(claims?: Readonly<Record<string, unknown>>, options?: SignOptions): Promise<string>;
  /** Creates a new signing key. The old one is no longer published unless it is kept. */
  rotate(options?: { readonly keepOld?: boolean }): Promise<void>;
  breakWith(trouble: IssuerTrouble | undefined): void;
  /** Requested paths, oldest first. */
  requests(): readonly string[];
  close(): Promise<void>;
}

export interface OidcIssuerOptions {
  readonly subject?: string;
  readonly audience?: string;
  /**
   * sandbox.clock.now()`) where it stands still. Default: the system's. => Milliseconds; pass the sandbox's clock (`()
   * => sandbox.clock.now()`) if it is frozen. Default: the system clock.
   */
  readonly now?: () => number;
}

interface SigningKey {
  readonly kid: string;
  readonly publicKey: JWK;
  readonly privateKey: CryptoKey;
}

export async function startOidcIssuer(options: OidcIssuerOptions = {}): Promise<OidcIssuer> {
  const { subject = 'workload', audience = 'api://AzureADTokenExchange', now = Date.now } = options;
  const seen: string[] = [];
  let trouble: IssuerTrouble | undefined;
  let number = 1;
  let keys = [await createKey(number)];
  const server = createServer((request, response) => {
    seen.push(request.url ?? '');
    answer(response, request.url ?? '', { issuer, trouble, keys: keys.map(({ publicKey }) => publicKey) });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    issuer,
    async sign(claims = {}, signOptions = {}) {
      const at = Math.floor(now() / 1000);
      const standard = { iss: issuer, sub: subject, aud: audience, iat: at, nbf: at, exp: at + 600 };
      const [key] = keys;
      if (!key) throw new Error('the issuer has no key');
      return sign({ ...standard, ...claims }, key, signOptions);
    },
    async rotate({ keepOld = false } = {}) {
      number += 1;
      keys = [await createKey(number), ...(keepOld ? keys : [])];
    },
    breakWith(next) {
      trouble = next;
    },
    requests: () => seen.slice(),
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function createKey(number: number): Promise<SigningKey> {
  const { publicKey, privateKey } = await generateKeyPair('RS256', { extractable: true });
  const kid = `key-${number}`;
  return { kid, privateKey, publicKey: { ...(await exportJWK(publicKey)), kid, use: 'sig', alg: 'RS256' } };
}

async function sign(
  claims: Readonly<Record<string, unknown>>,
  key: SigningKey,
  { alg = 'RS256', kid = key.kid, forged = false }: SignOptions,
): Promise<string> {
  const given = Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== undefined));
  const header = { alg, typ: 'JWT', ...(kid === null ? {} : { kid }) };
  if (alg === 'none') return `${encode(header)}.${encode(given)}.${encode('unsigned')}`;
  return new SignJWT(given).setProtectedHeader(header).sign(await signingKey(key, alg, forged));
}

async function signingKey(key: SigningKey, alg: string, forged: boolean): Promise<CryptoKey | Uint8Array> {
  if (alg === 'HS256') return Buffer.from(JSON.stringify(key.publicKey));
  if (alg === 'ES256' || forged) return (await generateKeyPair(alg)).privateKey;
  if (alg === 'RS256') return key.privateKey;
  // The same key with a different algorithm.
  const hash = `SHA-${alg.slice(2)}`;
  const name = alg.startsWith('PS') ? 'RSA-PSS' : 'RSASSA-PKCS1-v1_5';
  const pkcs8 = await crypto.subtle.exportKey('pkcs8', key.privateKey);
  return crypto.subtle.importKey('pkcs8', pkcs8, { name, hash }, false, ['sign']);
}

function encode(part: unknown): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}

interface Served {
  readonly issuer: string;
  readonly trouble: IssuerTrouble | undefined;
  readonly keys: readonly JWK[];
}

function answer(response: ServerResponse, path: string, { issuer, trouble, keys }: Served): void {
  const json = (body: unknown) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  };
  if (trouble === 'status_500') {
    response.writeHead(500).end();
  } else if (trouble === 'html') {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<html>sign in</html>');
  } else if (trouble === 'huge') {
    json({ issuer, filling: 'x'.repeat(1_000_000) });
  } else if (trouble === 'redirect' && !path.startsWith('/moved')) {
    response.writeHead(302, { location: `${issuer}/moved${path}` }).end();
  } else if (path.endsWith('/.well-known/openid-configuration')) {
    const address = trouble === 'foreign_jwks' ? 'https://keys.elsewhere.invalid/jwks' : `${issuer}/jwks`;
    json({
      issuer: trouble === 'other_issuer' ? `${issuer}/other` : issuer,
      ...(trouble === 'no_jwks_uri' ? {} : { jwks_uri: address }),
      id_token_signing_alg_values_supported: ['RS256'],
      response_types_supported: ['id_token'],
      subject_types_supported: ['public'],
    });
  } else if (path.endsWith('/jwks')) {
    json(trouble === 'no_keys' ? {} : { keys });
  } else {
    response.writeHead(404).end();
  }
}
