import type { Clock } from '../../base/clock.ts';
import type { OpenWrite, OpenWriteStore } from '../storage.ts';
import type { LocalDatabase, Row } from './local-database.ts';

/**
 * Open writes in a table of the same file: its lock decides who sends when two processes ask at once. The handle in a row
 * is sealed; the rest only ever keeps a write from being sent.
 */
export function createSqliteOpenWrites(database: LocalDatabase, clock: Clock): OpenWriteStore {
  return {
    add: (write) =>
      database.write((db) => {
        db.prepare('DELETE FROM open_writes WHERE expires_at <= ?').run(clock.now());
        const found = db.prepare('SELECT * FROM open_writes WHERE digest = ?').get(write.digest);
        if (found !== undefined) return toWrite(found);
        const { id, digest, expiresAt } = write;
        db.prepare('INSERT INTO open_writes (id, digest, expires_at, write) VALUES (?, ?, ?, ?)').run(
          id,
          digest,
          expiresAt,
          JSON.stringify(write),
        );
        return undefined;
      }),
    async find(id) {
      const found = await database.read((db) =>
        db.prepare('SELECT * FROM open_writes WHERE id = ? AND expires_at > ?').get(id, clock.now()),
      );
      return found && toWrite(found);
    },
    async update(write) {
      await database.write((db) =>
        db
          .prepare('UPDATE open_writes SET expires_at = ?, write = ? WHERE id = ?')
          .run(write.expiresAt, JSON.stringify(write), write.id),
      );
    },
    async remove(id) {
      await database.write((db) => db.prepare('DELETE FROM open_writes WHERE id = ?').run(id));
    },
  };
}

/** Only this file writes the column. */
function toWrite(row: Row): OpenWrite {
  return JSON.parse(String(row['write'])) as OpenWrite;
}
