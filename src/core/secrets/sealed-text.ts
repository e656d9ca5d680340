import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

const version = 1;
const ivBytes = 12;
const tagBytes = 16;

/**
 * Seals a text with AES-256-GCM: nobody can read it or make one up. `binding` is authenticated with it: the text opens
 * for the same binding only.
 */
export function sealText(plain: string, key: Uint8Array, binding: Uint8Array): string {
  const iv = randomBytes(ivBytes);
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(binding);
  const sealed = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
  return Buffer.concat([Buffer.from([version]), iv, cipher.getAuthTag(), sealed]).toString('base64url');
}

/** The text, or undefined when it is malformed or was sealed with another key or binding. */
export function openText(sealed: string, key: Uint8Array, binding: Uint8Array): string | undefined {
  const bytes = Buffer.from(sealed, 'base64url');
  if (bytes[0] !== version || bytes.toString('base64url') !== sealed) return undefined;
  try {
    const iv = bytes.subarray(1, 1 + ivBytes);
    const tag = bytes.subarray(1 + ivBytes, 1 + ivBytes + tagBytes);
    const decipher = createDecipheriv('aes-256-gcm', key, iv).setAAD(binding).setAuthTag(tag);
    const plain = Buffer.concat([decipher.update(bytes.subarray(1 + ivBytes + tagBytes)), decipher.final()]);
    return plain.toString('utf8');
  } catch {
    return undefined;
  }
}
