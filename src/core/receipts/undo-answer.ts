import { cleanJson } from '../base/clean-text.ts';
import { quoted } from '../base/plain-text.ts';
import type { UndoAnswer } from '../results/tool-outcome.ts';
import type { Receipt } from './receipt.ts';
import { undoCall } from './undo-call.ts';

/** Longest arguments that an answer carries, in bytes of JSON: more is read from the receipt. */
const longestArguments = 1_500;
/** Most requests in such arguments: more are longer anyway. */
const mostParts = 20;
/** Most reasons that an answer names. */
const mostReasons = 3;

/** What the answer to a write says about undoing it. */
export function undoAnswer(receipt: Receipt): UndoAnswer {
  const { id, parts } = receipt;
  const reasons = reasonsOf(receipt);
  const named = [
    ...reasons.slice(0, mostReasons),
    ...(reasons.length > mostReasons ? [`and ${reasons.length - mostReasons} more`] : []),
  ];
  if (parts.length === 0) return { receipt: id, impossible: named.join('; ') };
  const kept = named.length === 0 ? {} : { not_undone: named };
  const run = { receipt: id, run: `tenantry audit --undo ${id}`, ...kept };
  if (parts.length > mostParts) return run;
  const call = undoCall(receipt, parts);
  const json = JSON.stringify(call);
  // An answer drops characters that nobody sees: arguments with such ones would restore something else.
  const isWhole = Buffer.byteLength(json) <= longestArguments && cleanJson(json).removed === 0;
  return isWhole ? { receipt: id, ...call, ...kept } : run;
}

/** Why something of it cannot be undone; with several requests, of which. */
export function reasonsOf({ steps }: Pick<Receipt, 'steps'>): readonly string[] {
  const isOne = steps.length === 1;
  return steps.flatMap(({ id, reasons }) =>
    reasons.map((reason) => (isOne ? reason : `request ${quoted(id)}: ${reason}`)),
  );
}
