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

/** Column names in the order of their first appearance, collected while items pass by. */
export function collectColumns(columns: Set<string>, items: readonly unknown[]): void {
  for (const item of items) {
    for (const name of Object.keys(flatten(item))) columns.add(name);
  }
}

/** Writes items as rows of flattened columns, which they may lack; cells that a spreadsheet would run are defused. */
async function createCsvWriter(columns: readonly string[]) {
  const { stringify } = await import('csv-stringify/sync');
  const options = { escape_formulas: true, cast: { boolean: (value: boolean) => String(value) } };
  return {
    header: stringify([columns], options),
    row: (item: unknown) => {
      const cells = flatten(item);
      return stringify([columns.map((name) => cells[name])], options);
    },
  };
}

type Cell = string | number | boolean | undefined;

/** `{a: {b: 1}, c: [1, 2]}` becomes `{'a.b': 1, c: '1; 2'}`; lists of objects stay JSON. */
function flatten(item: unknown, prefix = '', into: Record<string, Cell> = {}): Record<string, Cell> {
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

function toCell(value: unknown): Cell {
  if (value === null || value === undefined) return undefined;
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  if (Array.isArray(value) && value.every((one) => typeof one !== 'object' || one === null)) return value.join('; ');
  return JSON.stringify(value);
}
