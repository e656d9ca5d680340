import type { StoredSecret } from '../storage.ts';
import type { KeyMarks } from '../vault/key-ring.ts';
import { markNames, readKeyMarks } from '../vault/read-key-marks.ts';
import type { SecretRows } from '../vault/vault.ts';
import type { PostgresDatabase, Row } from './postgres-database.ts';

/** Rows of the vault in a table that all nodes share. Without the master key their content is worth nothing. */
export function createPostgresSecretRows(database: PostgresDatabase): SecretRows {
  const { schema } = database;
  const table = `"${schema}".secrets`;
  const meta = `"${schema}".meta`;
  return {
    put: (row, keyCheck) =>
      database.transaction(async (run) => {
        await run(`INSERT INTO ${meta} (name, value) VALUES ('key_check', $1) ON CONFLICT DO NOTHING`, [keyCheck]);
        // Shared until the end: a rotation waits for this row, or this row sees it.
        const fixed = await run(`SELECT value FROM ${meta} WHERE name = 'key_check' FOR SHARE`);
        const check = String(fixed.rows[0]?.['value']);
        if (check !== keyCheck) return check;
        const { ref, connectionId, field, storedAt, sealed, sealedKey } = row;
        await run(
          `INSERT INTO ${table} (ref, connection_id, field, stored_at, sealed, sealed_key) VALUES ($1, $2, $3, $4, $5, $6)`,
          [ref, connectionId, field, storedAt, sealed, sealedKey],
        );
        return check;
      }),
    async get(ref) {
      const { rows } = await database.read(`SELECT * FROM ${table} WHERE ref = $1`, [ref]);
      const [row] = rows;
      return row && { ...storedSecret(row), sealed: bytes(row['sealed']), sealedKey: bytes(row['sealed_key']) };
    },
    async delete(ref) {
      await database.write(`DELETE FROM ${table} WHERE ref = $1`, [ref]);
    },
    async list() {
      const { rows } = await database.read(
        `SELECT ref, connection_id, field, stored_at FROM ${table} ORDER BY stored_at COLLATE "C", ref COLLATE "C"`,
      );
      return rows.map(storedSecret);
    },
    async keyCheck() {
      const { rows } = await database.read(`SELECT value FROM ${meta} WHERE name = 'key_check'`);
      return rows[0] === undefined ? undefined : String(rows[0]['value']);
    },
  };
}

/** What the store says about its master key; nothing where there are no tables yet, and none are made. */
export async function readPostgresMarks({ schema, readAsIs }: PostgresDatabase): Promise<KeyMarks> {
  const names = Object.values(markNames);
  return readKeyMarks((await readAsIs(`SELECT name, value FROM "${schema}".meta WHERE name = ANY($1)`, [names])).rows);
}

function storedSecret(row: Row): StoredSecret {
  return {
    ref: String(row['ref']),
    connectionId: String(row['connection_id']),
    field: String(row['field']),
    storedAt: String(row['stored_at']),
  };
}

function bytes(value: unknown): Buffer {
  return value instanceof Uint8Array ? Buffer.from(value) : Buffer.alloc(0);
}
