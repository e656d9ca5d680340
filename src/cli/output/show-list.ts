import { cleanJson } from '../../core/base/clean-text.ts';
import { csvText } from '../../core/results/csv.ts';
import type { OutputFormat } from './output-format.ts';

/** A list that a command shows, in each form. */
export interface ShownList {
  /** What csv and ndjson have one line for. */
  readonly items: readonly unknown[];
  /** The whole answer as JSON. */
  readonly json: unknown;
  /** For people; called only for them. */
  readonly table: () => string;
}

/** The text for stdout, without a newline at its end. Nothing in it is a control of the terminal. */
export async function showList(format: OutputFormat, { items, json, table }: ShownList): Promise<string> {
  switch (format) {
    case 'table':
      return table();
    case 'json':
      return jsonText(json);
    case 'csv':
      return csvText(items).trimEnd();
    case 'ndjson':
      return ndjsonText(items);
  }
}

/** Indented for a person, on one line for a program. */
export function jsonText(value: unknown): string {
  const { text } = cleanJson(JSON.stringify(value) ?? 'null');
  return process.stdout.isTTY ? JSON.stringify(JSON.parse(text), null, 2) : text;
}

export function ndjsonText(items: readonly unknown[]): string {
  return items.map((item) => cleanJson(JSON.stringify(item) ?? 'null').text).join('\n');
}
