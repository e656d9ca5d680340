import { createHash, generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto';
import { decodeJwt } from './jwt.ts';

/** Public half of the signing key as `jwks_uri` publishes it. */
interface PublishedKey {
  readonly kty: 'RSA';
  readonly use: 'sig';
  readonly alg: 'RS256';
  readonly kid: string;
  readonly x5t: string;
  readonly n: string;
  readonly e: string;
}

/** Signs what the login service issues; the key pair is made when the first token is asked for. */
export interface TokenSigner {
  sign(claims: Readonly<Record<string, unknown>>): Promise<string>;
  /** The claims of a token that this signer has issued, or undefined. Looks at the signature only, not at times. */
  verify(token: string): Promise<Readonly<Record<string, unknown>> | undefined>;
  publishedKey(): Promise<PublishedKey>;
}

interface SigningKey {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  readonly published: PublishedKey;
}

export function createTokenSigner(): TokenSigner {
  let key: SigningKey | undefined;
  const signingKey = () => {
    key ??= generateSigningKey();
    return key;
  };
  return {
    async sign(claims) {
      const { privateKey, published } = signingKey();
      const header = { typ: 'JWT', alg: 'RS256', x5t: published.x5t, kid: published.kid };
      const signed = `${encode(header)}.${encode(claims)}`;
      return `${signed}.${sign('RSA-SHA256', Buffer.from(signed), privateKey).toString('base64url')}`;
    },
    async verify(token) {
      const jwt = decodeJwt(token);
      if (jwt?.header['alg'] !== 'RS256') return undefined;
      const { publicKey } = signingKey();
      return verify('RSA-SHA256', Buffer.from(jwt.signed), publicKey, jwt.signature) ? jwt.claims : undefined;
    },
    async publishedKey() {
      return signingKey().published;
    },
  };
}

function encode(part: unknown): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}

/** At once, although that takes a tenth of a second: who drives the clock by hand must not outrun it. */
function generateSigningKey(): SigningKey {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const { n = '', e = '' } = publicKey.export({ format: 'jwk' });
  const kid = createHash('sha1').update(n).digest('base64url');
  return { privateKey, publicKey, published: { kty: 'RSA', use: 'sig', alg: 'RS256', kid, x5t: kid, n, e } };
}
