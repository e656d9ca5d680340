import { CsvColumns, csvLine } from './csv-cells.ts';
import { jsonBytes } from './member-sizes.ts';

/** CSV of as many of the first items as fit `room` bytes of the JSON that it stands in; one at least. */
export function renderCsv(
  items: readonly unknown[],
  columns: readonly string[],
  room: number,
): { csv: string; rows: number } {
  const writer = createCsvWriter(columns);
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
export function csvText(items: readonly unknown[]): string {
  const columns = new Set<string>();
  collectColumns(columns, items);
  return renderCsv(items, [...columns], Number.POSITIVE_INFINITY).csv;
}

/** Items as flat rows of text: the columns in the order of their first appearance, and a cell for each of them. */
export function tableOf(items: readonly unknown[]): { readonly columns: string[]; readonly rows: string[][] } {
  const columns = new CsvColumns();
  const flat = items.map((item) => columns.rowOf(item));
  const names = [...columns.names];
  return { columns: names, rows: flat.map((row) => names.map((_, place) => String(row[place] ?? ''))) };
}

/** Column names in the order of their first appearance, collected while items pass by. */
export function collectColumns(into: Set<string>, items: readonly unknown[]): void {
  const columns = new CsvColumns();
  for (const item of items) columns.rowOf(item);
  for (const name of columns.names) into.add(name);
}

/** Writes items as rows of flattened columns, which they may lack; cells that a spreadsheet would run are defused. */
export function createCsvWriter(names: readonly string[]) {
  const columns = new CsvColumns(names);
  const row = (item: unknown) => csvLine(columns.rowOf(item), names.length);
  return { header: csvLine(names, names.length), row };
}
