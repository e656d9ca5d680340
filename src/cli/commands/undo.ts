import { shownLine } from '../../core/base/clean-text.ts';
import { member, textOf } from '../../core/base/guards.ts';
import { type AnswerFlags, askYesNo, isAgent } from '../ask-terminal.ts';
import { exitCodes } from '../exit-codes.ts';
import type { CommonFlags } from '../flags.ts';
import { formatOf, type OutputFlags } from '../output/output-format.ts';
import { startTenantry } from '../start-tenantry.ts';
import { type UndoOutcome, undoReceipt, wasInterrupted } from '../undo/undo-receipt.ts';
import { within } from '../until.ts';

export interface UndoFlags extends CommonFlags, AnswerFlags, OutputFlags {
  /** With `--yes`: also over what was changed since. */
  readonly force?: boolean;
}

/** `tenantry audit --undo ID`: undoes what a write did, after the yes of the person at the terminal. */
export async function runUndo(id: string, flags: UndoFlags, signal: AbortSignal): Promise<number> {
  if (isAgent(flags)) {
    process.stderr.write(
      'error: An undo needs a person’s yes: this command does not run for an agent (TENANTRY_AGENT, --agent). An agent sends the arguments of meta.undo.\n',
    );
    return exitCodes.toolError;
  }
  const tenantry = await startTenantry(flags);
  try {
    const { runtime } = tenantry;
    if (runtime.configurationError) throw runtime.configurationError;
    const ask = (lines: readonly string[]) => askYesNo(lines, signal);
    const outcome = await undoReceipt(id, { ...flags, signal, ask }, runtime);
    const text = formatOf(flags) === 'table' ? sentences(outcome) : [JSON.stringify(outcome)];
    for (const line of text) process.stdout.write(`${shownLine(line)}\n`);
    if (wasInterrupted(outcome)) return exitCodes.interrupted;
    return outcome.failed.length === 0 ? exitCodes.success : exitCodes.toolError;
  } finally {
    await within(2_000, tenantry.close());
  }
}

const heads: Readonly<Record<UndoOutcome['outcome'], string>> = {
  undone: 'Undone.',
  partly: 'Undone in part. Run the command again for the rest.',
  failed: 'Nothing was undone. The command can be run again.',
  nothing_to_do: 'Everything is as it was before the write: there is nothing to undo.',
};

function sentences({ outcome, undone, already, failed, not_undone: stays }: UndoOutcome): readonly string[] {
  return [
    heads[outcome],
    ...undone.map((request) => `  done: ${request}`),
    ...already.map((request) => `  as it was already: ${request}`),
    ...failed.map(({ request, error }) => `  FAILED: ${request}: ${messageOf(error)}`),
    ...stays.map((reason) => `  stays: ${reason}`),
  ];
}

function messageOf(error: unknown): string {
  return [member(error, 'message'), member(error, 'hint')].map(textOf).filter(Boolean).join(' ') || 'it was not sent';
}
