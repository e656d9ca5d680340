import { constants, createHash, generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto';
import { isRecord } from '../../core/base/guards.ts';
import { parseJson } from '../base/read-request.ts';

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
      return signJwt(header, claims, privateKey);
    },
    async verify(token) {
      const jwt = decodeJwt(token);
      return jwt && isSignedBy(jwt, signingKey().publicKey, ['RS256']) ? jwt.claims : undefined;
    },
    async publishedKey() {
      return signingKey().published;
    },
  };
}

/** A compact JWT, signed with RS256. */
export function signJwt(header: object, claims: object, privateKey: KeyObject): string {
  const signed = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  return `${signed}.${sign('RSA-SHA256', Buffer.from(signed), privateKey).toString('base64url')}`;
}

/** At once, although that takes a tenth of a second: who drives the clock by hand must not outrun it. */
function generateSigningKey(): SigningKey {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const { n = '', e = '' } = publicKey.export({ format: 'jwk' });
  const kid = createHash('sha1').update(n).digest('base64url');
  return { privateKey, publicKey, published: { kty: 'RSA', use: 'sig', alg: 'RS256', kid, x5t: kid, n, e } };
}

/** A JWT taken apart; nothing about it has been checked. */
export interface DecodedJwt {
  readonly header: Readonly<Record<string, unknown>>;
  readonly claims: Readonly<Record<string, unknown>>;
  /** The part that the signature covers. */
  readonly signed: string;
  readonly signature: Buffer;
}

/** Takes a compact JWT apart, or gives undefined when it is none. */
export function decodeJwt(token: string): DecodedJwt | undefined {
  const parts = token.split('.');
  const [header, claims, signature] = parts;
  if (parts.length !== 3 || !header || !claims || !signature) return undefined;
  const decodedHeader = decodeObject(header);
  const decodedClaims = decodeObject(claims);
  const signatureBytes = Buffer.from(signature, 'base64url');
  // Unused trailing bits would let two spellings of one signature pass.
  if (!decodedHeader || !decodedClaims || signatureBytes.toString('base64url') !== signature) return undefined;
  return { header: decodedHeader, claims: decodedClaims, signed: `${header}.${claims}`, signature: signatureBytes };
}

function decodeObject(part: string): Readonly<Record<string, unknown>> | undefined {
  const value = parseJson(Buffer.from(part, 'base64url'));
  return isRecord(value) ? value : undefined;
}

/** Whether the key signed the token with one of the algorithms: RS and PS with 256, 384 or 512 bits. */
export function isSignedBy(jwt: DecodedJwt, publicKey: KeyObject, algorithms: readonly string[]): boolean {
  const algorithm = String(jwt.header['alg']);
  if (!algorithms.includes(algorithm) || publicKey.asymmetricKeyType !== 'rsa') return false;
  const padding = algorithm.startsWith('PS')
    ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
    : { padding: constants.RSA_PKCS1_PADDING };
  return verify(`sha${algorithm.slice(2)}`, Buffer.from(jwt.signed), { key: publicKey, ...padding }, jwt.signature);
}
