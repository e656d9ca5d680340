import { join } from 'node:path';
import type { Clock } from '../base/clock.ts';
import { FileAuditLog } from './files/file-audit-log.ts';
import { createFileResultStore } from './files/file-result-store.ts';
import { FileSavedState } from './files/file-saved-state.ts';
import { createLocalDatabase } from './sqlite/local-database.ts';
import { createSqliteRecords } from './sqlite/sqlite-records.ts';
import { createSqliteSecretRows } from './sqlite/sqlite-secret-rows.ts';
import type { Storage } from './storage.ts';
import { createMasterKey, loadKeyring } from './vault/master-key.ts';
import { createVault } from './vault/vault.ts';

export interface LocalStorageOptions {
  readonly home: string;
  /** `file` never asks the keyring of the operating system. */
  readonly vault: 'local' | 'file';
  readonly clock: Clock;
}

/** The storage of one home folder, shared by any number of processes. Touches no file before a call needs one. */
export function openLocalStorage({ home, vault, clock }: LocalStorageOptions): Storage {
  const database = createLocalDatabase(join(home, 'tenantry.db'));
  const rows = createSqliteSecretRows(database);
  const keys = createMasterKey({
    home,
    loadKeyring: vault === 'file' ? async () => undefined : loadKeyring,
    isFixed: async () => (await rows.keyCheck()) !== undefined,
  });
  const audit = new FileAuditLog({ directory: join(home, 'audit') });
  return {
    records: createSqliteRecords(database),
    vault: createVault({ rows, keys, clock }),
    results: createFileResultStore({ directory: join(home, 'results'), clock }),
    state: new FileSavedState(join(home, 'state')),
    keys,
    audit,
    async close() {
      await audit.close();
      await database.close();
    },
  };
}
