import type { DatabaseSync } from 'node:sqlite';
import type { Clock } from '../../base/clock.ts';
import type { Approval, ApprovalStore } from '../storage.ts';
import type { LocalDatabase, Row } from './local-database.ts';

/** Owner of the rows that remember used handles: no caller has this name. */
const handles = '';

/** Approvals in a table of the same file, as JSON beside what they are found by. */
export function createSqliteApprovals(database: LocalDatabase, clock: Clock): ApprovalStore {
  return {
    insert: (approval, mostWaiting) =>
      database.write((db) => {
        forgetExpired(db, clock.now());
        if (isTaken(db, approval)) return 'taken';
        if (approval.state === 'waiting' && countWaiting(db, approval.owner) >= mostWaiting) return 'full';
        insertRow(db, approval);
        return 'inserted';
      }),
    async list(owner) {
      const rows = await database.read((db) =>
        db
          .prepare("SELECT approval, state FROM approvals WHERE owner = ? AND state = 'waiting' AND expires_at > ?")
          .all(owner, clock.now()),
      );
      return (rows ?? []).map(parsed).sort((a, b) => a.createdAt - b.createdAt);
    },
    async answer(code, owner, answer) {
      const { changes } = await database.write((db) =>
        db
          .prepare(
            "UPDATE approvals SET state = ? WHERE code = ? AND owner = ? AND state = 'waiting' AND expires_at > ?",
          )
          .run(answer, code, owner, clock.now()),
      );
      return Number(changes) === 1;
    },
    async find(digest, owner) {
      const row = await database.read((db) => findRow(db, digest, owner, clock.now()));
      return row && parsed(row);
    },
    spend: (digest, owner) =>
      database.write((db) => {
        const row = findRow(db, digest, owner, clock.now());
        if (row?.['state'] !== 'approved') return undefined;
        db.prepare("DELETE FROM approvals WHERE digest = ? AND owner = ? AND state = 'approved'").run(digest, owner);
        return parsed(row);
      }),
    useUp: (handle, expiresAt) =>
      database.write((db) => {
        forgetExpired(db, clock.now());
        const { changes } = db
          .prepare(
            "INSERT OR IGNORE INTO approvals (code, owner, digest, state, expires_at, approval) VALUES (?, ?, '', 'used', ?, '{}')",
          )
          .run(`handle:${handle}`, handles, expiresAt);
        return Number(changes) === 1;
      }),
  };
}

function forgetExpired(db: DatabaseSync, now: number): void {
  db.prepare('DELETE FROM approvals WHERE expires_at <= ?').run(now);
}

function isTaken(db: DatabaseSync, { code, digest, owner }: Approval): boolean {
  const taken = db.prepare('SELECT 1 FROM approvals WHERE code = ? OR (digest = ? AND owner = ?)');
  return taken.get(code, digest, owner) !== undefined;
}

function countWaiting(db: DatabaseSync, owner: string): number {
  const counted = db.prepare("SELECT count(*) AS n FROM approvals WHERE owner = ? AND state = 'waiting'").get(owner);
  return Number(counted?.['n']);
}

function insertRow(db: DatabaseSync, approval: Approval): void {
  const { code, owner, digest, state, expiresAt } = approval;
  db.prepare('INSERT INTO approvals (code, owner, digest, state, expires_at, approval) VALUES (?, ?, ?, ?, ?, ?)').run(
    code,
    owner,
    digest,
    state,
    expiresAt,
    JSON.stringify(approval),
  );
}

function findRow(db: DatabaseSync, digest: string, owner: string, now: number): Row | undefined {
  return db
    .prepare('SELECT approval, state FROM approvals WHERE digest = ? AND owner = ? AND expires_at > ?')
    .get(digest, owner, now);
}

function parsed(row: Row): Approval {
  // Only `insertRow` writes this column; the state of the row is the newer one.
  const approval = JSON.parse(String(row['approval'])) as Approval;
  return { ...approval, state: row['state'] as Approval['state'] };
}
