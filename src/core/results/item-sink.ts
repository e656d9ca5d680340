import { isRecord } from '../base/guards.ts';
import { withoutUndefined } from '../base/without-undefined.ts';
import type { ResultStore, ResultWriter } from '../storage/storage.ts';

/** The items to show, and where all of them are when they do not fit. */
export interface SunkItems {
  /** All items that went in. */
  readonly items: number;
  /** The first ones, as many as fit the budget. */
  readonly shown: readonly unknown[];
  /** The shown items as CSV text. */
  readonly csv?: string;
  readonly columns?: readonly string[];
  /** Set when not everything is shown; call `finish` on it. */
  readonly writer?: ResultWriter;
}

/**
 * Takes items page by page. Up to the budget they stay in memory; from then on all of them go to a stored result, and
 * only those that will be shown are kept.
 */
export class ItemSink {
  readonly #store: ResultStore;
  readonly #budget: number;
  readonly #format: 'json' | 'csv';
  readonly #columns = new Set<string>();
  #items = 0;
  #head: unknown[] = [];
  #headLines: string[] = [];
  #headBytes = 0;
  #writer: ResultWriter | undefined;

  constructor(store: ResultStore, budget: number, format: 'json' | 'csv') {
    this.#store = store;
    this.#budget = budget;
    this.#format = format;
  }

  get count(): number {
    return this.#items;
  }

  /** `json` is the page that the items are the `value` of, where there is one. */
  async add(items: readonly unknown[], json?: Buffer): Promise<void> {
    this.#items += items.length;
    if (this.#format === 'csv') collectColumns(this.#columns, items);
    if (this.#writer && json !== undefined) {
      await this.#writer.appendPage(json, items.length);
      return;
    }
    const lines = items.map(toLine);
    if (this.#writer) {
      await this.#writer.append(lines);
      return;
    }
    for (const [index, line] of lines.entries()) {
      this.#head.push(items[index]);
      this.#headLines.push(line);
      this.#headBytes += Buffer.byteLength(line) + 1;
    }
    // CSV repeats no names, so several times as much JSON fits.
    if (this.#headBytes > this.#budget * (this.#format === 'csv' ? 8 : 1)) await this.#startStoring();
  }

  /** Ends the intake. `beyond` are items that the caller did not ask to see yet: they are stored for a cursor. */
  async finish(beyond: readonly unknown[]): Promise<SunkItems> {
    if (this.#format === 'csv') collectColumns(this.#columns, beyond);
    const text = this.#format === 'csv' ? await renderCsv(this.#head, [...this.#columns], this.#budget) : undefined;
    const fitting = text ? text.rows : fittingItems(this.#head, this.#budget);
    if (fitting < this.#head.length || beyond.length > 0) await this.#startStoring();
    await this.#writer?.append(beyond.map(toLine));
    this.#items += beyond.length;
    return withoutUndefined({
      items: this.#items,
      shown: this.#head.slice(0, fitting),
      csv: text?.csv,
      columns: text && [...this.#columns],
      writer: this.#writer,
    });
  }

  async discard(): Promise<void> {
    await this.#writer?.discard();
  }

  async #startStoring(): Promise<void> {
    if (this.#writer) return;
    this.#writer = await this.#store.create();
    await this.#writer.append(this.#headLines);
    this.#headLines = [];
    if (this.#format === 'json') this.#head = this.#head.slice(0, fittingItems(this.#head, this.#budget));
  }
}

/** An item that JSON cannot express (undefined from a projection) is null, as it would be in an array. */
function toLine(item: unknown): string {
  return JSON.stringify(item) ?? 'null';
}

/** How many of the first items fit `budget` bytes of JSON; at least one when there is one. */
function fittingItems(items: readonly unknown[], budget: number): number {
  let bytes = 0;
  for (const [index, item] of items.entries()) {
    bytes += Buffer.byteLength(toLine(item)) + 1;
    if (bytes > budget && index > 0) return index;
  }
  return items.length;
}

/** CSV of as many of the first items as fit `budget` bytes. */
export async function renderCsv(
  items: readonly unknown[],
  columns: readonly string[],
  budget: number,
): Promise<{ csv: string; rows: number }> {
  const writer = await createCsvWriter(columns);
  let csv = items.length > 0 ? writer.header : '';
  let bytes = Buffer.byteLength(csv);
  let rows = 0;
  for (const item of items) {
    const row = writer.row(item);
    bytes += Buffer.byteLength(row);
    if (bytes > budget && rows > 0) break;
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
function collectColumns(columns: Set<string>, items: readonly unknown[]): void {
  for (const item of items) {
    for (const name of Object.keys(flatten(item))) columns.add(name);
  }
}

/** Writes items as rows of flattened columns, which they may lack; cells that a spreadsheet would run are defused. */
export async function createCsvWriter(columns: readonly string[]) {
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
