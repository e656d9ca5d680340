import type { DatabaseSync } from 'node:sqlite';
import type { StoredSecret } from '../storage.ts';
import type { KeyMarks } from '../vault/key-ring.ts';
import { readKeyMarks } from '../vault/read-key-marks.ts';
import type { SecretRow, SecretRows } from '../vault/vault.ts';
import type { LocalDatabase, Row } from './local-database.ts';

/** Rows of the vault in a table of the same file. */
export function createSqliteSecretRows(database: LocalDatabase): SecretRows {
  return {
    put: (row, keyCheck) =>
      database.write((db) => {
        const fixed = readKeyCheck(db);
        if (fixed === undefined) {
          writeKeyCheck(db, keyCheck);
        } else if (fixed !== keyCheck) {
          return fixed;
        }
        db.prepare(
          'INSERT INTO secrets (ref, connection_id, field, stored_at, sealed, sealed_key) VALUES (?, ?, ?, ?, ?, ?)',
        ).run(row.ref, row.connectionId, row.field, row.storedAt, row.sealed, row.sealedKey);
        return keyCheck;
      }),
    async get(ref) {
      return database.read((db) => readSecretRow(db, ref));
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

export function readSecretRow(db: DatabaseSync, ref: string): SecretRow | undefined {
  const row = db.prepare('SELECT * FROM secrets WHERE ref = ?').get(ref);
  return row && secretRow(row);
}

/** Check value of the master key; undefined before the first secret and the first sealed record. */
export function readKeyCheck(db: DatabaseSync): string | undefined {
  const row = db.prepare("SELECT value FROM vault_meta WHERE name = 'key_check'").get();
  return row === undefined ? undefined : String(row['value']);
}

/** What the store says about its master key. */
export function readSqliteMarks(db: DatabaseSync): KeyMarks {
  return readKeyMarks(db.prepare('SELECT name, value FROM vault_meta').all());
}

export function writeKeyCheck(db: DatabaseSync, check: string): void {
  db.prepare("INSERT INTO vault_meta (name, value) VALUES ('key_check', ?)").run(check);
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
