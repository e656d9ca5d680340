import { isRecord } from '../base/guards.ts';

/** What a table has in one place; undefined where it is empty. */
export type Cell = string | number | bigint | boolean | undefined;

/** The columns of a table, in the order of their first appearance. */
export class CsvColumns {
  readonly #places: Map<string, number>;
  readonly #isFixed: boolean;

  /** With names, no others are added: what an item has besides is left out. */
  constructor(names?: readonly string[]) {
    this.#places = new Map(names?.map((name, place) => [name, place]));
    this.#isFixed = names !== undefined;
  }

  get size(): number {
    return this.#places.size;
  }

  get names(): readonly string[] {
    return [...this.#places.keys()];
  }

  /** The cells of an item, each at the place of its column. Trailing ones may be missing. */
  rowOf(item: unknown): Cell[] {
    const row: Cell[] = [];
    this.#addCells(item, '', row);
    return row;
  }

  /** `{a: {b: 1}, c: [1, 2]}` becomes `a.b` and `c`, which is `1; 2`; lists of objects stay JSON. */
  #addCells(value: unknown, name: string, row: Cell[]): void {
    if (!isRecord(value)) {
      this.#put(name === '' ? 'value' : name, toCell(value), row);
      return;
    }
    for (const key of Object.keys(value)) {
      const child = value[key];
      const path = name === '' ? key : `${name}.${key}`;
      if (isRecord(child)) {
        this.#addCells(child, path, row);
      } else {
        this.#put(path, toCell(child), row);
      }
    }
  }

  #put(name: string, cell: Cell, row: Cell[]): void {
    const known = this.#places.get(name);
    if (known === undefined && this.#isFixed) return;
    const place = known ?? this.#places.size;
    if (known === undefined) this.#places.set(name, place);
    row[place] = cell;
  }
}

/** An integer that came as text, since a JavaScript number cannot hold it: no formula, whatever its sign. */
const bigNegative = /^-[1-9]\d{15,}$/;

function toCell(value: unknown): Cell {
  if (value === null || value === undefined) return undefined;
  if (typeof value === 'string') return value.startsWith('-') && bigNegative.test(value) ? BigInt(value) : value;
  if (typeof value === 'number' || typeof value === 'boolean') return value;
  if (Array.isArray(value) && value.every((one) => typeof one !== 'object' || one === null)) return value.join('; ');
  return JSON.stringify(value);
}

/** What spreadsheets run: https://owasp.org/www-community/attacks/CSV_Injection, with the wide forms of the same marks. */
const formula = /^[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]/;
const needsQuotes = /[",\n\r]/;

/** A line of a table with `width` columns, as in RFC 4180. Cells that a spreadsheet would run are defused. */
export function csvLine(row: readonly Cell[], width: number): string {
  // An empty line would be skipped by most readers.
  if (width === 1 && (row[0] === undefined || row[0] === '')) return '""\n';
  let line = '';
  for (let place = 0; place < width; place++) {
    const cell = row[place];
    if (place > 0) line += ',';
    if (cell === undefined) continue;
    line += typeof cell === 'string' ? csvText(cell) : String(cell);
  }
  return `${line}\n`;
}

function csvText(text: string): string {
  const safe = formula.test(text) ? `'${text}` : text;
  return needsQuotes.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
