import { invalidArgument } from '../base/errors.ts';
import { isRecord } from '../base/guards.ts';
import type { ExportFile } from '../storage/export-folder.ts';
import type { ExportFormat } from '../storage/export-name.ts';
import { CsvColumns, csvLine } from './csv-cells.ts';
import { type RowWidth, widenRows } from './widen-rows.ts';

/** Writes items into a file, as rows or lines. Memory stays flat in the number of items. */
export interface ItemSheet {
  add(items: readonly unknown[]): Promise<void>;
  /** Ends the text; resolves with the names of all columns, those of JSON being the members of its items. */
  end(): Promise<readonly string[]>;
}

/** More than any spreadsheet opens. */
const mostColumns = 16_384;

export function openItemSheet(format: ExportFormat, file: ExportFile): ItemSheet {
  switch (format) {
    case 'csv':
      return new CsvSheet(file);
    case 'ndjson':
      return jsonSheet(file, { start: '', between: '\n', end: '\n', empty: '' });
    case 'json':
      return jsonSheet(file, { start: '[\n', between: ',\n', end: '\n]\n', empty: '[]\n' });
  }
}

interface JsonMarks {
  readonly start: string;
  readonly between: string;
  readonly end: string;
  /** Without any item. */
  readonly empty: string;
}

function jsonSheet(file: ExportFile, { start, between, end, empty }: JsonMarks): ItemSheet {
  const members = new Set<string>();
  let isEmpty = true;
  return {
    async add(items) {
      if (items.length === 0) return;
      for (const item of items) {
        if (!isRecord(item)) continue;
        for (const name of Object.keys(item)) members.add(name);
      }
      checkColumns(members);
      // An item that JSON cannot express (undefined from a projection) is null, as it would be in an array.
      const lines = items.map((item) => JSON.stringify(item) ?? 'null').join(between);
      await file.write(`${isEmpty ? start : between}${lines}`);
      isEmpty = false;
    },
    async end() {
      await file.write(isEmpty ? empty : end);
      return [...members];
    },
  };
}

/** The columns are those of all items, whichever brings them: rows that came before get their empty cells at the end. */
class CsvSheet implements ItemSheet {
  readonly #file: ExportFile;
  readonly #columns = new CsvColumns();
  readonly #widths: RowWidth[] = [];
  /** Columns that the header in the file names; without any, it is an empty cell, as wide as that of one. */
  #headerColumns = 0;

  constructor(file: ExportFile) {
    this.#file = file;
  }

  async add(items: readonly unknown[]): Promise<void> {
    if (items.length === 0) return;
    const rows = items.map((item) => this.#columns.rowOf(item));
    checkColumns(this.#columns);
    const { columns } = this.#widths.at(-1) ?? {};
    const width = this.#width;
    if (columns === undefined) {
      this.#headerColumns = this.#columns.size;
      await this.#file.write(this.#header());
    }
    if (columns !== width) this.#widths.push({ offset: this.#file.bytes, columns: width });
    await this.#file.write(rows.map((row) => csvLine(row, width)).join(''));
  }

  async end(): Promise<readonly string[]> {
    if (this.#headerColumns !== this.#columns.size) {
      const whole = { header: this.#header(), columns: this.#width };
      await this.#file.rewrite((pieces) => widenRows(pieces, this.#widths, whole));
    }
    return this.#columns.names;
  }

  #header(): string {
    return csvLine(this.#columns.names, this.#width);
  }

  /** A row without columns is one empty cell. */
  get #width(): number {
    return Math.max(1, this.#columns.size);
  }
}

function checkColumns(columns: { readonly size: number }): void {
  if (columns.size <= mostColumns) return;
  throw invalidArgument(
    `save_as: the items have more than ${mostColumns} columns together.`,
    'Take the members that you need with project, such as value[].{id:id,name:displayName}.',
  );
}
