import { join } from 'node:path';
import type { Clock } from '../../../src/core/base/clock.ts';
import { withoutUndefined } from '../../../src/core/base/without-undefined.ts';
import { createMemorySecretRows, createMemoryStorage } from '../../../src/core/storage/memory-storage.ts';
import { openLocalStorage } from '../../../src/core/storage/open-local-storage.ts';
import type { ResultLimits } from '../../../src/core/storage/result-store.ts';
import { createLocalDatabase } from '../../../src/core/storage/sqlite/local-database.ts';
import { createSqliteSecretRows } from '../../../src/core/storage/sqlite/sqlite-secret-rows.ts';
import { handClock, temporaryFolder } from '../connections/support.ts';
import { approvalsContract } from './approvals-contract.ts';
import { auditContract } from './audit-contract.ts';
import { namedSecretsContract } from './named-secrets-contract.ts';
import { openWritesContract } from './open-writes-contract.ts';
import { receiptsContract } from './receipts-contract.ts';
import { recordsContract } from './records-contract.ts';
import { resultsContract } from './results-contract.ts';
import { secretRowsContract } from './secret-rows-contract.ts';
import { stateContract } from './state-contract.ts';
import { vaultContract } from './vault-contract.ts';

// What every storage does, whatever it is made of. Another implementation stands in a folder of its own and calls the
// nine contracts in a test beside it; nothing else has to know of it but the one who calls `createRuntime({ storage })`.
const storages = {
  Memory: (clock: Clock = handClock(), results?: ResultLimits) => createMemoryStorage(clock, results),
  'SQLite and files': (clock: Clock = handClock(), results?: ResultLimits) =>
    openLocalStorage({
      home: join(temporaryFolder(), 'home'),
      vault: 'file',
      clock,
      ...withoutUndefined({ results }),
    }),
};

for (const [name, open] of Object.entries(storages)) {
  recordsContract(name, open);
  vaultContract(name, open);
  resultsContract(name, open);
  stateContract(name, open);
  approvalsContract(name, open);
  auditContract(name, open);
  namedSecretsContract(name, open);
  openWritesContract(name, open);
  receiptsContract(name, open);
}

secretRowsContract('Memory', () => ({ rows: createMemorySecretRows(), close: async () => undefined }));
secretRowsContract('SQLite', () => {
  const database = createLocalDatabase(join(temporaryFolder(), 'tenantry.db'));
  return { rows: createSqliteSecretRows(database), close: database.close };
});
