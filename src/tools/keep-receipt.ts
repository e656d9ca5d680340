import type { CallContext } from '../core/base/call-context.ts';
import { AppError } from '../core/base/errors.ts';
import { withoutUndefined } from '../core/base/without-undefined.ts';
import type { BatchItemResult } from '../core/http/batch/batch-item.ts';
import type { Receipt, ReceiptConnection, UndoPlan } from '../core/receipts/receipt.ts';
import { type StepEnd, settle, unsettled } from '../core/receipts/settle-receipt.ts';
import { undoAnswer } from '../core/receipts/undo-answer.ts';
import type { ToolOutcome } from '../core/results/tool-outcome.ts';
import type { ConnectionToolContext } from './define-tool.ts';

/** A write that may keep a receipt. */
export interface WriteToKeep {
  readonly tool: string;
  readonly undoTool: Receipt['undoTool'];
  /** Of the handler: a dry run with the same ones makes the write keep a receipt. */
  readonly args: unknown;
  /** Its requests, for where their state cannot be read. */
  readonly requests: ReadonlyArray<{ readonly id: string; readonly request: string }>;
  /** Reads what is there before the write. Sends no write. */
  readonly plan: (call: CallContext) => Promise<UndoPlan>;
}

/** Told how each request of a write has ended, as soon as that is known. */
export type ReportEnd = (id: string, end: StepEnd) => void;

/** A dry run, which makes the same write keep a receipt for ten minutes. */
export async function tried(
  { tool, args }: Pick<WriteToKeep, 'tool' | 'args'>,
  { receipts, caller, record: { id: connectionId } }: ConnectionToolContext,
  preview: Promise<ToolOutcome>,
): Promise<ToolOutcome> {
  const outcome = await preview;
  // Where it cannot be remembered, the write keeps nothing, as without a dry run.
  await receipts.noteDryRun({ tool, args, caller: caller.id, connectionId }).catch(() => undefined);
  return outcome;
}

/**
 * Sends a write, with a receipt where the operator wants one or a dry run was made: what is there is read and kept before
 * anything is sent, so that a crash leaves the receipt as well. Where policy asks for it and it cannot be kept, nothing is
 * sent. Otherwise no request is added.
 */
export async function withReceipt(
  write: WriteToKeep,
  context: ConnectionToolContext,
  send: (report: ReportEnd) => Promise<ToolOutcome>,
): Promise<ToolOutcome> {
  if (!(await isWanted(write, context))) return send(() => undefined);
  const plan = await planOf(write, context);
  const kept = await keep(write, plan, context);
  if (kept === undefined) return send(() => undefined);
  const { call, receipts } = context;
  call.record.receipt = kept.id;
  const ends = new Map<string, StepEnd>();
  try {
    const outcome = await send((id, end) => void ends.set(id, end));
    const settled = await close({ ...kept, ...settle(plan, ends) });
    return settled === undefined ? outcome : { ...outcome, undo: undoAnswer(settled) };
  } catch (error) {
    if (mayBeDone(error)) for (const { id } of plan.steps) if (!ends.has(id)) ends.set(id, 'unknown');
    const settled = await close({ ...kept, ...settle(plan, ends) });
    if (settled === undefined || !(error instanceof AppError)) throw error;
    throw error.with({ detail: { receipt: kept.id } });
  }

  async function close(receipt: Receipt): Promise<Receipt | undefined> {
    const isNothing = receipt.steps.every(({ outcome }) => outcome === 'failed');
    try {
      if (!isNothing) return (await receipts.replace(receipt)) ?? receipt;
      delete call.record.receipt;
      await receipts.forget(receipt);
      return undefined;
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      // As it was kept before the write it still serves: looks show what became of it.
      call.note('How the write ended could not be added to its receipt.');
      return isNothing ? undefined : receipt;
    }
  }
}

async function isWanted(
  { tool, args }: WriteToKeep,
  { guard, receipts, caller, record }: ConnectionToolContext,
): Promise<boolean> {
  if (guard.keepsReceipts) return true;
  return receipts.hadDryRun({ tool, args, caller: caller.id, connectionId: record.id }).catch(() => false);
}

/** How long the state may be read, and never longer than half of the time that the call has: the rest is for the write. */
const longestReadMs = 15_000;

/** What cannot be read stops no write: the answer says why it cannot be undone. */
async function planOf({ plan, requests }: WriteToKeep, { call, clock }: ConnectionToolContext): Promise<UndoPlan> {
  const now = clock.now();
  const readMs = Math.max(1, Math.floor(Math.min(longestReadMs, (call.deadlineAt - now) / 2)));
  const signal = AbortSignal.any([call.signal, AbortSignal.timeout(readMs)]);
  try {
    return await plan({ ...call, signal, deadlineAt: Math.min(call.deadlineAt, now + readMs) });
  } catch (error) {
    if (!(error instanceof AppError) || call.signal.aborted) throw error;
    const reasons = [`what was there before could not be read (${error.code})`];
    return {
      steps: requests.map((one) => ({ ...one, reasons })),
      parts: [],
      afterAnswer: () => ({ parts: [], reasons }),
    };
  }
}

async function keep(
  { tool, undoTool }: WriteToKeep,
  plan: UndoPlan,
  { receipts, guard, caller, record, clock, call }: ConnectionToolContext,
): Promise<Receipt | undefined> {
  const connection = connectionOf(record);
  const at = clock.now();
  try {
    return await receipts.keep({ owner: caller.id, connection, tool, undoTool, at, ...unsettled(plan) });
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    if (guard.keepsReceipts) {
      const message = `The operator wants a receipt of every write, and it cannot be kept. Nothing was sent. ${error.message}`;
      throw error.with({ message });
    }
    call.note('What was there before could not be kept: this write has no receipt.');
    return undefined;
  }
}

/** The connection as a receipt names it. */
function connectionOf({ id, name, cloud, identity }: ConnectionToolContext['record']): ReceiptConnection {
  const { tenant_id: tenantId, client_id: clientId } = identity;
  return { id, name, cloud, ...withoutUndefined({ tenantId, clientId }) };
}

/** Codes after which a write may have been done. */
const unclear: ReadonlySet<string> = new Set(['outcome_unknown', 'timeout', 'cancelled']);

function mayBeDone(error: unknown): boolean {
  return !(error instanceof AppError) || unclear.has(error.code) || error.detail?.['operation'] !== undefined;
}

/** How an item of a batch has ended. A refusal that the caller expected has changed nothing. */
export function endOfItem({ status, success, body, error }: BatchItemResult): StepEnd {
  if (error?.['code'] === 'outcome_unknown') return 'unknown';
  return success && status >= 200 && status < 300 ? { answer: { status, body } } : 'failed';
}
