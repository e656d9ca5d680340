import { createHash } from 'node:crypto';
import type { Clock } from '../../base/clock.ts';
import { type SavedState, type StateKey, stateFull, stateLimits, stateTooLong } from '../saved-state.ts';
import type { PostgresDatabase } from './postgres-database.ts';

/** Facts of one caller together, as many bytes as a home folder keeps for all. */
const { mostBytes, mostBytesTogether } = stateLimits;

/** Small facts in a table that all nodes share. Each caller has room of their own, for each of the two kinds. */
export function createPostgresState(database: PostgresDatabase, clock: Clock): SavedState {
  const table = `"${database.schema}".saved_state`;
  const at = 'WHERE caller = $1 AND connection_id = $2 AND name = $3';
  return {
    async get(key) {
      const { rows } = await database.read(
        `SELECT value FROM ${table} ${at} AND (expires_at IS NULL OR expires_at > $4)`,
        [...placeOf(key), clock.now()],
      );
      return rows[0] === undefined ? undefined : JSON.parse(String(rows[0]['value']));
    },
    async set(key, value, life) {
      const text = JSON.stringify(value);
      const bytes = Buffer.byteLength(text);
      if (bytes > mostBytes) throw stateTooLong(bytes);
      const { changed } = await database.write(
        `INSERT INTO ${table} (caller, connection_id, name, expires_at, value)
          SELECT $1, $2, $3, $4::bigint, $5
          WHERE $6 + (
            SELECT coalesce(sum(octet_length(value)), 0) FROM ${table}
            WHERE caller = $1 AND (expires_at IS NULL) = ($4::bigint IS NULL) AND (expires_at IS NULL OR expires_at > $7)
              AND (connection_id, name) <> ($2, $3)
          ) <= $8
          ON CONFLICT (caller, connection_id, name) DO UPDATE SET expires_at = EXCLUDED.expires_at, value = EXCLUDED.value`,
        [...placeOf(key), life?.expiresAt ?? null, text, bytes, clock.now(), mostBytesTogether],
      );
      if (changed === 0) throw stateFull();
    },
    async remove(key) {
      await database.write(`DELETE FROM ${table} ${at}`, placeOf(key));
    },
    async sweep() {
      await database.write(`DELETE FROM ${table} WHERE expires_at <= $1`, [clock.now()]);
    },
  };
}

/** The name as a digest: it may be of any length, and hold what PostgreSQL takes in no text. */
function placeOf({ caller, connectionId, name }: StateKey): readonly string[] {
  const digest = createHash('sha256').update(JSON.stringify(name)).digest('hex');
  return [caller, connectionId, digest];
}
