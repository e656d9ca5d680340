import type { Clock } from '../../../../src/core/base/clock.ts';
import { createMemoryResults } from '../../../../src/core/storage/memory-results.ts';
import { createMemoryStorage } from '../../../../src/core/storage/memory-storage.ts';
import { openPostgresStorage } from '../../../../src/core/storage/postgres/open-postgres-storage.ts';
import { createPostgresDatabase } from '../../../../src/core/storage/postgres/postgres-database.ts';
import { createPostgresSecretRows } from '../../../../src/core/storage/postgres/postgres-secret-rows.ts';
import { defaultResultLimits } from '../../../../src/core/storage/result-store.ts';
import { describePostgres } from '../../../support/postgres-cluster.ts';
import { handClock } from '../../connections/support.ts';
import { approvalsContract } from '../approvals-contract.ts';
import { auditContract } from '../audit-contract.ts';
import { namedSecretsContract } from '../named-secrets-contract.ts';
import { openWritesContract } from '../open-writes-contract.ts';
import { receiptsContract } from '../receipts-contract.ts';
import { recordsContract } from '../records-contract.ts';
import { secretRowsContract } from '../secret-rows-contract.ts';
import { stateContract } from '../state-contract.ts';
import { vaultContract } from '../vault-contract.ts';

describePostgres('PostgreSQL keeps what every storage keeps', (cluster) => {
  const open = (clock: Clock = handClock()) =>
    openPostgresStorage({
      ...cluster().options(),
      keys: () => createMemoryStorage(clock).keys,
      results: createMemoryResults(clock, defaultResultLimits),
      clock,
    });

  const name = 'PostgreSQL';
  recordsContract(name, open);
  vaultContract(name, open);
  stateContract(name, open);
  approvalsContract(name, open);
  auditContract(name, open);
  namedSecretsContract(name, open);
  openWritesContract(name, open);
  receiptsContract(name, open);
  secretRowsContract(name, () => {
    const database = createPostgresDatabase(cluster().options());
    return { rows: createPostgresSecretRows(database), close: database.close };
  });
});
