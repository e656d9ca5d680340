import { constants, createHash, generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto';
import { isRecord } from '../../core/base/guards.ts';
import { parseJson } from '../base/read-request.ts';

/** Public signing key, as published at `jwks_uri`. */
interface PublishedKey {
  readonly kty: 'RSA';
  readonly use: 'sig';
  readonly alg: 'RS256';
  readonly kid: string;
  readonly x5t: string;
  readonly n: string;
  readonly e: string;
}

/** Signs tokens of the login service. The key pair is created for the first token. */
export interface TokenSigner {
  sign(claims: Readonly<Record<string, unknown>>): Promise<string>;
  /**
   * The claims of a token from this signer; undefined for any other token. Checks only the signature, not the times.
   */
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

/** Synchronous, although it takes a tenth of a second, so that tests with a manual clock cannot overtake it. */
function generateSigningKey(): SigningKey {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const { n = '', e = '' } = publicKey.export({ format: 'jwk' });
  const kid = createHash('sha1').update(n).digest('base64url');
  return { privateKey, publicKey, published: { kty: 'RSA', use: 'sig', alg: 'RS256', kid, x5t: kid, n, e } };
}

/** A decoded JWT, not verified. */
export interface DecodedJwt {
  readonly header: Readonly<Record<string, unknown>>;
  readonly claims: Readonly<Record<string, unknown>>;
  /** The signed part. */
  readonly signed: string;
  readonly signature: Buffer;
}

/** Decodes a compact JWT; undefined if it is not one. */
export function decodeJwt(token: string): DecodedJwt | undefined {
  const parts = token.split('.');
  const [header, claims, signature] = parts;
  if (parts.length !== 3 || !header || !claims || !signature) return undefined;
  const decodedHeader = decodeObject(header);
  const decodedClaims = decodeObject(claims);
  const signatureBytes = Buffer.from(signature, 'base64url');
  // Unused trailing bits would allow two spellings of one signature.
  if (!decodedHeader || !decodedClaims || signatureBytes.toString('base64url') !== signature) return undefined;
  return { header: decodedHeader, claims: decodedClaims, signed: `${header}.${claims}`, signature: signatureBytes };
}

function decodeObject(part: string): Readonly<Record<string, unknown>> | undefined {
  const value = parseJson(Buffer.from(part, 'base64url'));
  return isRecord(value) ? value : undefined;
}

/** Whether the key signed the token with one of the algorithms: RS and PS with 256, 384, or 512 bits. */
export function isSignedBy(jwt: DecodedJwt, publicKey: KeyObject, algorithms: readonly string[]): boolean {
  const algorithm = String(jwt.header['alg']);
  if (!algorithms.includes(algorithm) || publicKey.asymmetricKeyType !== 'rsa') return false;
  const padding = algorithm.startsWith('PS')
    ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
    : { padding: constants.RSA_PKCS1_PADDING };
  return verify(`sha${algorithm.slice(2)}`, Buffer.from(jwt.signed), { key: publicKey, ...padding }, jwt.signature);
}
