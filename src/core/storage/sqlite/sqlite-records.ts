import type { DatabaseSync } from 'node:sqlite';
import { type ConnectionRecord, parseRecord } from '../../record/connection.ts';
import { nameTaken, type RecordStore } from '../storage.ts';
import type { LocalDatabase, Row } from './local-database.ts';

/** Connection records in a table, as JSON beside what they are found by. */
export function createSqliteRecords(database: LocalDatabase): RecordStore {
  return {
    async list(owner) {
      return parsed(
        await database.read((db) =>
          db.prepare('SELECT name, record FROM connections WHERE owner = ? ORDER BY name').all(owner),
        ),
      );
    },
    async listAll() {
      return parsed(
        await database.read((db) => db.prepare('SELECT name, record FROM connections ORDER BY name, owner').all()),
      );
    },
    async get(name, owner) {
      const row = await database.read((db) =>
        db.prepare('SELECT name, record FROM connections WHERE owner = ? AND name = ?').get(owner, name),
      );
      return parsed(row && [row])[0];
    },
    insert: (record) => database.write((db) => insert(db, record)),
    async replace(record) {
      const { id, owner, name, revision } = record;
      const { changes } = await database.write((db) =>
        db
          .prepare(
            'UPDATE connections SET revision = ?, record = ? WHERE id = ? AND owner = ? AND name = ? AND revision = ?',
          )
          .run(revision, JSON.stringify(record), id, owner, name, revision - 1),
      );
      return Number(changes) === 1;
    },
    async remove(id, revision) {
      const { changes } = await database.write((db) =>
        db.prepare('DELETE FROM connections WHERE id = ? AND revision = ?').run(id, revision),
      );
      return Number(changes) === 1;
    },
  };
}

function parsed(rows: readonly Row[] = []): ConnectionRecord[] {
  return rows.map((row) => parseRecord(String(row['name']), String(row['record'])));
}

function insert(db: DatabaseSync, record: ConnectionRecord): void {
  const { id, owner, name, revision } = record;
  if (revision !== 1) throw new Error('A new record begins with revision 1.');
  const taken = db.prepare('SELECT 1 FROM connections WHERE (owner = ? AND name = ?) OR id = ?').get(owner, name, id);
  if (taken !== undefined) throw nameTaken(name);
  db.prepare('INSERT INTO connections (id, owner, name, revision, record) VALUES (?, ?, ?, ?, ?)').run(
    id,
    owner,
    name,
    revision,
    JSON.stringify(record),
  );
}
