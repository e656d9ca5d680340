import type { Clock } from '../../base/clock.ts';
import { checkReceiptSize, type ReceiptStore, receiptLimits, type StoredReceipt } from '../receipt-store.ts';
import type { PostgresDatabase, Row } from './postgres-database.ts';

/** Receipts in a table that all nodes share. The limits hold for each owner. */
export function createPostgresReceipts(database: PostgresDatabase, clock: Clock): ReceiptStore {
  const table = `"${database.schema}".receipts`;
  return {
    async insert(receipt) {
      checkReceiptSize(receipt);
      const { id, owner, revision, expiresAt, sealed } = receipt;
      return database.transaction(async (run) => {
        await run(`DELETE FROM ${table} WHERE owner = $1 AND expires_at <= $2`, [owner, clock.now()]);
        const { changed } = await run(
          `INSERT INTO ${table} (id, owner, revision, expires_at, sealed) VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT DO NOTHING`,
          [id, owner, revision, expiresAt, sealed],
        );
        if (changed === 0) return false;
        // The newest stay, as many as the limits allow.
        await run(
          `DELETE FROM ${table} WHERE id IN (
            SELECT id FROM (
              SELECT id, row_number() OVER newest AS nth, sum(length(sealed)) OVER newest AS bytes
              FROM ${table} WHERE owner = $1 WINDOW newest AS (ORDER BY place DESC)
            ) AS kept WHERE nth > $2 OR bytes > $3
          )`,
          [owner, receiptLimits.most, receiptLimits.mostBytesTogether],
        );
        return true;
      });
    },
    async find(id, owner) {
      const { rows } = await database.read(`SELECT * FROM ${table} WHERE id = $1 AND owner = $2 AND expires_at > $3`, [
        id,
        owner,
        clock.now(),
      ]);
      return rows[0] && toReceipt(rows[0]);
    },
    async replace(receipt) {
      checkReceiptSize(receipt);
      const { id, owner, revision, sealed } = receipt;
      const { changed } = await database.write(
        `UPDATE ${table} SET revision = $3, sealed = $4 WHERE id = $1 AND owner = $2 AND revision = $3 - 1`,
        [id, owner, revision, sealed],
      );
      return changed === 1;
    },
    async remove(id, owner) {
      await database.write(`DELETE FROM ${table} WHERE id = $1 AND owner = $2`, [id, owner]);
    },
    async sweep() {
      await database.write(`DELETE FROM ${table} WHERE expires_at <= $1`, [clock.now()]);
    },
  };
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
