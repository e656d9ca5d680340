import { isRecord } from '../base/guards.ts';
import { jsonBytes } from './member-sizes.ts';

/** CSV of as many of the first items as fit `room` bytes of the JSON that it stands in; one at least. */
export async function renderCsv(
  items: readonly unknown[],
  columns: readonly string[],
  room: number,
): Promise<{ csv: string; rows: number }> {
  const writer = await createCsvWriter(columns);
  let csv = items.length > 0 ? writer.header : '';
  let bytes = jsonBytes(csv);
  let rows = 0;
  for (const item of items) {
    const row = writer.row(item);
    bytes += jsonBytes(row) - 2;
    if (bytes > room && rows > 0) break;
    csv += row;
    rows += 1;
  }
  return { csv, rows };
}

/** CSV of all items, with a column for everything that any of them has. */
export async function csvText(items: readonly unknown[]): Promise<string> {
  const columns = new Set<string>();
  collectColumns(columns, items);
  return (await renderCsv(items, [...columns], Number.POSITIVE_INFINITY)).csv;
}

/** Items as flat rows of text: the columns in the order of their first appearance, and a cell for each of them. */
export function tableOf(items: readonly unknown[]): { readonly columns: string[]; readonly rows: string[][] } {
  const flat = items.map((item) => flatten(item));
  const columns = [...new Set(flat.flatMap((cells) => Object.keys(cells)))];
  return { columns, rows: flat.map((cells) => columns.map((name) => String(cells[name] ?? ''))) };
}

/** Column names in the order of their first appearance, collected while items pass by. */
export function collectColumns(columns: Set<string>, items: readonly unknown[]): void {
  for (const item of items) {
    for (const name of Object.keys(flatten(item))) columns.add(name);
  }
}

/** Writes items as rows of flattened columns, which they may lack; cells that a spreadsheet would run are defused. */
export async function createCsvWriter(columns: readonly string[]) {
  const { stringify } = await import('csv-stringify/sync');
  const options = {
    escape_formulas: true,
    // An empty line would be skipped by most readers.
    quoted_empty: columns.length === 1,
    cast: { boolean: (value: boolean) => String(value) },
  };
  return {
    header: stringify([columns], options),
    row: (item: unknown) => stringify([cellsOf(item, columns)], options),
    rows: (items: readonly unknown[]) =>
      stringify(
        items.map((item) => cellsOf(item, columns)),
        options,
      ),
  };
}

function cellsOf(item: unknown, columns: readonly string[]): Cell[] {
  const cells = flatten(item);
  return columns.map((name) => cells[name]);
}

type Cell = string | number | bigint | boolean | undefined;
/** Without a prototype: a column may be called `valueOf`. */
type Cells = Record<string, Cell>;

/** `{a: {b: 1}, c: [1, 2]}` becomes `{'a.b': 1, c: '1; 2'}`; lists of objects stay JSON. */
function flatten(item: unknown, prefix = '', into: Cells = Object.create(null)): Cells {
  if (!isRecord(item)) {
    into[prefix === '' ? 'value' : prefix] = toCell(item);
    return into;
  }
  for (const [key, value] of Object.entries(item)) {
    const name = prefix === '' ? key : `${prefix}.${key}`;
    if (isRecord(value)) {
      flatten(value, name, into);
    } else {
      into[name] = toCell(value);
    }
  }
  return into;
}

/** An integer that came as text, since a JavaScript number cannot hold it: no formula, whatever its sign. */
const bigNegative = /^-[1-9]\d{15,}$/;

function toCell(value: unknown): Cell {
  if (value === null || value === undefined) return undefined;
  if (typeof value === 'string' && bigNegative.test(value)) return BigInt(value);
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  if (Array.isArray(value) && value.every((one) => typeof one !== 'object' || one === null)) return value.join('; ');
  return JSON.stringify(value);
}
