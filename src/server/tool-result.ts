import { cleanJson } from '../core/base/clean-text.ts';
import { counted } from '../core/base/counted.ts';
import { boundedErrorBody, statusOf } from '../core/base/error-answer.ts';
import type { AppError } from '../core/base/errors.ts';
import { isRecord } from '../core/base/guards.ts';
import { withoutUndefined } from '../core/base/without-undefined.ts';
import type { PersonQuestion } from '../core/policy/asking/question.ts';
import { type ConnectionRecord, tenantOf } from '../core/record/connection.ts';
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
  /** How the answer came about: for people and programs, and no concern of a model. */
  readonly diagnostics: Readonly<Record<string, unknown>>;
  /** Address and type of the stored result, when there is one. */
  readonly link?: ResultLink;
  /** Has to be answered before anything is done: put it to the person and run the call again. */
  readonly question?: PersonQuestion;
}

export interface ResultLink {
  readonly uri: string;
  readonly mimeType: string;
}

/** What a call has found out so far; the envelope is built from it however the call ends. */
export interface CallState {
  readonly startedAt: number;
  readonly caller: string;
  /** Whether the tool changes things. */
  readonly isWrite?: boolean;
  /** Whether errors say what only people and programs need. */
  readonly verbose?: boolean;
  connection: ConnectionRecord | undefined;
  scope: CallScope | undefined;
}

/** What the envelope around the data takes: connection, meta, notes, cursor. */
const envelopeBytes = 3_000;
/** The cloud that nobody has to be told about. */
const usualCloud = 'public';
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
  const { verbose = false } = state;
  const response = { success: false, status: statusOf(error), error: boundedErrorBody(error, { verbose }) };
  return toResult(response, true, state, runtime, undefined);
}

function toResult(
  response: Readonly<Record<string, unknown>>,
  isError: boolean,
  state: CallState,
  runtime: Runtime,
  outcome: ToolOutcome | undefined,
): ToolResult {
  const list = outcome?.isUnfinished ? { complete: false, ...outcome.list } : outcome?.list;
  const build = () => ({ response, ...connectionBlock(state, response), meta: metaBlock(state, list) });
  const { removed } = cleanJson(JSON.stringify(build()));
  if (removed > 0) {
    state.scope?.call.note(`${counted(removed, 'invisible character')} ${removed === 1 ? 'was' : 'were'} removed.`);
  }
  const link = linkOf(outcome);
  return {
    isError,
    ...shown(build(), runtime),
    diagnostics: shown(diagnosticsOf(state, runtime), runtime).structured,
    ...(link === undefined ? {} : { link }),
  };
}

/** The one door through which words leave: without what nobody sees, and without secrets. */
function shown(
  content: Readonly<Record<string, unknown>>,
  { secrets }: Pick<Runtime, 'secrets'>,
): Pick<ToolResult, 'structured' | 'text'> {
  const raw = JSON.stringify(content);
  const text = secrets.maskJson(cleanJson(raw).text, envelopeLevels);
  // The text is JSON in which only strings were changed: it parses to the same shape.
  return { text, structured: text === raw ? content : (JSON.parse(text) as Record<string, unknown>) };
}

function linkOf(outcome: ToolOutcome | undefined): ResultLink | undefined {
  const uri = outcome?.list?.result;
  if (uri === undefined) return undefined;
  return { uri, mimeType: 'application/json' };
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

/** Which connection answered; its tenant by id where something was changed or went wrong, and somebody may have to look. */
function connectionBlock(
  { connection: record, isWrite = false }: CallState,
  { success }: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  if (!record) return {};
  const { name, identity, cloud } = record;
  return {
    connection: withoutUndefined({
      name,
      tenant: tenantOf(record),
      tenant_id: isWrite || success === false ? identity.tenant_id : undefined,
      cloud: cloud === usualCloud ? undefined : cloud,
    }),
  };
}

function metaBlock({ scope }: CallState, list: Partial<ListState> | undefined) {
  const { notes = [] } = scope?.call.record ?? {};
  return withoutUndefined({
    items: list?.items,
    complete: list?.complete,
    cursor: list?.cursor,
    result: list?.result,
    notes: notes.length > 0 ? notes : undefined,
  });
}

function diagnosticsOf({ scope, startedAt }: CallState, { clock }: Runtime) {
  const { requestId, attempts, requests = 0, pages = 0 } = scope?.call.record ?? {};
  return withoutUndefined({
    request_id: requestId,
    client_request_id: scope?.call.clientRequestId,
    ...(requests > 0 ? { attempts, requests } : {}),
    pages: pages > 0 ? pages : undefined,
    duration_ms: Math.max(0, Math.round(clock.now() - startedAt)),
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
