import type { Secret } from '../../secrets/secret.ts';

/** What a secret belongs to. It is authenticated with the ciphertext: a copied row does not decrypt elsewhere. */
export interface SecretBinding {
  readonly connectionId: string;
  readonly field: string;
}

/** A stored secret without its material. */
export interface StoredSecret extends SecretBinding {
  readonly ref: string;
  /** ISO 8601. */
  readonly storedAt: string;
}

/** Where secret material lives. Every implementation passes `test/core/storage/vault/vault-contract.ts`. */
export interface Vault {
  /** Stores the secret and resolves with an opaque reference. */
  put(binding: SecretBinding, secret: Secret): Promise<string>;
  /** Throws `configuration` when the master key is missing or wrong, `not_found` when the reference is unknown. */
  get(binding: SecretBinding, ref: string): Promise<Secret>;
  /** Destroys the material; resolves also when it is gone already. */
  destroy(ref: string): Promise<void>;
  /** Everything that is stored, for finding what no record points to. Needs no master key. */
  list(): Promise<readonly StoredSecret[]>;
  close(): Promise<void>;
}
