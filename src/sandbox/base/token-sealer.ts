import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

/** Seals opaque tokens that only this sandbox can open. */
interface TokenSealer {
  seal(payload: unknown): string;
  /** The payload; undefined for any token that this sealer did not create. */
  open(token: string): unknown;
}

const ivBytes = 12;
const tagBytes = 16;

export function createTokenSealer(key: Uint8Array = randomBytes(32)): TokenSealer {
  return {
    seal(payload) {
      const iv = randomBytes(ivBytes);
      const cipher = createCipheriv('aes-256-gcm', key, iv);
      const sealed = Buffer.concat([cipher.update(JSON.stringify(payload)), cipher.final()]);
      return Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString('base64url');
    },
    open(token) {
      const bytes = Buffer.from(token, 'base64url');
      if (bytes.length < ivBytes + tagBytes) return undefined;
      try {
        const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, ivBytes));
        decipher.setAuthTag(bytes.subarray(ivBytes, ivBytes + tagBytes));
        const opened = Buffer.concat([decipher.update(bytes.subarray(ivBytes + tagBytes)), decipher.final()]);
        return JSON.parse(opened.toString('utf8'));
      } catch {
        return undefined;
      }
    },
  };
}
