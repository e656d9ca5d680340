import { AppError } from '../../base/errors.ts';
import type { Secret } from '../../secrets/secret.ts';
import { createKeyRing, type KeyMarks, type RotatingKeys } from './key-ring.ts';

const keyBytes = 32;
/** In front of a key in `master.key`; the content of that file may be given to other nodes as it is. */
const filePrefix = /^tenantry-key-1:/;
const sealedSuffix = /:sealed$/;

export interface SharedKeyOptions {
  /** Where the key is read. */
  readonly read: () => Promise<Secret>;
  /** Where the one is read that a rotation replaces. */
  readonly readPrevious?: () => Promise<Secret>;
  /** What the store says about its key. Default: nothing. */
  readonly marks?: () => Promise<KeyMarks>;
}

/**
 * The master key of several nodes, from where the configuration says: 32 random bytes in base64 or hex. Nothing is ever
 * written. Throws `configuration` for anything else.
 */
export function createSharedKey({ read, readPrevious, marks = async () => ({}) }: SharedKeyOptions): RotatingKeys {
  const ring = createKeyRing({
    load: async () => {
      const all = await Promise.all([read, readPrevious].map(async (one) => one && decodeKey((await one()).reveal())));
      return all.filter((key) => key !== undefined);
    },
    isAtHand: async () => true,
    marks,
    place: 'store.master_key',
  });
  return {
    ...ring,
    async begin() {
      if (readPrevious !== undefined) return;
      throw new AppError('configuration', 'For a rotation every node needs both master keys, and only one is named.', {
        hint: 'Name the new one in store.master_key and the one so far in store.previous_master_key, restart the nodes, and run this again.',
      });
    },
    end: async () => readPrevious === undefined,
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
