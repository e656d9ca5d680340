import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { databaseName } from '../../src/core/storage/sqlite/local-database.ts';

/** Makes the writes that are under way on a home those of a process that is gone. */
export function processHasDied(home: string): void {
  const database = new DatabaseSync(join(home, databaseName), { timeout: 5_000 });
  database.exec("UPDATE open_writes SET write = json_set(write, '$.process.pid', 0)");
  database.close();
}
