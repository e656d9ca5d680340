import type { DatabaseSync } from 'node:sqlite';
import type { Clock } from '../../base/clock.ts';
import { checkReceiptSize, type ReceiptStore, receiptLimits, type StoredReceipt } from '../receipt-store.ts';
import type { LocalDatabase, Row } from './local-database.ts';

/** Receipts in a table of the same file, whose lock decides which of two changes is the first. */
export function createSqliteReceipts(database: LocalDatabase, clock: Clock): ReceiptStore {
  const forgetExpired = (db: DatabaseSync) => db.prepare('DELETE FROM receipts WHERE expires_at <= ?').run(clock.now());
  return {
    async insert(receipt) {
      checkReceiptSize(receipt);
      return database.write((db) => {
        forgetExpired(db);
        if (db.prepare('SELECT 1 FROM receipts WHERE id = ?').get(receipt.id) !== undefined) return false;
        const { id, owner, revision, expiresAt, sealed } = receipt;
        db.prepare('INSERT INTO receipts (id, owner, revision, expires_at, sealed) VALUES (?, ?, ?, ?, ?)').run(
          ...[id, owner, revision, expiresAt, sealed],
        );
        makeRoom(db, owner);
        return true;
      });
    },
    async find(id, owner) {
      const row = await database.read((db) =>
        db.prepare('SELECT * FROM receipts WHERE id = ? AND owner = ? AND expires_at > ?').get(id, owner, clock.now()),
      );
      return row && toReceipt(row);
    },
    async replace(receipt) {
      checkReceiptSize(receipt);
      const { id, owner, revision, sealed } = receipt;
      return database.write((db) => {
        const { changes } = db
          .prepare('UPDATE receipts SET revision = ?, sealed = ? WHERE id = ? AND owner = ? AND revision = ?')
          .run(revision, sealed, id, owner, revision - 1);
        return Number(changes) === 1;
      });
    },
    async remove(id, owner) {
      await database.write((db) => db.prepare('DELETE FROM receipts WHERE id = ? AND owner = ?').run(id, owner));
    },
    async sweep() {
      const isIdle = (await database.read((db) => db.prepare('SELECT 1 FROM receipts LIMIT 1').get())) === undefined;
      if (!isIdle) await database.write(forgetExpired);
    },
  };
}

/** The newest of an owner stay, as many as the limits allow. */
function makeRoom(db: DatabaseSync, owner: string): void {
  db.prepare(
    `DELETE FROM receipts WHERE rowid IN (
      SELECT rowid FROM (
        SELECT rowid, row_number() OVER newest AS place, sum(length(sealed)) OVER newest AS bytes
        FROM receipts WHERE owner = ? WINDOW newest AS (ORDER BY rowid DESC)
      ) WHERE place > ? OR bytes > ?
    )`,
  ).run(owner, receiptLimits.most, receiptLimits.mostBytesTogether);
}

function toReceipt(row: Row): StoredReceipt {
  return {
    id: String(row['id']),
    owner: String(row['owner']),
    revision: Number(row['revision']),
    expiresAt: Number(row['expires_at']),
    sealed: String(row['sealed']),
  };
}
