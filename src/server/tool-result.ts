import { cleanJson } from '../core/base/clean-text.ts';
import { counted } from '../core/base/counted.ts';
import { boundedErrorBody, statusOf } from '../core/base/error-answer.ts';
import type { AppError } from '../core/base/errors.ts';
import { isRecord } from '../core/base/guards.ts';
import { withoutUndefined } from '../core/base/without-undefined.ts';
import type { PersonQuestion } from '../core/policy/asking/question.ts';
import type { ConnectionRecord } from '../core/record/connection.ts';
import { resultUri } from '../core/results/create-list-collector.ts';
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
}

/** What the envelope around the data takes: connection, meta, notes, cursor. */
const envelopeBytes = 3_000;
/** Levels of keys that are ours: `response`, and `data` in it. */
const envelopeLevels = 2;
/** A list that the collector cut may be a little over its budget: names of fields, count, delta link. */
const slackBytes = 1_000;

/** The answer of a handler in its envelope; what is too large is stored, and a part of it shown. */
export async function successResult(outcome: ToolOutcome, state: CallState, runtime: Runtime): Promise<ToolResult> {
  const result = outcomeResult(outcome, state, runtime);
  if (Buffer.byteLength(result.text) <= runtime.maxResultBytes + slackBytes) return result;
  return outcomeResult(await fitOutcome(outcome, state, runtime), state, runtime);
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
    meta: metaBlock(state, runtime, outcome?.isUnfinished ? { complete: false, ...outcome.list } : outcome?.list),
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

/** Stores an answer that is too large and did not come through the list collector, and shows a part of it. */
async function fitOutcome(outcome: ToolOutcome, state: CallState, runtime: Runtime): Promise<ToolOutcome> {
  const writer = await runtime.results.create();
  await writer.append([JSON.stringify(outcome.data) ?? 'null']);
  const connectionId = state.connection?.id ?? '';
  const stored = await writer.finish({ caller: state.caller, connectionId, format: 'json' });
  const { data, note } = fitData(outcome.data, runtime.maxResultBytes - envelopeBytes);
  state.scope?.call.note(
    `The answer would be over ${runtime.maxResultBytes} bytes: ${note}. meta.result has the whole answer; ` +
      'ask for less to get it at once.',
  );
  const list = { ...outcome.list, items: outcome.list?.items ?? stored.items, complete: false };
  return { ...outcome, data, list: { ...list, result: resultUri(stored.id) } };
}

function connectionBlock(record: ConnectionRecord | undefined): Readonly<Record<string, unknown>> {
  if (!record) return {};
  const { name, identity, cloud } = record;
  return { connection: withoutUndefined({ name, tenant_id: identity.tenant_id, cloud }) };
}

function metaBlock({ scope, startedAt }: CallState, { clock }: Runtime, list: Partial<ListState> | undefined) {
  const { requestId, attempts, requests = 0, pages = 0, notes = [] } = scope?.call.record ?? {};
  return withoutUndefined({
    request_id: requestId,
    client_request_id: scope?.call.clientRequestId,
    ...(requests > 0 ? { attempts, requests } : {}),
    pages: pages > 0 ? pages : undefined,
    items: list?.items,
    complete: list?.complete,
    cursor: list?.cursor,
    result: list?.result,
    duration_ms: Math.max(0, Math.round(clock.now() - startedAt)),
    notes: notes.length > 0 ? notes : undefined,
  });
}

interface Fitted {
  readonly data: unknown;
  /** What was left out. */
  readonly note: string;
}

/**
 * Makes data fit an answer where it did not come through the list collector: shortens the longest array at its top, or
 * else long texts. The caller stores the whole and says so.
 */
function fitData(data: unknown, budget: number): Fitted {
  return (
    cutLongestArray(data, budget) ?? {
      data: shorten(data, Math.max(200, Math.floor(budget / 20)), 3),
      note: 'long texts end with …',
    }
  );
}

function cutLongestArray(data: unknown, budget: number): Fitted | undefined {
  if (!isRecord(data)) return undefined;
  const arrays = Object.entries(data).filter((entry): entry is [string, unknown[]] => Array.isArray(entry[1]));
  const sized = arrays.map(([key, array]) => ({ key, array, size: sizeOf(array) })).sort((a, b) => b.size - a.size);
  const longest = sized[0];
  if (!longest) return undefined;
  const room = budget - (sizeOf(data) - longest.size);
  let used = 2;
  let shown = 0;
  for (const entry of longest.array) {
    used += sizeOf(entry) + 1;
    if (used > room) break;
    shown += 1;
  }
  if (shown === 0) return undefined;
  return {
    data: { ...data, [longest.key]: longest.array.slice(0, shown) },
    note: `it holds the first ${shown} of ${counted(longest.array.length, 'entry', 'entries')}`,
  };
}

function shorten(value: unknown, longest: number, depth: number): unknown {
  if (typeof value === 'string') return value.length > longest ? `${value.slice(0, longest)}…` : value;
  if (typeof value !== 'object' || value === null) return value;
  if (depth === 0) return shorten(JSON.stringify(value), longest, 0);
  if (Array.isArray(value)) return value.slice(0, 5).map((one) => shorten(one, longest, depth - 1));
  const entries = Object.entries(value).slice(0, 20);
  return Object.fromEntries(entries.map(([key, child]) => [key, shorten(child, longest, depth - 1)]));
}

function sizeOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value) ?? 'null');
}
