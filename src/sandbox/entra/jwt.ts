import { isRecord } from '../base/guards.ts';
import { parseJson } from '../base/read-request.ts';
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
  const value = parseJson(Buffer.from(part, 'base64url'), () => undefined);
  return isRecord(value) ? value : undefined;
}
