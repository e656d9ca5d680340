import { cleanJson } from '../core/base/clean-text.ts';
import { counted } from '../core/base/counted.ts';
import { boundedErrorBody, statusOf } from '../core/base/error-answer.ts';
import type { AppError } from '../core/base/errors.ts';
import { withoutUndefined } from '../core/base/without-undefined.ts';
import type { PersonQuestion } from '../core/policy/asking/question.ts';
import type { ConnectionRecord } from '../core/record/connection.ts';
import { type AnswerBudget, fittingNotes } from '../core/results/answer-budget.ts';
import { resultUri } from '../core/results/create-list-collector.ts';
import { fitOutcome } from '../core/results/fit-outcome.ts';
import type { ListState, ToolOutcome } from '../core/results/tool-outcome.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { CallScope } from './call-scope.ts';

/** What a call answers, before any protocol: the structured content, the same as text, and links. */
export interface ToolResult {
  readonly isError: boolean;
  readonly structured: Readonly<Record<string, unknown>>;
  /** `structured` as compact JSON. */
  readonly text: string;
  /** Address of the stored result, when there is one. */
  readonly resultUri?: string;
  /** Has to be answered before anything is done: put it to the person and run the call again. */
  readonly question?: PersonQuestion;
}

/** What a call has found out so far; the envelope is built from it however the call ends. */
export interface CallState {
  readonly startedAt: number;
  readonly caller: string;
  connection: ConnectionRecord | undefined;
  scope: CallScope | undefined;
  /** Bytes that the text of the answer may have. */
  budget: AnswerBudget;
}

/** Levels of keys that are ours: `response`, and `data` in it. */
const envelopeLevels = 2;

/** The answer of a handler in its envelope; what is too large is stored, and a part of it shown. */
export async function successResult(outcome: ToolOutcome, state: CallState, runtime: Runtime): Promise<ToolResult> {
  const { budget, scope } = state;
  const result = outcomeResult(outcome, state, runtime);
  if (Buffer.byteLength(result.text) <= budget.bytes) return result;
  const fitted = await fitOutcome(outcome, {
    budget,
    textBytes: (one) => Buffer.byteLength(outcomeResult(one, state, runtime).text),
    keep: (data) => keepWhole(data, state, runtime),
    note: (text) => scope?.call.note(text),
  });
  return outcomeResult(fitted, state, runtime);
}

function outcomeResult(outcome: ToolOutcome, state: CallState, runtime: Runtime): ToolResult {
  const success = outcome.success ?? true;
  const response = { success, status: outcome.status, data: outcome.data };
  return toResult(response, !success && (outcome.isError ?? true), state, runtime, outcome);
}

/** The same envelope around a failure. */
export function errorResult(error: AppError, state: CallState, runtime: Runtime): ToolResult {
  const response = { success: false, status: statusOf(error), error: boundedErrorBody(error) };
  return toResult(response, true, state, runtime, undefined);
}

function toResult(
  response: Readonly<Record<string, unknown>>,
  isError: boolean,
  state: CallState,
  runtime: Runtime,
  outcome: ToolOutcome | undefined,
): ToolResult {
  const build = () => ({
    response,
    ...connectionBlock(state.connection),
    meta: metaBlock(state, runtime, outcome?.list),
  });
  let structured = build();
  let raw = JSON.stringify(structured);
  let clean = cleanJson(raw);
  if (clean.removed > 0) {
    state.scope?.call.note(
      `${counted(clean.removed, 'invisible character')} ${clean.removed === 1 ? 'was' : 'were'} removed.`,
    );
    structured = build();
    raw = JSON.stringify(structured);
    clean = cleanJson(raw);
  }
  const text = runtime.secrets.maskJson(clean.text, envelopeLevels);
  return {
    isError,
    // The text is JSON in which only strings were changed: it parses to the same shape.
    structured: text === raw ? structured : (JSON.parse(text) as Record<string, unknown>),
    text,
    ...(outcome?.list?.result === undefined ? {} : { resultUri: outcome.list.result }),
  };
}

/** Stores data as it is; resolves with its address. */
async function keepWhole(data: unknown, { caller, connection }: CallState, { results }: Runtime): Promise<string> {
  const writer = await results.create();
  await writer.append([JSON.stringify(data) ?? 'null']);
  const { id } = await writer.finish({ caller, connectionId: connection?.id ?? '', format: 'json' });
  return resultUri(id);
}

function connectionBlock(record: ConnectionRecord | undefined): Readonly<Record<string, unknown>> {
  if (!record) return {};
  const { name, identity, cloud } = record;
  return { connection: withoutUndefined({ name, tenant_id: identity.tenant_id, cloud }) };
}

function metaBlock({ scope, startedAt, budget }: CallState, { clock }: Runtime, list: ListState | undefined) {
  const { requestId, attempts, requests = 0, pages = 0, notes = [] } = scope?.call.record ?? {};
  return withoutUndefined({
    request_id: requestId,
    client_request_id: scope?.call.clientRequestId,
    ...(requests > 0 ? { attempts, requests } : {}),
    pages: pages > 0 ? pages : undefined,
    complete: list?.complete,
    count: list?.count,
    total: list?.total,
    cursor: list?.cursor,
    result: list?.result,
    left_out: list?.leftOut,
    duration_ms: Math.max(0, Math.round(clock.now() - startedAt)),
    notes: notes.length > 0 ? fittingNotes(notes, budget) : undefined,
  });
}
