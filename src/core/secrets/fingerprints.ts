import { createHmac, randomBytes } from 'node:crypto';
import { lazy } from '../base/lazy.ts';
import type { Secret } from './secret.ts';

/**
 * Short texts by which two secrets can be compared and nothing else: without the master key, even somebody who knows
 * the secret cannot compute its fingerprint, so none can be found by guessing.
 */
export interface Fingerprints {
  /** The same in all processes of one storage. Makes the master key where there is none. */
  of(secret: Secret): Promise<string>;
  /**
   * For a secret that is stored nowhere. Makes no key and asks no keyring: where the key is not at hand, the fingerprint
   * holds for this process only.
   */
  ofUnstored(secret: Secret): Promise<string>;
}

export interface FingerprintOptions {
  /** 32 bytes, derived from the master key. */
  readonly key: () => Promise<Uint8Array>;
  /** Whether the key can be had without making one and without asking a keyring. */
  readonly isAtHand: () => Promise<boolean>;
}

/** First 8 hex digits of HMAC-SHA-256. */
export function fingerprintWith(key: Uint8Array, material: string): string {
  return createHmac('sha256', key).update(material).digest('hex').slice(0, 8);
}

export function createFingerprints({ key, isAtHand }: FingerprintOptions): Fingerprints {
  const stored = lazy(key);
  // Decided once, so that a fingerprint stays what it is for the life of the process.
  const unstored = lazy(async () => {
    try {
      return (await isAtHand()) ? await stored.get() : randomBytes(32);
    } catch {
      // A home that refuses the key still signs in declared connections.
      return randomBytes(32);
    }
  });
  return {
    of: async (secret) => fingerprintWith(await stored.get(), secret.reveal()),
    ofUnstored: async (secret) => fingerprintWith(await unstored.get(), secret.reveal()),
  };
}
