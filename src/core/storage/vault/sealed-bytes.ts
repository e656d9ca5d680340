import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

// Layout of sealed bytes: version (1), nonce (12), tag (16), ciphertext. AES-256-GCM throughout.
const version = 1;
const nonceBytes = 12;
const tagBytes = 16;
const headerBytes = 1 + nonceBytes + tagBytes;

/** Encrypts bytes, bound to a context that is needed again for opening them. */
export function sealBytes(key: Uint8Array, plain: Uint8Array, context: Uint8Array): Buffer {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes }).setAAD(context);
  const text = Buffer.concat([cipher.update(plain), cipher.final()]);
  return Buffer.concat([Buffer.of(version), nonce, cipher.getAuthTag(), text]);
}

/** Undefined when a byte was changed, or key or context are others. */
export function openBytes(key: Uint8Array, bytes: Buffer, context: Uint8Array): Buffer | undefined {
  if (bytes.length < headerBytes || bytes[0] !== version) return undefined;
  const nonce = bytes.subarray(1, 1 + nonceBytes);
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes })
    .setAAD(context)
    .setAuthTag(bytes.subarray(1 + nonceBytes, headerBytes));
  try {
    return Buffer.concat([decipher.update(bytes.subarray(headerBytes)), decipher.final()]);
  } catch {
    return undefined;
  }
}
