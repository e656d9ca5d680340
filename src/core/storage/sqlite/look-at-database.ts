import { existsSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import type { StoreLook } from '../transfer/store-tables.ts';
import { databaseError, loadSqlite, schemaVersion, versionOf } from './local-database.ts';
import { readSqliteMarks } from './sqlite-secret-rows.ts';

/** What the file of a home folder says, without making, changing or locking a file. */
export async function lookAtDatabase(path: string): Promise<StoreLook> {
  if (!existsSync(path)) return { version: 0, wanted: schemaVersion, marks: {} };
  const { DatabaseSync: Database } = await loadSqlite();
  try {
    const database = openToLook(Database, path);
    try {
      const version = versionOf(database);
      return { version, wanted: schemaVersion, marks: version === 0 ? {} : readSqliteMarks(database) };
    } finally {
      database.close();
    }
  } catch (error) {
    throw databaseError(error, path);
  }
}

/** Where no process has the file open, SQLite would make its side files even for reading: it is told that nobody writes. */
function openToLook(Database: typeof DatabaseSync, path: string): DatabaseSync {
  if (existsSync(`${path}-wal`)) return new Database(path, { readOnly: true });
  return new Database(`${pathToFileURL(path).href}?immutable=1`, { readOnly: true });
}
