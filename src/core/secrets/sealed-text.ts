import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import type { Clock } from '../base/clock.ts';

/** Turns data into opaque texts that expire, and back. */
export interface Sealer<Content extends object> {
  seal(content: Content, binding: unknown): Promise<string>;
  /** Undefined when the text is malformed, or was sealed with another key or binding. */
  open(
    sealed: string,
    binding: unknown,
  ): Promise<{ readonly content: Content; readonly isExpired: boolean } | undefined>;
}

export interface SealerOptions {
  /** 32 bytes, shared by every process that accepts the same texts. */
  readonly key: () => Promise<Uint8Array>;
  /** What texts are opened with. Default: `key`; during a rotation of the master key the earlier one as well. */
  readonly openKeys?: () => Promise<readonly Uint8Array[]>;
  readonly clock: Clock;
  /** Life of a text, in milliseconds. */
  readonly ttlMs: number;
}

/** The binding is any JSON value; a text opens for the same binding only. */
export function createSealer<Content extends object>(options: SealerOptions): Sealer<Content> {
  const { key, clock, ttlMs, openKeys = async () => [await key()] } = options;
  return {
    async seal(content, binding) {
      return sealText(JSON.stringify({ expiresAt: clock.now() + ttlMs, ...content }), await key(), digest(binding));
    },
    async open(sealed, binding) {
      const bound = digest(binding);
      const plain = (await openKeys()).map((one) => openText(sealed, one, bound)).find((text) => text !== undefined);
      if (plain === undefined) return undefined;
      // Authenticated: only `seal` can have written it.
      const content = JSON.parse(plain) as Content & { readonly expiresAt: number };
      return { content, isExpired: content.expiresAt <= clock.now() };
    },
  };
}

/** A sealed text under another key; undefined where it does not open with the first one. */
export function resealText(sealed: string, from: Uint8Array, to: Uint8Array, binding: unknown): string | undefined {
  const bound = digest(binding);
  const plain = openText(sealed, from, bound);
  return plain === undefined ? undefined : sealText(plain, to, bound);
}

function digest(binding: unknown): Uint8Array {
  return createHash('sha256').update(JSON.stringify(binding)).digest();
}

const version = 1;
const ivBytes = 12;
const tagBytes = 16;

/**
 * Seals a text with AES-256-GCM: nobody can read it or forge one. `binding` is authenticated with it.
 */
function sealText(plain: string, key: Uint8Array, binding: Uint8Array): string {
  const iv = randomBytes(ivBytes);
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(binding);
  const sealed = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
  return Buffer.concat([Buffer.from([version]), iv, cipher.getAuthTag(), sealed]).toString('base64url');
}

function openText(sealed: string, key: Uint8Array, binding: Uint8Array): string | undefined {
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
