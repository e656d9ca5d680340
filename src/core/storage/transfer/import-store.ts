import { AppError } from '../../base/errors.ts';
import { quoted } from '../../base/plain-text.ts';
import type { Row, RunStatement } from '../postgres/postgres-database.ts';
import type { Keys } from '../storage.ts';
import { readLines } from './export-lines.ts';
import { judge, keyOf } from './import-rules.ts';
import { fixChecks, keyChecksOf, requireChecks } from './key-checks.ts';
import { type Cell, type CopiedRow, type CopiedTable, columnsOf, type StoreTables } from './store-tables.ts';

/** Rows and characters of one statement. */
const batchRows = 200;
const batchLength = 1024 * 1024;
/** Names in the list of what stands in the way. */
const mostNames = 20;

export interface ImportOptions {
  readonly tables: StoreTables;
  readonly keys: Keys;
  readonly signal: AbortSignal;
  /** The file, without line ends. */
  readonly lines: AsyncIterable<string>;
  /** Whether what stands in the way is replaced. */
  readonly replace: boolean;
}

export interface ImportCounts {
  added: number;
  /** A later revision came, or what stood in the way was replaced. */
  replaced: number;
  /** It was there already, or a later revision of it. */
  kept: number;
}

/**
 * Carries an export into a store, in one transaction: a command that is killed, a file that turns out to be cut and a disk
 * that is full leave the store as it was, and the same command again does the rest. What is there already stays; the
 * later revision of a connection wins. Throws `conflict` with a list where other things have the same names.
 */
export async function importStore(options: ImportOptions): Promise<ImportCounts> {
  const { tables, keys, signal, lines } = options;
  const checks = await keyChecksOf(keys);
  const counts: ImportCounts = { added: 0, replaced: 0, kept: 0 };
  const inTheWay: string[] = [];
  await tables.change(async (run) => {
    await requireChecks(run, tables, checks);
    await fixChecks(run, tables, checks);
    for await (const batch of inBatches(readLines(lines, keys))) {
      if (signal.aborted) throw new AppError('cancelled', 'The import was interrupted: nothing was changed.');
      await putBatch(batch, { ...options, run, counts, inTheWay });
    }
    if (inTheWay.length > 0) throw namesTaken(inTheWay);
  });
  return counts;
}

/** Rows of one table at a time, each key once. */
async function* inBatches(rows: AsyncIterable<CopiedRow>): AsyncGenerator<readonly CopiedRow[]> {
  let batch: CopiedRow[] = [];
  let length = 0;
  for await (const row of rows) {
    if (batch.length >= batchRows || length > batchLength || (batch[0] && batch[0].table !== row.table)) {
      yield batch;
      batch = [];
      length = 0;
    }
    batch.push(row);
    length += row.cells.reduce<number>((sum, cell) => sum + (typeof cell === 'number' ? 8 : cell.length), 0);
  }
  if (batch.length > 0) yield batch;
}

interface Putting extends ImportOptions {
  readonly run: RunStatement;
  readonly counts: ImportCounts;
  /** What is named in the refusal; it grows. */
  readonly inTheWay: string[];
}

async function putBatch(batch: readonly CopiedRow[], putting: Putting): Promise<void> {
  const { run, tables, counts, inTheWay, replace } = putting;
  const table = batch[0]?.table;
  if (table === undefined) return;
  const there = await rowsInTheWay(table, batch, putting);
  const verdicts = batch.map((row) => ({ row, ...judge(row, there, replace) }));
  const gone = verdicts.flatMap(({ removes }) => removes);
  const puts = verdicts.filter(({ verdict }) => verdict === 'add' || verdict === 'replace').map(({ row }) => row);
  for (const { row, verdict } of verdicts) {
    if (verdict === 'refuse') inTheWay.push(nameOf(row));
    counts.kept += verdict === 'keep' ? 1 : 0;
    counts.added += verdict === 'add' ? 1 : 0;
    counts.replaced += verdict === 'replace' ? 1 : 0;
  }
  await removeRows(table, gone, putting);
  await insertRows(table, puts, putting);
  if (table !== 'connections' || puts.length === 0) return;
  await tables.tell(run, [...new Set([...gone, ...puts.map(({ cells }) => cells)].map(([id]) => String(id)))]);
}

/** The rows of the store that have a key or a name of these. */
async function rowsInTheWay(
  table: CopiedTable,
  batch: readonly CopiedRow[],
  { run, tables }: Putting,
): Promise<readonly (readonly unknown[])[]> {
  const columns = columnsOf[table];
  const ask = async (keys: readonly string[]): Promise<readonly Row[]> => {
    const places = keys.map((key) => columns.indexOf(key));
    const values = batch.flatMap(({ cells }) => places.map((place) => cells[place]));
    const tuples = batch.map((_, nth) => tupleOf(nth, keys.length)).join(', ');
    const select = `SELECT ${columns.join(', ')} FROM ${tables.names[table]}`;
    return (await run(`${select} WHERE (${keys.join(', ')}) IN (VALUES ${tuples})`, values)).rows;
  };
  const found = await ask(keyOf(table));
  const named = table === 'connections' ? await ask(['owner', 'name']) : [];
  return [...found, ...named].map((row) => columns.map((column) => row[column]));
}

async function removeRows(
  table: CopiedTable,
  rows: readonly (readonly unknown[])[],
  { run, tables }: Putting,
): Promise<void> {
  const keys = keyOf(table);
  const isKey = keys.map((key, nth) => `${key} = $${nth + 1}`).join(' AND ');
  for (const row of rows) {
    const values = keys.map((key) => row[columnsOf[table].indexOf(key)]);
    await run(`DELETE FROM ${tables.names[table]} WHERE ${isKey}`, values);
  }
}

async function insertRows(table: CopiedTable, rows: readonly CopiedRow[], { run, tables }: Putting): Promise<void> {
  if (rows.length === 0) return;
  const columns = columnsOf[table];
  const tuples = rows.map((_, nth) => tupleOf(nth, columns.length)).join(', ');
  const { changed } = await run(
    `INSERT INTO ${tables.names[table]} (${columns.join(', ')}) VALUES ${tuples} ON CONFLICT DO NOTHING`,
    rows.flatMap(({ cells }): Cell[] => [...cells]),
  );
  if (changed === rows.length) return;
  throw new AppError('conflict', 'The store was changed by somebody else during the import.', {
    hint: 'Nothing was changed. Run the command again.',
    retryable: true,
  });
}

/** `($3, $4)` for the second of rows with two values. */
function tupleOf(nth: number, width: number): string {
  return `(${Array.from({ length: width }, (_, column) => `$${nth * width + column + 1}`).join(', ')})`;
}

function nameOf({ table, cells }: CopiedRow): string {
  const [owner, name] = table === 'connections' ? [cells[1], cells[2]] : [cells[0], cells[1]];
  const noun = table === 'connections' ? 'connection' : 'secret';
  return `${noun} ${quoted(String(name))} of ${quoted(String(owner))}`;
}

function namesTaken(names: readonly string[]): AppError {
  const more = names.length > mostNames ? ` and ${names.length - mostNames} more` : '';
  const list = names.slice(0, mostNames).join(', ');
  return new AppError('conflict', `The store has other things with the same names: ${list}${more}.`, {
    hint: 'Nothing was changed. Delete or rename them, or import with --replace, which puts those of the file in their place.',
  });
}
