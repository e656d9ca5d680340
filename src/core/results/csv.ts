/** Turns items into CSV with flattened columns; cells that a spreadsheet would run as a formula are defused. */
export interface CsvWriter {
  readonly header: string;
  row(item: unknown): string;
}

/** Column names in the order of their first appearance, collected while items pass by. */
export function collectColumns(columns: Set<string>, items: readonly unknown[]): void {
  for (const item of items) {
    for (const name of Object.keys(flatten(item))) columns.add(name);
  }
}

/** A writer for the given columns. Items may lack some of them. */
export async function createCsvWriter(columns: readonly string[]): Promise<CsvWriter> {
  const { stringify } = await import('csv-stringify/sync');
  const options = { escape_formulas: true, cast: { boolean: (value: boolean) => String(value) } };
  return {
    header: stringify([columns], options),
    row: (item) => {
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

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
