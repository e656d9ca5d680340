import type { Clock } from '../../base/clock.ts';
import type { ResultStore } from '../result-store.ts';
import type { Keys, Storage } from '../storage.ts';
import type { KeyMarks, RotatingKeys } from '../vault/key-ring.ts';
import { createVault } from '../vault/vault.ts';
import { createPostgresApprovals } from './postgres-approvals.ts';
import { createPostgresAudit } from './postgres-audit.ts';
import { createPostgresDatabase } from './postgres-database.ts';
import { createPostgresHealth } from './postgres-health.ts';
import { createPostgresNamedSecrets } from './postgres-named-secrets.ts';
import { createPostgresOpenWrites } from './postgres-open-writes.ts';
import type { PostgresOptions } from './postgres-pool.ts';
import { createPostgresReceipts } from './postgres-receipts.ts';
import { createPostgresRecords } from './postgres-records.ts';
import { createPostgresSecretRows, readPostgresMarks } from './postgres-secret-rows.ts';
import { createPostgresState } from './postgres-state.ts';
import { createPostgresTables } from './postgres-tables.ts';
import { withRecordCache } from './record-changes.ts';

export interface PostgresStorageOptions extends PostgresOptions {
  /** The master key that all nodes have; told how to find out what the store says about it. */
  readonly keys: (marks: () => Promise<KeyMarks>) => Keys | RotatingKeys;
  /** Stored results, which stay with the node. */
  readonly results: ResultStore;
  readonly clock: Clock;
}

/** The storage of any number of nodes in one PostgreSQL. Asks it nothing before a call needs something. */
export function openPostgresStorage({ keys: keysFor, results, clock, ...options }: PostgresStorageOptions): Storage {
  const database = createPostgresDatabase(options);
  const audit = createPostgresAudit(database);
  const rows = createPostgresSecretRows(database);
  const health = createPostgresHealth(database, clock);
  const keys = keysFor(() => readPostgresMarks(database));
  return {
    records: withRecordCache(createPostgresRecords(database, keys), database, clock),
    vault: createVault({ rows, keys, clock }),
    secrets: createPostgresNamedSecrets(database),
    results,
    state: createPostgresState(database, clock),
    keys,
    ...('begin' in keys ? { masterKey: keys } : {}),
    approvals: createPostgresApprovals(database, clock, keys),
    openWrites: createPostgresOpenWrites(database, clock),
    receipts: createPostgresReceipts(database, clock),
    audit,
    tables: createPostgresTables(database),
    health: health.current,
    async close() {
      health.stop();
      await audit.close();
      await database.close();
    },
  };
}
