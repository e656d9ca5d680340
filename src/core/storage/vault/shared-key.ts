import { hkdfSync } from 'node:crypto';
import { AppError } from '../../base/errors.ts';
import { lazy } from '../../base/lazy.ts';
import type { Secret } from '../../secrets/secret.ts';
import type { Keys } from '../storage.ts';

const keyBytes = 32;
/** In front of a key in `master.key`; the content of that file may be given to other nodes as it is. */
const filePrefix = /^tenantry-key-1:/;
const sealedSuffix = /:sealed$/;

/**
 * The master key of several nodes, from where the configuration says: 32 random bytes in base64 or hex. Nothing is ever
 * written. Throws `configuration` for anything else.
 */
export function createSharedKey(read: () => Promise<Secret>): Keys {
  const loaded = lazy(async () => decodeKey((await read()).reveal()));
  return {
    async derive(purpose) {
      return Buffer.from(hkdfSync('sha256', await loaded.get(), 'tenantry', purpose, keyBytes));
    },
    isAtHand: async () => true,
  };
}

function decodeKey(text: string): Buffer {
  const encoded = text.trim().replace(filePrefix, '').replace(sealedSuffix, '');
  const isHex = /^[0-9a-f]{64}$/i.test(encoded);
  const key = isHex ? Buffer.from(encoded, 'hex') : Buffer.from(encoded, 'base64');
  const isBase64 = /^[A-Za-z0-9+/_-]{43}=?$/.test(encoded);
  if (key.length !== keyBytes || !(isHex || isBase64)) {
    throw new AppError('configuration', 'The master key of the store is not 32 bytes in base64 or hex.', {
      hint: 'Make one with `openssl rand -base64 32`, keep it safe, and give every node the same.',
    });
  }
  return key;
}
