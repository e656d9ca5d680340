import type { DatabaseSync } from 'node:sqlite';
import { AppError } from '../../base/errors.ts';
import type { ConnectionRecord } from '../../record/connection.ts';
import { parseRecord } from '../../record/record-schema.ts';
import type { ConnectionStore } from '../record-store.ts';
import { createLocalDatabase, type LocalDatabase } from './local-database.ts';

/** Records in a SQLite file of their own. Nothing is opened or created before the first call that needs it. */
export function openSqliteStore(path: string): ConnectionStore {
  return createSqliteStore(createLocalDatabase(path));
}

/** Records in a database that is shared with the vault; whoever opened it may close it as well. */
export function createSqliteStore(database: LocalDatabase): ConnectionStore {
  return {
    async list() {
      const rows = await database.read((db) => db.prepare('SELECT name, record FROM connections ORDER BY name').all());
      return (rows ?? []).map((row) => parseRecord(String(row['name']), String(row['record'])));
    },
    async get(name) {
      const row = await database.read((db) => db.prepare('SELECT record FROM connections WHERE name = ?').get(name));
      return row === undefined ? undefined : parseRecord(name, String(row['record']));
    },
    insert: (record) => database.write((db) => insert(db, record)),
    async replace(record) {
      const changes = await database.write(
        (db) =>
          db
            .prepare('UPDATE connections SET revision = ?, record = ? WHERE id = ? AND name = ? AND revision = ?')
            .run(record.revision, JSON.stringify(record), record.id, record.name, record.revision - 1).changes,
      );
      return Number(changes) === 1;
    },
    async remove(id, revision) {
      const changes = await database.write(
        (db) => db.prepare('DELETE FROM connections WHERE id = ? AND revision = ?').run(id, revision).changes,
      );
      return Number(changes) === 1;
    },
    close: () => database.close(),
  };
}

function insert(db: DatabaseSync, record: ConnectionRecord): void {
  if (record.revision !== 1) throw new Error('A new record begins with revision 1.');
  const taken = db.prepare('SELECT 1 FROM connections WHERE name = ? OR id = ?').get(record.name, record.id);
  if (taken !== undefined) throw nameTaken(record.name);
  db.prepare('INSERT INTO connections (id, name, revision, record) VALUES (?, ?, ?, ?)').run(
    record.id,
    record.name,
    record.revision,
    JSON.stringify(record),
  );
}

/** The answer to a second connection of the same name. */
export function nameTaken(name: string): AppError {
  return new AppError('conflict', `A connection named ${name} exists already.`, {
    hint: 'Choose another name, change this one with complete_connection, or delete it with delete_connection.',
  });
}
