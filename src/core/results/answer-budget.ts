import { isRecord, textOf } from '../base/guards.ts';

/** How many bytes of UTF-8 the text of an answer may have, and what the call has said about its data. */
export interface AnswerBudget {
  readonly bytes: number;
  /** The call says how much it wants, so an answer may be long and shows as many rows as fit. */
  readonly isAsked: boolean;
  /** The call names the members that it wants: none of them is left out, rows are. */
  readonly namesMembers: boolean;
}

/** Text of an answer to a call that does not say how much it wants: about 2,500 tokens. */
const unaskedBytes = 10_000;

export function unaskedBudget(mostBytes: number): AnswerBudget {
  return { bytes: Math.min(unaskedBytes, mostBytes), isAsked: false, namesMembers: false };
}

/** For people and files: everything, up to what is held in memory. */
export const wholeBudget: AnswerBudget = { bytes: 64 * 1024 * 1024, isAsked: true, namesMembers: true };

/** The same for an answer that is an error: hosts cut long ones, whatever was asked for. */
export function errorBudget(budget: AnswerBudget): AnswerBudget {
  return { ...budget, bytes: Math.min(unaskedBytes, budget.bytes) };
}

/** `max_result_bytes` is for calls that say how much they want, with `limit`, `$select`, `project`, `cursor` or `format`. */
export function answerBudget(args: unknown, mostBytes: number): AnswerBudget {
  if (!isRecord(args)) return unaskedBudget(mostBytes);
  const namesMembers =
    args['project'] !== undefined || hasSelect(args) || /\|\s*project\b/i.test(textOf(args['query']));
  const isAsked = namesMembers || ['limit', 'cursor', 'format'].some((name) => args[name] !== undefined);
  return isAsked ? { bytes: mostBytes, isAsked, namesMembers } : unaskedBudget(mostBytes);
}

const selectInAddress = /[?&](?:\$|%24)select=/i;

function hasSelect({ endpoint, path, params, requests }: Readonly<Record<string, unknown>>): boolean {
  if (isRecord(params) && Object.keys(params).some((name) => name.toLowerCase() === '$select')) return true;
  if (selectInAddress.test(textOf(endpoint)) || selectInAddress.test(textOf(path))) return true;
  return Array.isArray(requests) && requests.every((one) => isRecord(one) && selectInAddress.test(textOf(one['url'])));
}

/** Bytes that the data of an answer may take. */
export interface Rooms {
  /** Of data that is shown as it is. */
  readonly whole: number;
  /** Of what stays when members are left out. */
  readonly columns: number;
  /** Of the first rows of a list that does not fit in any way. */
  readonly rows: number;
}

/** What stands around the data: connection, `meta`, names of fields. */
const envelopeBytes = 500;

/**
 * A whole answer needs little beside its data. One that was cut says what is missing and how to go on, and masking may
 * lengthen it, so it has a quarter of the budget for that.
 */
export function roomsOf({ bytes, isAsked }: AnswerBudget, notes: readonly string[] = []): Rooms {
  const columns = Math.max(200, Math.floor(bytes * 0.75) - envelopeBytes);
  const said = Math.min(
    mostNoteBytes(bytes),
    notes.reduce((sum, note) => sum + Buffer.byteLength(note) + 3, 0),
  );
  const whole = Math.max(columns, bytes - envelopeBytes - Math.floor(bytes * 0.05) - said);
  return { whole, columns, rows: isAsked ? columns : Math.min(columns, Math.floor(bytes * 0.4) - 200) };
}

/** Bytes of JSON that the notes of an answer may take. */
function mostNoteBytes(bytes: number): number {
  return Math.floor(bytes * 0.15);
}

/** The notes that an answer has room for; a long one is cut, and what is left out is counted. */
export function fittingNotes(notes: readonly string[], { bytes }: Pick<AnswerBudget, 'bytes'>): readonly string[] {
  const room = mostNoteBytes(bytes);
  const sizes = notes.map((note) => Buffer.byteLength(JSON.stringify(note)) + 1);
  if (sizes.reduce((sum, size) => sum + size, 0) <= room) return notes;
  const shown: string[] = [];
  let left = room - 40;
  for (const [index, note] of notes.entries()) {
    const size = sizes[index] ?? 0;
    if (size > left && shown.length > 0) continue;
    shown.push(size > left ? shortened(note, left) : note);
    left -= Math.min(left, size);
  }
  const missing = notes.length - shown.length;
  return missing === 0 ? shown : [...shown, `${missing} more notes had no room.`];
}

/** The beginning of a text whose JSON has at most so many bytes. */
export function shortened(text: string, bytes: number): string {
  const fits = (length: number) =>
    Buffer.byteLength(JSON.stringify(`${text.slice(0, length).toWellFormed()}…`)) <= bytes;
  let [low, high] = [0, Math.min(text.length, bytes)];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (fits(middle)) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return low === text.length ? text : `${text.slice(0, low).toWellFormed()}…`;
}
