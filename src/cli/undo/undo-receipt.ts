import { randomUUID } from 'node:crypto';
import { localCaller } from '../../core/base/caller.ts';
import { AppError } from '../../core/base/errors.ts';
import { isRecord, textOf } from '../../core/base/guards.ts';
import { quoteNames } from '../../core/base/plain-text.ts';
import { checkConnection, claimUndo, findUndoable } from '../../core/receipts/begin-undo.ts';
import { finishUndo } from '../../core/receipts/finish-undo.ts';
import { lookAtUndo, type PartNow } from '../../core/receipts/look-at-undo.ts';
import type { Receipt, UndoPart } from '../../core/receipts/receipt.ts';
import { reasonsOf } from '../../core/receipts/undo-answer.ts';
import { undoCall } from '../../core/receipts/undo-call.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import { openCallScope } from '../../server/call-scope.ts';
import { runTool } from '../../server/run-tool.ts';
import type { ToolResult } from '../../server/tool-result.ts';
import { tools } from '../../tools/registry.ts';
import { terminalAuthority } from '../ask-terminal.ts';
import { requestOf, undoLines } from './undo-lines.ts';

export interface UndoOptions {
  /** Yes in advance: for scripts. */
  readonly yes?: boolean;
  /** With `yes`: also over what was changed since. */
  readonly force?: boolean;
  readonly signal: AbortSignal;
  /** Puts the question to the person; undefined where there is nobody. */
  readonly ask: (lines: readonly string[]) => Promise<boolean | undefined>;
}

/** What an undo has done, as `tenantry audit --undo` prints it. */
export interface UndoOutcome {
  readonly receipt: string;
  readonly outcome: 'undone' | 'partly' | 'failed' | 'nothing_to_do';
  readonly undone: readonly string[];
  /** What was as before already. */
  readonly already: readonly string[];
  readonly failed: ReadonlyArray<{ readonly request: string; readonly error: unknown }>;
  /** Why something of the write stays. */
  readonly not_undone: readonly string[];
}

/** Receipts that the person at this terminal may undo. */
const caller = localCaller;
/** How long reading the state may take. */
const lookMs = 10 * 60_000;

/**
 * Undoes the write of a receipt after the person's yes: looks at how its objects are now, shows the exact requests, and
 * sends them as an ordinary call of the tool. What it leaves, by a failure or a crash, can be undone again.
 */
export async function undoReceipt(id: string, options: UndoOptions, runtime: Runtime): Promise<UndoOutcome> {
  const { receipts, connections } = runtime;
  const receipt = await findUndoable(id, caller.id, runtime);
  checkConnection(receipt, await connections.find(receipt.connection.name, caller));
  const looked = await lookNow(receipt, options, runtime);
  const todo = looked.filter(({ standing }) => standing !== 'as_before');
  const already = looked.filter(({ standing }) => standing === 'as_before');
  if (todo.length === 0) return outcomeOf(receipt, already, []);
  await requireYes(undoLines(receipt, todo, already), todo, options);
  const claimed = await claimUndo(receipt, receipts, runtime.clock.now());
  const ends = await carryOut(claimed, todo, options, runtime);
  const done = ends.flatMap(({ part, error }) => (error === undefined ? [part] : []));
  await finishUndo(claimed, done, { receipts, now: runtime.clock.now() });
  return outcomeOf(receipt, already, ends);
}

async function lookNow(receipt: Receipt, { signal }: UndoOptions, runtime: Runtime): Promise<readonly PartNow[]> {
  const { clock, opener, connections } = runtime;
  const scope = openCallScope({
    caller,
    clock,
    signal,
    timeMs: lookMs,
    clientRequestId: randomUUID(),
    authority: terminalAuthority({ signal }),
  });
  try {
    const record = checkConnection(receipt, await connections.find(receipt.connection.name, caller));
    const { graph, arm } = await opener.open(record, caller);
    return await lookAtUndo(receipt, { graph, arm, call: scope.call, now: clock.now() });
  } finally {
    scope.end();
    scope.close();
  }
}

