import { invalidArgument } from '../base/errors.ts';
import { isRecord } from '../base/guards.ts';
import type { ExportFile } from '../storage/export-folder.ts';
import type { ExportFormat } from '../storage/export-name.ts';
import { collectColumns, createCsvWriter } from './csv.ts';
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
  readonly #columns = new Set<string>();
  /** A row without columns is an empty line, which is one empty cell. */
  readonly #widths: RowWidth[] = [];
  #writer: Awaited<ReturnType<typeof createCsvWriter>> | undefined;

  constructor(file: ExportFile) {
    this.#file = file;
  }

  async add(items: readonly unknown[]): Promise<void> {
    if (items.length === 0) return;
    const before = this.#columns.size;
    collectColumns(this.#columns, items);
    checkColumns(this.#columns);
    if (this.#writer === undefined || this.#columns.size > before) {
      const isFirst = this.#writer === undefined;
      this.#writer = await createCsvWriter([...this.#columns]);
      if (isFirst) await this.#file.write(this.#writer.header);
      this.#widths.push({ offset: this.#file.bytes, columns: Math.max(1, this.#columns.size) });
    }
    await this.#file.write(this.#writer.rows(items));
  }

  async end(): Promise<readonly string[]> {
    const { header } = this.#writer ?? { header: '' };
    const columns = Math.max(1, this.#columns.size);
    if (this.#widths.length > 1) {
      await this.#file.rewrite((pieces) => widenRows(pieces, this.#widths, { header, columns }));
    }
    return [...this.#columns];
  }
}

function checkColumns(columns: ReadonlySet<string>): void {
  if (columns.size <= mostColumns) return;
  throw invalidArgument(
    `save_as: the items have more than ${mostColumns} columns together.`,
    'Take the members that you need with project, such as value[].{id:id,name:displayName}.',
  );
}
