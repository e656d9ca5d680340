import { AppError } from '../../base/errors.ts';
import type { Row, RunStatement } from '../postgres/postgres-database.ts';
import type { Keys } from '../storage.ts';
import { writeLines } from './export-lines.ts';
import { keyChecksOf, requireChecks } from './key-checks.ts';
import {
  type Cell,
  type CopiedRow,
  type CopiedTable,
  columnsOf,
  copiedTables,
  kindOf,
  type StoreTables,
} from './store-tables.ts';

/** Rows that are held at a time; receipts are long. */
const pageRows: Readonly<Record<CopiedTable, number>> = {
  secrets: 200,
  connections: 200,
  named_secrets: 200,
  receipts: 10,
};

/** How many rows of each table were carried. */
export type RowCounts = Readonly<Record<CopiedTable, number>>;

export interface ExportOptions {
  readonly tables: StoreTables;
  readonly keys: Keys;
  readonly signal: AbortSignal;
  /** Gets the text in parts. */
  readonly write: (text: string) => Promise<void>;
}

/** Writes everything that is carried, as of one moment. Throws `configuration` where the master key is another one. */
export async function exportStore({ tables, keys, signal, write }: ExportOptions): Promise<RowCounts> {
  const checks = await keyChecksOf(keys);
  const counts = { secrets: 0, connections: 0, named_secrets: 0, receipts: 0 };
  await tables.snapshot(async (run) => {
    await requireChecks(run, tables, checks);
    const rows = readAll(run, tables, (table) => {
      counts[table] += 1;
    });
    for await (const line of writeLines(rows, keys)) {
      if (signal.aborted) throw new AppError('cancelled', 'The export was interrupted: no file was made.');
      await write(line);
    }
  });
  return counts;
}

async function* readAll(
  run: RunStatement,
  tables: StoreTables,
  counted: (table: CopiedTable) => void,
): AsyncGenerator<CopiedRow> {
  for (const table of copiedTables) {
    for await (const row of readTable(run, tables, table)) {
      counted(table);
      yield { table, cells: columnsOf[table].map((column) => toCell(kindOf(table, column), row[column])) };
    }
  }
}

async function* readTable(run: RunStatement, tables: StoreTables, table: CopiedTable): AsyncGenerator<Row> {
  const keys = keyColumns(table, tables);
  const columns = [...new Set([...columnsOf[table], ...keys])].join(', ');
  const order = keys.join(', ');
  const after = `WHERE (${order}) > (${keys.map((_, nth) => `$${nth + 1}`).join(', ')})`;
  let last: readonly unknown[] = [];
  for (;;) {
    const { rows } = await run(
      `SELECT ${columns} FROM ${tables.names[table]} ${last.length === 0 ? '' : after} ORDER BY ${order} LIMIT ${pageRows[table]}`,
      last,
    );
    yield* rows;
    const end = rows.at(-1);
    if (end === undefined) return;
    last = keys.map((key) => end[key]);
  }
}

function keyColumns(table: CopiedTable, { receiptPlace }: StoreTables): readonly string[] {
  if (table === 'receipts') return [receiptPlace];
  if (table === 'named_secrets') return ['owner', 'name'];
  return [table === 'secrets' ? 'ref' : 'id'];
}

function toCell(kind: ReturnType<typeof kindOf>, value: unknown): Cell {
  if (kind === 'bytes') return value instanceof Uint8Array ? value : new Uint8Array();
  return kind === 'number' ? Number(value) : String(value);
}
