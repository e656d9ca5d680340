import type { RunStatement } from '../postgres/postgres-database.ts';
import type { KeyMarks } from '../vault/key-ring.ts';

/** What is carried from one store to another, in this order: a connection never comes before its secrets. */
export const copiedTables = ['secrets', 'connections', 'named_secrets', 'receipts'] as const;
export type CopiedTable = (typeof copiedTables)[number];

/** A value of a column: both databases take them as they are. */
export type Cell = string | number | Uint8Array;

/** Columns of each table, the same in both databases. */
export const columnsOf: Readonly<Record<CopiedTable, readonly string[]>> = {
  secrets: ['ref', 'connection_id', 'field', 'stored_at', 'sealed', 'sealed_key'],
  connections: ['id', 'owner', 'name', 'revision', 'record'],
  named_secrets: ['owner', 'name', 'secret'],
  receipts: ['id', 'owner', 'revision', 'expires_at', 'sealed'],
};

const numberColumns: ReadonlySet<string> = new Set(['revision', 'expires_at']);
const byteColumns: ReadonlySet<string> = new Set(['sealed', 'sealed_key']);

/** What a column holds; the seal of a receipt is text. */
export function kindOf(table: CopiedTable, column: string): 'number' | 'bytes' | 'text' {
  if (numberColumns.has(column)) return 'number';
  return table === 'secrets' && byteColumns.has(column) ? 'bytes' : 'text';
}

/** A row of a table, its cells in the order of `columnsOf`. */
export interface CopiedRow {
  readonly table: CopiedTable;
  readonly cells: readonly Cell[];
}

/** Version of the tables before and after they were brought to this one; 0 where there were none. */
export interface StoreVersions {
  readonly before: number;
  readonly after: number;
}

/** What a store says of itself. */
export interface StoreLook {
  /** Version of the tables; 0 where there are none. */
  readonly version: number;
  /** The version that this code works with: tables of a lower one are brought to it by the first call. */
  readonly wanted: number;
  /** How the connection to a server is encrypted, such as `TLSv1.3`; absent where it is not, or there is no server. */
  readonly tls?: string;
  readonly marks: KeyMarks;
}

/**
 * The tables of a store, for carrying them as a whole. Statements are written in what SQLite and PostgreSQL have in common,
 * with values as `$1`, `$2`.
 */
export interface StoreTables {
  /** How each table is called in statements. */
  readonly names: Readonly<Record<CopiedTable | 'meta' | 'approvals', string>>;
  /** The column that tells in which order receipts came. */
  readonly receiptPlace: string;
  /** Looks without making, changing or locking anything. */
  look(): Promise<StoreLook>;
  /** Makes the tables, or brings them to this version. */
  versions(): Promise<StoreVersions>;
  /** Runs `work` on the state of one moment, however long it reads, without stopping anybody who writes. */
  snapshot<T>(work: (run: RunStatement) => Promise<T>): Promise<T>;
  /** Runs `work` as one transaction: all of it happens or nothing. Throws `conflict` while another one goes on. */
  change<T>(work: (run: RunStatement) => Promise<T>): Promise<T>;
  /** Tells the other nodes, in the transaction, that connections were changed. */
  tell(run: RunStatement, ids: readonly string[]): Promise<void>;
}
