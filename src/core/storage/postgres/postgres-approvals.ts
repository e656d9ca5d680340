import type { Clock } from '../../base/clock.ts';
import { openRowSealer } from '../row-sealer.ts';
import { handleOwner, openApproval, sealApproval } from '../sealed-approvals.ts';
import type { ApprovalStore, Keys } from '../storage.ts';
import type { PostgresDatabase, RunStatement } from './postgres-database.ts';

/**
 * Approvals in a table that all nodes share, sealed like those of SQLite. What must happen once is one statement, or
 * stands behind a lock on the owner.
 */
export function createPostgresApprovals(database: PostgresDatabase, clock: Clock, keys: Keys): ApprovalStore {
  const table = `"${database.schema}".approvals`;
  /** Under the key that the store has now. */
  const sealer = async () => {
    await keys.confirm();
    return openRowSealer(keys);
  };
  const select = `SELECT * FROM ${table}`;
  const found = 'WHERE digest = $1 AND owner = $2 AND expires_at > $3';

  return {
    async insert(approval, mostWaiting) {
      const rows = await sealer();
      const { code, owner, digest, state, expiresAt } = approval;
      return database.transaction(async (run) => {
        await lockOwner(run, owner);
        await run(`DELETE FROM ${table} WHERE expires_at <= $1`, [clock.now()]);
        const taken = await run(`${select} WHERE code = $1 OR (digest = $2 AND owner = $3)`, [code, digest, owner]);
        if (taken.rows.some((row) => openApproval(row, rows) !== undefined)) return 'taken';
        // Rows that are none of ours make room.
        await run(`DELETE FROM ${table} WHERE code = ANY($1)`, [taken.rows.map((row) => row['code'])]);
        const waiting = await run(`SELECT count(*) AS n FROM ${table} WHERE owner = $1 AND state = 'waiting'`, [owner]);
        if (state === 'waiting' && Number(waiting.rows[0]?.['n']) >= mostWaiting) return 'full';
        const { changed } = await run(
          `INSERT INTO ${table} (code, owner, digest, state, expires_at, approval) VALUES ($1, $2, $3, $4, $5, $6)
            ON CONFLICT DO NOTHING`,
          [code, owner, digest, state, expiresAt, sealApproval(approval, rows)],
        );
        return changed === 1 ? 'inserted' : 'taken';
      });
    },
    async list(owner) {
      const waiting = await database.read(`${select} WHERE owner = $1 AND state = 'waiting' AND expires_at > $2`, [
        owner,
        clock.now(),
      ]);
      // Where nothing waits, no key is asked for.
      if (waiting.rows.length === 0) return [];
      const rows = await sealer();
      const approvals = waiting.rows.map((row) => openApproval(row, rows)).filter((one) => one !== undefined);
      return approvals.sort((a, b) => a.createdAt - b.createdAt);
    },
    async answer(code, owner, answer) {
      const rows = await sealer();
      return database.transaction(async (run) => {
        const waiting = await run(
          `${select} WHERE code = $1 AND owner = $2 AND state = 'waiting' AND expires_at > $3 FOR UPDATE`,
          [code, owner, clock.now()],
        );
        const approval = waiting.rows[0] && openApproval(waiting.rows[0], rows);
        if (approval === undefined) return false;
        const text = sealApproval({ ...approval, state: answer }, rows);
        await run(`UPDATE ${table} SET state = $2, approval = $3 WHERE code = $1`, [code, answer, text]);
        return true;
      });
    },
    async find(digest, owner) {
      const [row] = (await database.read(`${select} ${found}`, [digest, owner, clock.now()])).rows;
      return row && openApproval(row, await sealer());
    },
    async spend(digest, owner) {
      const rows = await sealer();
      return database.transaction(async (run) => {
        const [row] = (await run(`${select} ${found} FOR UPDATE`, [digest, owner, clock.now()])).rows;
        const approval = row && openApproval(row, rows);
        if (approval?.state !== 'approved') return undefined;
        await run(`DELETE FROM ${table} WHERE code = $1`, [approval.code]);
        return approval;
      });
    },
    async useUp(handle, expiresAt) {
      const { changed } = await database.write(
        `WITH gone AS (DELETE FROM ${table} WHERE expires_at <= $3 AND code <> $1)
          INSERT INTO ${table} AS kept (code, owner, digest, state, expires_at, approval)
          VALUES ($1, $2, '', 'used', $4, '{}')
          ON CONFLICT (code) DO UPDATE SET expires_at = $4 WHERE kept.expires_at <= $3`,
        [`handle:${handle}`, handleOwner, clock.now(), expiresAt],
      );
      return changed === 1;
    },
  };
}

/** Two calls of one owner count what waits one after the other. */
async function lockOwner(run: RunStatement, owner: string): Promise<void> {
  await run('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`tenantry approvals ${owner}`]);
}
