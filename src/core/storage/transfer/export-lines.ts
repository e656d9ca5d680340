import { createHmac, type Hmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { AppError } from '../../base/errors.ts';
import type { Keys } from '../storage.ts';
import { type Cell, type CopiedRow, columnsOf, copiedTables, kindOf } from './store-tables.ts';

/*
 * An export is text, one JSON value a line: the head, a line for each row, and the end with the number of rows and a code
 * over everything before it. Secrets and receipts are in it as in the store, sealed. The code is made with the master
 * key, so that a file which was cut or changed is refused as a whole.
 */

const format = 'tenantry-export-1';
const headLine = z.strictObject({ format: z.string(), key: z.string() });
const rowLine = z.strictObject({ table: z.enum(copiedTables), cells: z.array(z.union([z.string(), z.number()])) });
const endLine = z.strictObject({ rows: z.number(), code: z.string() });

interface ExportKeys {
  readonly code: Buffer;
  /** Tells under which master key a file was made. */
  readonly check: string;
}

async function exportKeys(keys: Keys): Promise<ExportKeys> {
  const [code, check] = await Promise.all([keys.derive('store export'), keys.derive('store export check')]);
  return { code, check: check.toString('hex') };
}

/** The lines of an export, with their line ends. */
export async function* writeLines(rows: AsyncIterable<CopiedRow>, keys: Keys): AsyncGenerator<string> {
  const { code, check } = await exportKeys(keys);
  const mac = createHmac('sha256', code);
  const counted = (value: unknown) => {
    const line = `${JSON.stringify(value)}\n`;
    mac.update(line);
    return line;
  };
  yield counted({ format, key: check });
  let count = 0;
  for await (const { table, cells } of rows) {
    count += 1;
    const texts = cells.map((cell) => (cell instanceof Uint8Array ? Buffer.from(cell).toString('base64') : cell));
    yield counted({ table, cells: texts });
  }
  yield `${JSON.stringify({ rows: count, code: endCode(mac, count) })}\n`;
}

/**
 * The rows of an export. Only where it comes to its end without throwing is the file whole and unchanged: until then, do
 * nothing with them that cannot be undone. Throws `configuration` for a file of another master key, `invalid_argument` for
 * one that is no whole export.
 */
export async function* readLines(lines: AsyncIterable<string>, keys: Keys): AsyncGenerator<CopiedRow> {
  const { code, check } = await exportKeys(keys);
  const mac = createHmac('sha256', code);
  let count = -1;
  let isOver = false;
  for await (const line of lines) {
    if (isOver) throw notWhole();
    const value = parsed(line);
    if (count === -1) {
      requireHead(value, check);
    } else {
      const end = endLine.safeParse(value);
      isOver = end.success;
      if (end.success) {
        requireEnd(end.data, mac, count);
      } else {
        yield toRow(value);
      }
    }
    if (!isOver) mac.update(`${line}\n`);
    count += 1;
  }
  if (!isOver) throw notWhole();
}

function requireHead(value: unknown, check: string): void {
  const head = headLine.safeParse(value);
  if (!head.success) throw notWhole();
  if (head.data.format !== format) {
    throw new AppError('invalid_argument', 'The export was written by another version of Tenantry.', {
      hint: 'Import it with that version.',
    });
  }
  if (head.data.key === check) return;
  throw new AppError('configuration', 'The export was made under another master key than that of this store.', {
    hint: 'Give this store the master key of the one that was exported: store.master_key, or master.key in the home folder.',
  });
}

function requireEnd(end: z.infer<typeof endLine>, mac: Hmac, count: number): void {
  const [given, expected] = [Buffer.from(end.code), Buffer.from(endCode(mac, count))];
  if (given.length !== expected.length || !timingSafeEqual(given, expected) || end.rows !== count) throw notWhole();
}

function endCode(mac: Hmac, count: number): string {
  return mac.update(`rows ${count}`).digest('base64url');
}

function toRow(value: unknown): CopiedRow {
  const line = rowLine.safeParse(value);
  if (!line.success) throw notWhole();
  const { table, cells } = line.data;
  const columns = columnsOf[table];
  if (cells.length !== columns.length) throw notWhole();
  return { table, cells: columns.map((column, nth) => toCell(kindOf(table, column), cells[nth])) };
}

function toCell(kind: ReturnType<typeof kindOf>, value: string | number | undefined): Cell {
  if (kind === 'number' ? typeof value !== 'number' : typeof value !== 'string') throw notWhole();
  return kind === 'bytes' ? Buffer.from(String(value), 'base64') : (value ?? '');
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    throw notWhole();
  }
}

function notWhole(): AppError {
  return new AppError('invalid_argument', 'The file is no whole export: it was cut, changed, or is something else.', {
    hint: 'Nothing was changed. Make it again with tenantry store export.',
  });
}
