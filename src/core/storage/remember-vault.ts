import type { Secret } from '../secrets/secret.ts';
import type { Storage, Vault } from './storage.ts';

type Remember = (secret: Secret, owner: string) => void;

/** A storage whose vault tells of every secret that goes in or comes out, and of whom it is, so that it can be hidden. */
export function rememberVault(storage: Storage, remember: Remember): Storage {
  const { vault, ...others } = storage;
  return { ...others, vault: remembering(vault, remember), close: () => storage.close() };
}

function remembering(vault: Vault, remember: Remember): Vault {
  return {
    put(binding, secret) {
      remember(secret, binding.connectionId);
      return vault.put(binding, secret);
    },
    async get(binding, ref) {
      const secret = await vault.get(binding, ref);
      remember(secret, binding.connectionId);
      return secret;
    },
    destroy: (ref) => vault.destroy(ref),
    list: () => vault.list(),
  };
}
