import { randomUUID } from 'node:crypto';
import type { Clock } from '../../base/clock.ts';
import type { Secret } from '../../secrets/secret.ts';
import { opened, secretGone } from '../vault/local-vault.ts';
import type { StoredSecret, Vault } from '../vault/vault.ts';

/** Secrets in memory, for the sandbox and for tests: gone with the process. */
export function createMemoryVault(clock: Clock): Vault {
  const secrets = new Map<string, StoredSecret & { readonly secret: Secret }>();
  return {
    async put(binding, secret) {
      const ref = randomUUID();
      secrets.set(ref, { ...binding, ref, storedAt: new Date(clock.now()).toISOString(), secret });
      return ref;
    },
    async get(binding, ref) {
      const stored = secrets.get(ref);
      if (stored === undefined) throw secretGone();
      const isBound = stored.connectionId === binding.connectionId && stored.field === binding.field;
      return opened(isBound ? stored.secret.reveal() : undefined);
    },
    async destroy(ref) {
      secrets.delete(ref);
    },
    async list() {
      return [...secrets.values()].map(({ ref, connectionId, field, storedAt }) => ({
        ref,
        connectionId,
        field,
        storedAt,
      }));
    },
    async close() {
      secrets.clear();
    },
  };
}
