import type { DatabaseSync } from 'node:sqlite';
import type { Clock } from '../../base/clock.ts';
import { openRowSealer, type RowSealer } from '../row-sealer.ts';
import { handleOwner, openApproval, sealApproval } from '../sealed-approvals.ts';
import type { Approval, ApprovalStore, Keys } from '../storage.ts';
import type { LocalDatabase, Row } from './local-database.ts';

/**
 * Approvals in a table of the same file, sealed beside what they are found by: whoever can write the file can neither say
 * yes nor change what a person says yes to. A row whose seal does not fit is none.
 */
export function createSqliteApprovals(database: LocalDatabase, clock: Clock, keys: Keys): ApprovalStore {
  /** Under the key that the store has now. */
  const sealer = async () => {
    await keys.confirm();
    return openRowSealer(keys);
  };
  return {
    async insert(approval, mostWaiting) {
      const rows = await sealer();
      return database.write((db) => {
        forgetExpired(db, clock.now());
        if (isTaken(db, approval, rows)) return 'taken';
        if (approval.state === 'waiting' && countWaiting(db, approval.owner) >= mostWaiting) return 'full';
        insertRow(db, approval, rows);
        return 'inserted';
      });
    },
    async list(owner) {
      const found = await database.read((db) =>
        db
          .prepare("SELECT * FROM approvals WHERE owner = ? AND state = 'waiting' AND expires_at > ?")
          .all(owner, clock.now()),
      );
      // Where nothing waits, no key is asked for.
      if (found === undefined || found.length === 0) return [];
      const rows = await sealer();
      const approvals = found.map((row) => openApproval(row, rows)).filter((one) => one !== undefined);
      return approvals.sort((a, b) => a.createdAt - b.createdAt);
    },
    async answer(code, owner, answer) {
      const rows = await sealer();
      return database.write((db) => {
        const waiting = "code = ? AND owner = ? AND state = 'waiting' AND expires_at > ?";
        const row = db.prepare(`SELECT * FROM approvals WHERE ${waiting}`).get(code, owner, clock.now());
        const approval = row && openApproval(row, rows);
        if (approval === undefined) return false;
        const answered = { ...approval, state: answer };
        db.prepare('UPDATE approvals SET state = ?, approval = ? WHERE code = ?').run(
          answer,
          sealApproval(answered, rows),
          code,
        );
        return true;
      });
    },
    async find(digest, owner) {
      const row = await database.read((db) => findRow(db, digest, owner, clock.now()));
      return row && openApproval(row, await sealer());
    },
    async spend(digest, owner) {
      const row = await database.read((db) => findRow(db, digest, owner, clock.now()));
      if (row === undefined) return undefined;
      const rows = await sealer();
      return database.write((db) => {
        const found = findRow(db, digest, owner, clock.now());
        const approval = found && openApproval(found, rows);
        if (approval?.state !== 'approved') return undefined;
        db.prepare("DELETE FROM approvals WHERE digest = ? AND owner = ? AND state = 'approved'").run(digest, owner);
        return approval;
      });
    },
    useUp: (handle, expiresAt) =>
      database.write((db) => {
        forgetExpired(db, clock.now());
        const { changes } = db
          .prepare(
            "INSERT OR IGNORE INTO approvals (code, owner, digest, state, expires_at, approval) VALUES (?, ?, '', 'used', ?, '{}')",
          )
          .run(`handle:${handle}`, handleOwner, expiresAt);
        return Number(changes) === 1;
      }),
  };
}

function forgetExpired(db: DatabaseSync, now: number): void {
  db.prepare('DELETE FROM approvals WHERE expires_at <= ?').run(now);
}

/** Rows that are none of ours make room. */
function isTaken(db: DatabaseSync, { code, digest, owner }: Approval, rows: RowSealer): boolean {
  const taken = db
    .prepare('SELECT * FROM approvals WHERE code = ? OR (digest = ? AND owner = ?)')
    .all(code, digest, owner);
  const real = taken.filter((row) => openApproval(row, rows) !== undefined);
  for (const row of taken.filter((one) => !real.includes(one))) {
    db.prepare('DELETE FROM approvals WHERE code = ?').run(String(row['code']));
  }
  return real.length > 0;
}

function countWaiting(db: DatabaseSync, owner: string): number {
  const counted = db.prepare("SELECT count(*) AS n FROM approvals WHERE owner = ? AND state = 'waiting'").get(owner);
  return Number(counted?.['n']);
}

function insertRow(db: DatabaseSync, approval: Approval, rows: RowSealer): void {
  const { code, owner, digest, state, expiresAt } = approval;
  db.prepare('INSERT INTO approvals (code, owner, digest, state, expires_at, approval) VALUES (?, ?, ?, ?, ?, ?)').run(
    code,
    owner,
    digest,
    state,
    expiresAt,
    sealApproval(approval, rows),
  );
}

function findRow(db: DatabaseSync, digest: string, owner: string, now: number): Row | undefined {
  return db
    .prepare('SELECT * FROM approvals WHERE digest = ? AND owner = ? AND expires_at > ?')
    .get(digest, owner, now);
}
