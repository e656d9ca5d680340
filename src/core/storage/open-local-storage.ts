import { join } from 'node:path';
import type { Clock } from '../base/clock.ts';
import type { ConnectionStore } from './record-store.ts';
import { createLocalDatabase } from './sqlite/local-database.ts';
import { createSqliteStore } from './sqlite/record-store.ts';
import { createMasterKey } from './vault/create-master-key.ts';
import { loadKeyring } from './vault/keyring.ts';
import { createLocalVault, isMasterKeyFixed } from './vault/local-vault.ts';
import type { MasterKey } from './vault/master-key.ts';
import type { Vault } from './vault/vault.ts';

export interface LocalStorageOptions {
  readonly home: string;
  /** `file` never asks the keyring of the operating system. */
  readonly vault: 'local' | 'file';
  readonly clock: Clock;
}

/** Store, vault and master key of one home folder. */
export interface LocalStorage {
  readonly store: ConnectionStore;
  readonly vault: Vault;
  readonly masterKey: MasterKey;
  close(): Promise<void>;
}

/** Puts the embedded defaults together. Touches no file before the first call that needs one. */
export function openLocalStorage({ home, vault, clock }: LocalStorageOptions): LocalStorage {
  const database = createLocalDatabase(join(home, 'tenantry.db'));
  const masterKey = createMasterKey({
    home,
    loadKeyring: vault === 'file' ? async () => undefined : loadKeyring,
    isFixed: () => isMasterKeyFixed(database),
  });
  return {
    store: createSqliteStore(database),
    vault: createLocalVault({ database, masterKey, clock }),
    masterKey,
    close: () => database.close(),
  };
}