/** Throws `refused` without a yes. A yes in advance does not cover what somebody else has changed since. */
async function requireYes(
  lines: readonly string[],
  todo: readonly PartNow[],
  { yes, force, ask }: UndoOptions,
): Promise<void> {
  if (yes === true) {
    const over = todo.filter(({ standing }) => standing !== 'as_written').map(({ part }) => requestOf(part));
    if (over.length === 0 || force === true) return;
    throw new AppError(
      'refused',
      `Since the write something else was changed, or it cannot be read: ${quoteNames(over.slice(0, 5))}. Nothing was done.`,
      { hint: 'Run the command in a terminal to see what it is, or add --force to undo it all the same.' },
    );
  }
  const answer = await ask(lines);
  if (answer === true) return;
  throw answer === undefined
    ? new AppError('refused', 'An undo needs a yes, and there is no terminal to ask on. Nothing was done.', {
        hint: 'Run the command in a terminal, or add --yes to a script that may do it.',
      })
    : new AppError('refused', 'You did not say yes. Nothing was done.', {
        hint: 'Run the command again to answer otherwise.',
      });
}

/** How a part has ended. */
interface PartEnd {
  readonly part: UndoPart;
  readonly error?: unknown;
}

async function carryOut(
  receipt: Receipt,
  todo: readonly PartNow[],
  { signal }: UndoOptions,
  runtime: Runtime,
): Promise<readonly PartEnd[]> {
  const parts = todo.map(({ part }) => part);
  const call = undoCall(receipt, parts);
  const tool = tools.find(({ name }) => name === call.tool);
  if (tool === undefined) throw new Error(`There is no tool ${call.tool}.`);
  const rest = call.tool === 'graph_write' && parts.length > 1 ? { continue_on_error: true } : {};
  // What the person said yes to is exactly this.
  const authority = terminalAuthority({ yes: true, signal });
  const who = { caller, channel: 'terminal' as const, authority, undoes: receipt.id };
  const result = await runTool(tool, { ...call.arguments, ...rest }, { ...who, signal, whole: true }, runtime);
  // They are sent the last one first.
  return parts.toReversed().map((part, index) => {
    const end = errorOf(result, parts.length > 1 ? index : undefined);
    return { part, ...(isSoAlready(part, end.error) ? {} : end) };
  });
}

/** A reference that is to be taken out and is not there, or is to be added and is there. */
function isSoAlready({ method, look }: UndoPart, error: unknown): boolean {
  const code = method === 'DELETE' ? 'not_found' : 'conflict';
  return look.kind === 'member' && isRecord(error) && error['code'] === code;
}

/** The error of the whole call, or of one of its requests. */
function errorOf({ structured, isError }: ToolResult, index: number | undefined): { readonly error?: unknown } {
  const response = isRecord(structured['response']) ? structured['response'] : {};
  const data = isRecord(response['data']) ? response['data'] : {};
  const item: unknown = Array.isArray(data['responses']) && index !== undefined ? data['responses'][index] : undefined;
  if (isRecord(item)) return item['success'] === true ? {} : { error: item['error'] ?? { code: 'not_sent' } };
  if (response['error'] !== undefined) return { error: response['error'] };
  return isError || response['success'] === false ? { error: { code: 'upstream_error' } } : {};
}

function outcomeOf(receipt: Receipt, already: readonly PartNow[], ends: readonly PartEnd[]): UndoOutcome {
  const undone = ends.filter(({ error }) => error === undefined);
  const failed = ends.filter(({ error }) => error !== undefined);
  const outcome =
    ends.length === 0 ? 'nothing_to_do' : failed.length === 0 ? 'undone' : undone.length === 0 ? 'failed' : 'partly';
  return {
    receipt: receipt.id,
    outcome,
    undone: undone.map(({ part }) => requestOf(part)),
    already: already.map(({ part }) => requestOf(part)),
    failed: failed.map(({ part, error }) => ({ request: requestOf(part), error })),
    not_undone: reasonsOf(receipt),
  };
}

/** Whether an undo was stopped from outside. */
export function wasInterrupted({ failed }: UndoOutcome): boolean {
  return failed.some(({ error }) => isRecord(error) && textOf(error['code']) === 'cancelled');
}
