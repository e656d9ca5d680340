import { type AnswerBudget, roomsOf } from './answer-budget.ts';
import { type Fitted, fitValue, withShortTexts } from './fit-value.ts';
import { describeLeftOut } from './left-out.ts';
import { jsonBytes } from './member-sizes.ts';
import type { ListState, ToolOutcome } from './tool-outcome.ts';

export interface FitOutcomeOptions {
  readonly budget: AnswerBudget;
  /** Bytes of the whole text of an answer, envelope included. */
  readonly textBytes: (outcome: ToolOutcome) => number;
  /** Stores the data as it is; resolves with its address. */
  readonly keep: (data: unknown) => Promise<string>;
  readonly note: (text: string) => void;
}

/** Each try has less room by what the last one was over. */
const mostTries = 6;

/** An answer whose text is over the budget, within it: the whole is stored, and what is shown says what is missing. */
export async function fitOutcome(outcome: ToolOutcome, options: FitOutcomeOptions): Promise<ToolOutcome> {
  const { budget, textBytes } = options;
  const isPart = outcome.list?.cursor !== undefined;
  const result = outcome.list?.result ?? (isPart ? undefined : await options.keep(outcome.data));
  const rooms = roomsOf(budget);
  let fitted: Fitted = { data: null };
  let reduced = outcome;
  let room = rooms.columns;
  for (let tries = 0; tries < mostTries; tries++) {
    const { namesMembers } = budget;
    // A cursor counts on the items that were chosen for this answer: only their texts may go.
    fitted = isPart
      ? { data: withShortTexts(outcome.data, room), isShortened: true }
      : fitValue(outcome.data, { room, rows: Math.min(room, rooms.rows), namesMembers });
    reduced = withFitted(outcome, fitted, result);
    // The note is not in it yet.
    const over = textBytes(reduced) + Buffer.byteLength(noteOf(fitted, result)) + 4 - budget.bytes;
    if (over <= 0) break;
    room = Math.max(50, Math.min(room, jsonBytes(fitted.data)) - over - 50);
  }
  const note = noteOf(fitted, result);
  if (note !== '') options.note(note);
  return reduced;
}

function withFitted(
  outcome: ToolOutcome,
  { data, leftOut = {}, rows, isShortened }: Fitted,
  result: string | undefined,
) {
  const { list, membersWith } = outcome;
  const isList = list !== undefined && rows !== undefined;
  const described = describeLeftOut({ members: leftOut }, data, membersWith, isList) ?? list?.leftOut;
  const isComplete = list?.complete === true && rows === undefined && !isShortened;
  const state: ListState = {
    ...list,
    ...(rows === undefined ? {} : { count: rows.shown, total: list?.total ?? rows.of }),
    complete: isComplete,
    ...(result === undefined ? {} : { result }),
    ...(described === undefined ? {} : { leftOut: described }),
  };
  return { ...outcome, data, list: state };
}

/** What the answer lacks, as a note; empty where `meta.left_out` says it. */
function noteOf({ rows, isShortened }: Fitted, result: string | undefined): string {
  const whole = result === undefined ? '' : ' meta.result has the whole answer.';
  if (rows) return `The answer is too long: it holds the first ${rows.shown} of ${rows.of} entries.${whole}`;
  return isShortened ? `The answer is too long: texts in it end with …, and lists are cut.${whole}` : '';
}
