import type { DatabaseSync } from 'node:sqlite';
import { type ConnectionRecord, parseRecord } from '../../record/connection.ts';
import { nameTaken, type RecordStore, type StoredSecret } from '../storage.ts';
import type { SecretRow, SecretRows } from '../vault/vault.ts';
import type { LocalDatabase } from './local-database.ts';

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

type Row = Readonly<Record<string, unknown>>;

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

/** Rows of the vault in a table of the same file. */
export function createSqliteSecretRows(database: LocalDatabase): SecretRows {
  return {
    put: (row, keyCheck) =>
      database.write((db) => {
        const fixed = readKeyCheck(db);
        if (fixed === undefined) {
          db.prepare("INSERT INTO vault_meta (name, value) VALUES ('key_check', ?)").run(keyCheck);
        } else if (fixed !== keyCheck) {
          return fixed;
        }
        db.prepare(
          'INSERT INTO secrets (ref, connection_id, field, stored_at, sealed, sealed_key) VALUES (?, ?, ?, ?, ?, ?)',
        ).run(row.ref, row.connectionId, row.field, row.storedAt, row.sealed, row.sealedKey);
        return keyCheck;
      }),
    async get(ref) {
      const row = await database.read((db) => db.prepare('SELECT * FROM secrets WHERE ref = ?').get(ref));
      return row && secretRow(row);
    },
    async delete(ref) {
      await database.write((db) => db.prepare('DELETE FROM secrets WHERE ref = ?').run(ref));
    },
    async list() {
      const rows = await database.read((db) =>
        db.prepare('SELECT ref, connection_id, field, stored_at FROM secrets ORDER BY stored_at, ref').all(),
      );
      return (rows ?? []).map(storedSecret);
    },
    keyCheck: () => database.read(readKeyCheck),
  };
}

function readKeyCheck(db: DatabaseSync): string | undefined {
  const row = db.prepare("SELECT value FROM vault_meta WHERE name = 'key_check'").get();
  return row === undefined ? undefined : String(row['value']);
}

function storedSecret(row: Row): StoredSecret {
  return {
    ref: String(row['ref']),
    connectionId: String(row['connection_id']),
    field: String(row['field']),
    storedAt: String(row['stored_at']),
  };
}

function secretRow(row: Row): SecretRow {
  return { ...storedSecret(row), sealed: bytes(row['sealed']), sealedKey: bytes(row['sealed_key']) };
}

function bytes(value: unknown): Buffer {
  return value instanceof Uint8Array ? Buffer.from(value) : Buffer.alloc(0);
}
