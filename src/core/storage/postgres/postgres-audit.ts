import { formatAuditLine, parseAuditLine } from '../audit-line.ts';
import { GatheredLines } from '../gathered-lines.ts';
import type { AuditEntry, AuditLog } from '../storage.ts';
import type { PostgresDatabase } from './postgres-database.ts';

/** How long lines are gathered for one statement. */
const gatherMs = 100;
/** What one look reads. */
const partLines = 1_000;
/** Held while lines are added, so that their numbers are in the order in which readers see them. */
const appendLock = 7_302_110_922;

/** The audit log in a table that all nodes append to. `close` writes what still waits. */
export interface PostgresAudit extends AuditLog {
  close(): Promise<void>;
}

export function createPostgresAudit(database: PostgresDatabase): PostgresAudit {
  const table = `"${database.schema}".audit`;
  const lines = new GatheredLines({
    gatherMs,
    async write(texts) {
      await database.transaction(async (run) => {
        // Without it, a line with a lower number may appear after a reader has passed it.
        await run('SELECT pg_advisory_xact_lock($1)', [appendLock]);
        await run(
          `INSERT INTO ${table} (at, entry)
            SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint, entry
            FROM unnest($1::text[]) WITH ORDINALITY AS given (entry, place) ORDER BY place`,
          [texts],
        );
      });
    },
  });
  return {
    append: (entry: AuditEntry) => lines.add(formatAuditLine(entry).trimEnd()),
    async read(after = '0') {
      const { rows } = await database.read(
        `SELECT line, entry FROM ${table} WHERE line > $1 ORDER BY line LIMIT ${partLines}`,
        [/^\d{1,18}$/.test(after) ? after : '0'],
      );
      return {
        entries: rows.flatMap(({ entry }) => parseAuditLine(String(entry)) ?? []),
        position: String(rows.at(-1)?.['line'] ?? after),
      };
    },
    close: () => lines.close(),
  };
}
