import { join } from 'node:path';
import type { Clock } from '../base/clock.ts';
import { createGuard, type Guard, inspectHome } from '../base/private-paths.ts';
import { FileAuditLog } from './files/file-audit-log.ts';
import { createFileResultStore } from './files/file-result-store.ts';
import { FileSavedState } from './files/file-saved-state.ts';
import { defaultResultLimits, type ResultLimits } from './result-store.ts';
import { createLocalDatabase, databaseName } from './sqlite/local-database.ts';
import { createSqliteApprovals } from './sqlite/sqlite-approvals.ts';
import { createSqliteNamedSecrets } from './sqlite/sqlite-named-secrets.ts';
import { createSqliteOpenWrites } from './sqlite/sqlite-open-writes.ts';
import { createSqliteReceipts } from './sqlite/sqlite-receipts.ts';
import { createSqliteRecords } from './sqlite/sqlite-records.ts';
import { createSqliteSecretRows, readSqliteMarks } from './sqlite/sqlite-secret-rows.ts';
import { createSqliteTables } from './sqlite/sqlite-tables.ts';
import type { Storage } from './storage.ts';
import { createMasterKey, loadKeyring } from './vault/master-key.ts';
import { createVault } from './vault/vault.ts';

export interface LocalStorageOptions {
  readonly home: string;
  /** `file` never asks the keyring of the operating system. */
  readonly vault: 'local' | 'file';
  readonly clock: Clock;
  /** What is kept of stored results. */
  readonly results?: ResultLimits;
  /** Decides about a home, database or key that strangers own or may write. Default: refuses it. */
  readonly guard?: Guard;
}

/** The storage of one home folder, shared by any number of processes. Touches no file before a call needs one. */
export function openLocalStorage({
  home,
  vault,
  clock,
  results: limits = defaultResultLimits,
  guard = createGuard('refuse'),
}: LocalStorageOptions): Storage {
  const path = join(home, databaseName);
  const database = createLocalDatabase(path, guard);
  const rows = createSqliteSecretRows(database);
  const keys = createMasterKey({
    home,
    loadKeyring: vault === 'file' ? async () => undefined : loadKeyring,
    // The first secret and the first sealed record write it.
    isFixed: async () => (await rows.keyCheck()) !== undefined,
    guard,
    marks: async () => (await database.read(readSqliteMarks)) ?? {},
  });
  const audit = new FileAuditLog({ directory: join(home, 'audit'), checkHome: () => guard(inspectHome(home)) });
  return {
    records: createSqliteRecords(database, keys),
    vault: createVault({ rows, keys, clock }),
    secrets: createSqliteNamedSecrets(database),
    results: createFileResultStore({ directory: join(home, 'results'), clock, limits }),
    state: new FileSavedState(join(home, 'state'), clock),
    keys,
    masterKey: keys,
    approvals: createSqliteApprovals(database, clock, keys),
    openWrites: createSqliteOpenWrites(database, clock),
    receipts: createSqliteReceipts(database, clock),
    audit,
    tables: createSqliteTables(() => createLocalDatabase(path, guard), path),
    async close() {
      await audit.close();
      await database.close();
    },
  };
}
