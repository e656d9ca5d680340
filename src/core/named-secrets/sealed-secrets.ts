import { createHash } from 'node:crypto';
import { fingerprintWith } from '../secrets/fingerprints.ts';
import type { Secret } from '../secrets/secret.ts';
import type { Keys, NamedSecret, SecretBinding, Vault } from '../storage/storage.ts';

/** A named secret before its material is stored. */
export type UnsealedSecret = Omit<NamedSecret, 'ref'>;

/** The material of named secrets, in the vault. */
export interface SealedSecrets {
  /** First 8 hex digits of an HMAC under the master key: tells two secrets apart, and nobody can guess from it. */
  fingerprint(secret: Secret): Promise<string>;
  /** Stores the material; the row that is to point to it. */
  seal(row: UnsealedSecret, secret: Secret): Promise<NamedSecret>;
  /** Throws `configuration` when the row says anything else than when the material was stored. */
  open(row: NamedSecret): Promise<Secret>;
}

export function createSealedSecrets({ vault, keys }: { readonly vault: Vault; readonly keys: Keys }): SealedSecrets {
  return {
    async fingerprint(secret) {
      const key = await keys.derive('fingerprint');
      return fingerprintWith(key, secret.reveal());
    },
    seal: async (row, secret) => ({ ...row, ref: await vault.put(bindingOf(row), secret) }),
    open: (row) => vault.get(bindingOf(row), row.ref),
  };
}

/**
 * Binds the material to its name and to everything that decides where it may go. Changing the row in the database
 * makes the secret useless; it never sends it elsewhere.
 */
function bindingOf({ owner, name, source, use, to, cloud, origin }: UnsealedSecret): SecretBinding {
  const places = to.map(({ holder, target }) => [holder, target ?? null]);
  const { connectionId, resource, member, tenantId, appId, sharedBy } = origin ?? {};
  const from = [connectionId, resource, member, tenantId, appId].map((part) => part ?? null);
  if (sharedBy !== undefined) from.push(sharedBy);
  const bounds = createHash('sha256')
    .update(JSON.stringify([owner, source, use, places, cloud, from]))
    .digest('hex');
  return { connectionId: 'named secret', field: `${name} ${bounds}` };
}
