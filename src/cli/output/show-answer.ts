import { shownLine } from '../../core/base/clean-text.ts';
import { counted } from '../../core/base/counted.ts';
import { isRecord } from '../../core/base/guards.ts';
import { csvText, tableOf } from '../../core/results/csv.ts';
import type { ToolResult } from '../../server/tool-result.ts';
import { answerInCommandWords } from './answer-in-command-words.ts';
import { type AnswerView, viewAnswer } from './answer-view.ts';
import { inCommandWords } from './command-words.ts';
import { connectionLines, nameOf } from './connection-text.ts';
import { itemTable } from './item-table.ts';
import type { OutputFormat } from './output-format.ts';
import { jsonText, ndjsonText } from './show-list.ts';
import { textTable, widthOf } from './text-table.ts';

/** What goes where: results to stdout, and what is said about them to stderr. Neither has a newline at its end. */
export interface ShownAnswer {
  readonly out?: string;
  readonly err?: string;
}

export interface ShowAnswerOptions {
  readonly format: OutputFormat;
  /** A model reads it: hints stay in words of tools. */
  readonly isAgent?: boolean;
  /** Columns of the terminal. */
  readonly width?: number | undefined;
  /** The command takes its arguments as flags. */
  readonly takesFlags?: boolean;
  /** The home goes with the process: no cursor leads anywhere afterwards. */
  readonly keepsNothing?: boolean;
  /** Shows the data of a particular tool to people; undefined where the answer is of another shape. */
  readonly table?: (answer: AnswerView, width: number | undefined) => string | undefined;
}

/** The answer of a tool in the form that was asked for. */
export async function showAnswer(result: ToolResult, options: ShowAnswerOptions): Promise<ShownAnswer> {
  const {
    format,
    isAgent = false,
    takesFlags = false,
    keepsNothing = false,
    width = widthOf(process.stdout),
  } = options;
  const structured = isAgent ? result.structured : answerInCommandWords(result.structured, takesFlags);
  if (format === 'json') return { out: isAgent ? result.text : jsonText(structured) };
  const answer = viewAnswer(result.isError, structured);
  const error = answer.at('response.error');
  if (format === 'table') {
    const lines = error === undefined ? dataText(answer, width, options.table) : errorLines(answer).join('\n');
    return { out: [lines, ...remarks(answer, keepsNothing)].filter((line) => line !== '').join('\n') };
  }
  const err = [...(error === undefined ? [] : errorLines(answer)), ...remarks(answer, keepsNothing)].join('\n');
  if (error !== undefined) return { err };
  const data = answer.at('response.data');
  // The tool has made CSV itself.
  const out = typeof data === 'string' ? data : format === 'csv' ? csvText(itemsOf(data)) : ndjsonText(itemsOf(data));
  return { out: out.replace(/\r?\n$/, ''), ...(err === '' ? {} : { err }) };
}

/** What is one row or line each: the items of a list, of a batch, or the object itself. */
function itemsOf(data: unknown): readonly unknown[] {
  const lists = isRecord(data) ? [data['value'], data['responses'], data['checks']] : [data];
  return lists.find((one) => Array.isArray(one)) ?? [data];
}

function errorLines(answer: AnswerView): readonly string[] {
  const of = (name: string) => answer.at(`response.error.${name}`);
  const words = (text: unknown) => shownLine(inCommandWords(String(text), nameOf(answer)));
  const hint = of('hint');
  return [`error: ${words(of('message'))}`, ...(hint === undefined ? [] : [`  ${words(hint)}`])];
}

function dataText(answer: AnswerView, width: number | undefined, table: ShowAnswerOptions['table']): string {
  const own = table?.(answer, width);
  if (own !== undefined) return own;
  const lines = answer.list('response.data.value').length > 1 ? undefined : connectionLines(answer);
  if (lines !== undefined) return lines.map(shownLine).join('\n');
  const data = answer.at('response.data');
  if (!isRecord(data) && !Array.isArray(data)) return shownBlock(data);
  const items = itemsOf(data);
  if (items.length === 1 && items[0] === data) return objectText(data, width);
  if (items.length === 0) return 'Nothing was found.';
  return itemTable(items, width);
}

/** One object: a line for each of its members. */
function objectText(data: unknown, width: number | undefined): string {
  const { columns, rows } = tableOf([data]);
  const [, ...lines] = textTable(
    ['', ''],
    columns.map((name, index) => [name, rows[0]?.[index] ?? '']),
    {
      width,
    },
  ).split('\n');
  return lines.join('\n');
}

/** A text, such as CSV or a count, with its lines. */
function shownBlock(data: unknown): string {
  return String(data ?? '')
    .split('\n')
    .map(shownLine)
    .join('\n');
}

/** Notes, and what is left of a list. */
function remarks(answer: AnswerView, keepsNothing: boolean): readonly string[] {
  const facts = answer.at('diagnostics');
  const diagnostics = isRecord(facts) ? Object.entries(facts).map(([name, value]) => `${name}: ${String(value)}`) : [];
  const notes = answer.notes().map((note) => inCommandWords(note, nameOf(answer)));
  const files = [...restOf(answer, keepsNothing), ...fileOf(answer, keepsNothing)];
  return [...notes, ...files, ...undoOf(answer, keepsNothing), ...diagnostics].map(shownLine);
}

/** How a write is undone, or why it cannot be. */
function undoOf(answer: AnswerView, keepsNothing: boolean): readonly string[] {
  const receipt = answer.at('meta.undo.receipt');
  if (typeof receipt !== 'string') return [];
  const impossible = answer.at('meta.undo.impossible');
  if (typeof impossible === 'string') return [`note: This cannot be undone: ${impossible}.`];
  return keepsNothing ? [] : [`note: Undo it with tenantry audit --undo ${receipt}.`];
}

/** A file of `save_as` that goes with the home. */
function fileOf(answer: AnswerView, keepsNothing: boolean): readonly string[] {
  const isSaved = typeof answer.at('response.data.path') === 'string' && answer.at('response.data.rows') !== undefined;
  return isSaved && keepsNothing
    ? ['note: --sandbox keeps nothing, and not this file either; with --home DIR it stays.']
    : [];
}

/** What a list lacks, and the way to it. */
function restOf(answer: AnswerView, keepsNothing: boolean): readonly string[] {
  if (answer.at('meta.complete') !== false) return [];
  const part = partOf(answer.at('meta.count'), answer.at('meta.total'));
  const cursor = answer.at('meta.cursor');
  if (typeof cursor !== 'string') return [`note: ${part}`];
  if (keepsNothing) return [`note: ${part} --sandbox keeps nothing to go on from; with --home DIR it does.`];
  return [`note: ${part} Go on with the same arguments and "cursor":"${cursor}".`];
}

function partOf(count: unknown, total: unknown): string {
  if (typeof count !== 'number') return 'This is not everything.';
  const these = count === 1 ? 'This is' : 'These are';
  return typeof total === 'number'
    ? `${these} ${count} of ${counted(total, 'item')}.`
    : `${these} ${counted(count, 'item')}, and there are more.`;
}
