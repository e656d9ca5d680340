import { resealText } from '../../secrets/sealed-text.ts';
import type { Row } from '../postgres/postgres-database.ts';
import { receiptBinding } from '../receipt-store.ts';
import { recordPlace } from '../record-rows.ts';
import { openRow, type RowPlace, sealRow } from '../row-sealer.ts';
import { approvalPlace } from '../sealed-approvals.ts';
import type { KnownKey } from '../vault/key-ring.ts';
import { rewrapSecret } from '../vault/vault.ts';
import type { Cell } from './store-tables.ts';

/** Two master keys: that which rows are brought under, and that which they may still be under. */
export interface KeyPair {
  readonly to: KnownKey;
  readonly from: KnownKey;
}

/** What becomes of a row: its new cell, nothing, or nothing because neither key opens it. */
export type Resealed = Cell | 'current' | 'unreadable';

/** A table with something under the master key. */
export interface SealedTable {
  readonly name: 'secrets' | 'connections' | 'receipts' | 'approvals';
  /** The column by which a row is found, and in whose order rows are read. */
  readonly key: string;
  /** The column that is under the master key. */
  readonly sealed: string;
  /** Columns that are needed to open it, `key` and `sealed` among them. */
  readonly columns: readonly string[];
  /** Rows that are held at a time. */
  readonly pageRows: number;
  reseal(row: Row, keys: KeyPair): Resealed;
}

/** In the order in which a rotation goes through them: what cannot be had again comes first. */
export const sealedTables: readonly SealedTable[] = [
  {
    name: 'secrets',
    key: 'ref',
    sealed: 'sealed_key',
    columns: ['ref', 'connection_id', 'field', 'sealed_key'],
    pageRows: 200,
    reseal(row, { to, from }) {
      const [ref, binding] = [
        String(row['ref']),
        { connectionId: String(row['connection_id']), field: String(row['field']) },
      ];
      const given = row['sealed_key'];
      if (!(given instanceof Uint8Array)) return 'unreadable';
      const [sealed, target] = [Buffer.from(given), to.derive('vault')];
      if (rewrapSecret(target, target, binding, ref, sealed) !== undefined) return 'current';
      return rewrapSecret(from.derive('vault'), target, binding, ref, sealed) ?? 'unreadable';
    },
  },
  {
    name: 'connections',
    key: 'id',
    sealed: 'record',
    columns: ['id', 'owner', 'name', 'revision', 'record'],
    pageRows: 200,
    reseal: (row, keys) => resealRow(recordPlace(row), String(row['record']), keys),
  },
  {
    name: 'receipts',
    key: 'id',
    sealed: 'sealed',
    columns: ['id', 'owner', 'revision', 'expires_at', 'sealed'],
    pageRows: 10,
    reseal(row, { to, from }) {
      const [sealed, target] = [String(row['sealed']), to.derive('receipt')];
      const binding = receiptBinding({
        id: String(row['id']),
        owner: String(row['owner']),
        revision: Number(row['revision']),
        expiresAt: Number(row['expires_at']),
      });
      if (resealText(sealed, target, target, binding) !== undefined) return 'current';
      return resealText(sealed, from.derive('receipt'), target, binding) ?? 'unreadable';
    },
  },
  {
    name: 'approvals',
    key: 'code',
    sealed: 'approval',
    columns: ['code', 'owner', 'digest', 'state', 'expires_at', 'approval'],
    pageRows: 200,
    reseal(row, keys) {
      // Used handles are only remembered.
      return row['state'] === 'used' ? 'current' : resealRow(approvalPlace(row), String(row['approval']), keys);
    },
  },
];

function resealRow(place: RowPlace, sealed: string, { to, from }: KeyPair): Resealed {
  const target = to.derive('rows');
  if (openRow(target, place, sealed) !== undefined) return 'current';
  const text = openRow(from.derive('rows'), place, sealed);
  return text === undefined ? 'unreadable' : sealRow(target, place, text);
}
