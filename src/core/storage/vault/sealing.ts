import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { SecretBinding } from './vault.ts';

// Layout of sealed bytes: version (1), nonce (12), tag (16), ciphertext. AES-256-GCM throughout.
const version = 1;
const nonceBytes = 12;
const tagBytes = 16;
const headerBytes = 1 + nonceBytes + tagBytes;

/** A secret under its own data key, and that key under the key of the vault. */
export interface SealedSecret {
  readonly sealed: Buffer;
  readonly sealedKey: Buffer;
}

/** Encrypts the material with a fresh random key and wraps that key. Both are bound to connection, field and reference. */
export function sealSecret(vaultKey: Buffer, binding: SecretBinding, ref: string, material: string): SealedSecret {
  const dataKey = randomBytes(32);
  try {
    const context = authenticatedContext(binding, ref);
    return {
      sealed: seal(dataKey, Buffer.from(material, 'utf8'), context),
      sealedKey: seal(vaultKey, dataKey, context),
    };
  } finally {
    dataKey.fill(0);
  }
}

/** Undefined when a byte was changed, the row belongs to something else, or the key is another one. */
export function openSecret(
  vaultKey: Buffer,
  binding: SecretBinding,
  ref: string,
  { sealed, sealedKey }: SealedSecret,
): string | undefined {
  const context = authenticatedContext(binding, ref);
  const dataKey = unseal(vaultKey, sealedKey, context);
  const material = dataKey === undefined ? undefined : unseal(dataKey, sealed, context);
  dataKey?.fill(0);
  const text = material?.toString('utf8');
  material?.fill(0);
  return text;
}

/** JSON keeps the parts apart: no two bindings give the same bytes. */
function authenticatedContext({ connectionId, field }: SecretBinding, ref: string): Buffer {
  return Buffer.from(JSON.stringify(['tenantry secret', version, connectionId, field, ref]), 'utf8');
}

function seal(key: Buffer, plain: Buffer, context: Buffer): Buffer {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes }).setAAD(context);
  const text = Buffer.concat([cipher.update(plain), cipher.final()]);
  return Buffer.concat([Buffer.of(version), nonce, cipher.getAuthTag(), text]);
}

function unseal(key: Buffer, bytes: Buffer, context: Buffer): Buffer | undefined {
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
