import type { Clock } from '../../base/clock.ts';
import type { OpenWrite, OpenWriteStore } from '../storage.ts';
import type { PostgresDatabase, Row } from './postgres-database.ts';

/** Open writes in a table that all nodes share: its unique digest decides who sends when two nodes ask at once. */
export function createPostgresOpenWrites(database: PostgresDatabase, clock: Clock): OpenWriteStore {
  const table = `"${database.schema}".open_writes`;
  return {
    async add(write) {
      const { id, digest, expiresAt } = write;
      const text = `INSERT INTO ${table} AS kept (id, digest, expires_at, write) VALUES ($1, $2, $3, $4)
        ON CONFLICT (digest) DO UPDATE SET id = $1, expires_at = $3, write = $4 WHERE kept.expires_at <= $5`;
      for (;;) {
        const { changed } = await database.write(text, [id, digest, expiresAt, JSON.stringify(write), clock.now()]);
        if (changed === 1) return undefined;
        const { rows } = await database.read(`SELECT write FROM ${table} WHERE digest = $1`, [digest]);
        // Gone in between: there is room now.
        if (rows[0] !== undefined) return toWrite(rows[0]);
      }
    },
    async find(id) {
      const { rows } = await database.read(`SELECT write FROM ${table} WHERE id = $1 AND expires_at > $2`, [
        id,
        clock.now(),
      ]);
      return rows[0] && toWrite(rows[0]);
    },
    async update(write) {
      await database.write(`UPDATE ${table} SET expires_at = $2, write = $3 WHERE id = $1`, [
        write.id,
        write.expiresAt,
        JSON.stringify(write),
      ]);
    },
    async remove(id) {
      await database.write(`DELETE FROM ${table} WHERE id = $1 OR expires_at <= $2`, [id, clock.now()]);
    },
  };
}

/** Only this file writes the column. */
function toWrite(row: Row): OpenWrite {
  return JSON.parse(String(row['write'])) as OpenWrite;
}
