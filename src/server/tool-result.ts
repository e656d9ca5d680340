import type { Caller } from '../core/base/caller.ts';
import { cleanJson } from '../core/base/clean-text.ts';
import { counted } from '../core/base/counted.ts';
import { boundedErrorBody, statusOf } from '../core/base/error-answer.ts';
import type { AppError } from '../core/base/errors.ts';
import { withoutUndefined } from '../core/base/without-undefined.ts';
import { idOfConnections } from '../core/connections/choose-connections.ts';
import type { PersonQuestion } from '../core/policy/asking/question.ts';
import { type ConnectionRecord, tenantOf, unusualCloudOf } from '../core/record/connection.ts';
import { type AnswerBudget, errorBudget, fittingNotes } from '../core/results/answer-budget.ts';
import { resultUri } from '../core/results/create-list-collector.ts';
import { fitOutcome } from '../core/results/fit-outcome.ts';
import type { ListState, ToolOutcome } from '../core/results/tool-outcome.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { isOffered, isWriteInstead, nextCall } from '../tools/next-call.ts';
import type { CallScope } from './call-scope.ts';

/** What a call answers, before any protocol: the structured content, the same as text, and links. */
export interface ToolResult {
  readonly isError: boolean;
  readonly structured: Readonly<Record<string, unknown>>;
  /** `structured` as compact JSON. */
  readonly text: string;
  /** How the answer came about: for people and programs, and no concern of a model. */
  readonly diagnostics: Readonly<Record<string, unknown>>;
  /** Id of the connection of a call that works on one. */
  readonly connectionId?: string;
  /** Address and type of the stored result, when there is one. */
  readonly link?: ResultLink;
  /** What the caller's next sign-in must bring, as JSON, before the call can succeed. */
  readonly claims?: string;
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
  readonly caller: Caller;
  /** Whether the tool changes things. */
  readonly isWrite?: boolean;
  /** Whether errors say what only people and programs need. */
  readonly verbose?: boolean;
  /** Those that it works on: one, or several that are read together. Empty where it has none, or has not come so far. */
  connections: readonly ConnectionRecord[];
  /** The tool, and its arguments as they were meant, once they are known. */
  readonly tool?: string;
  args?: Readonly<Record<string, unknown>>;
  scope: CallScope | undefined;
  /** Bytes that the text of the answer may have. */
  budget: AnswerBudget;
}

/** The connection of a call that works on one. */
export function onlyConnection({ connections }: Pick<CallState, 'connections'>): ConnectionRecord | undefined {
  const [first, ...others] = connections;
  return others.length === 0 ? first : undefined;
}

/** Levels of keys that are ours: `response`, and `data` in it. */
const envelopeLevels = 2;

/** The answer of a handler in its envelope; what is too large is stored, and a part of it shown. */
export async function successResult(outcome: ToolOutcome, state: CallState, runtime: Runtime): Promise<ToolResult> {
  const { scope } = state;
  const result = outcomeResult(outcome, state, runtime);
  const budget = result.isError ? errorBudget(state.budget) : state.budget;
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
  const { verbose = false } = state;
  const response = {
    success: false,
    status: statusOf(error),
    error: boundedErrorBody(error, { verbose, next: nextOf(error, state, runtime) }),
  };
  const result = toResult(response, true, state, runtime, undefined);
  return error.claims === undefined ? result : { ...result, claims: error.claims };
}

/** The call to make instead, where this process and the connection let it be made at all. */
function nextOf({ instead }: AppError, { tool = '', args = {}, connections }: CallState, { config }: Runtime) {
  const [connection, ...others] = connections;
  if (instead === undefined || connection === undefined || others.length > 0) return undefined;
  const mayWrite = !config.readOnly && connection.access !== 'read_only';
  if (isWriteInstead(instead) && !mayWrite) return undefined;
  const next = nextCall(instead, { tool, args, connection: connection.name });
  return next && isOffered(next, config.toolsets) ? next : undefined;
}

function toResult(
  response: Readonly<Record<string, unknown>>,
  isError: boolean,
  state: CallState,
  runtime: Runtime,
  outcome: ToolOutcome | undefined,
): ToolResult {
  const list = outcome?.isUnfinished ? { complete: false, ...outcome.list } : outcome?.list;
  const build = () => ({
    response,
    ...connectionBlock(state, response, list),
    meta: metaBlock(state, list, outcome?.undo),
  });
  const { removed } = cleanJson(JSON.stringify(build()));
  if (removed > 0) {
    state.scope?.call.note(`${counted(removed, 'invisible character')} ${removed === 1 ? 'was' : 'were'} removed.`);
  }
  const link = linkOf(outcome);
  const connectionId = onlyConnection(state)?.id;
  return {
    isError,
    ...(connectionId === undefined ? {} : { connectionId }),
    ...shown(build(), runtime),
    diagnostics: shown(diagnosticsOf(state, runtime), runtime).structured,
    ...(link === undefined ? {} : { link }),
  };
}

/** Stores data as it is; resolves with its address. */
async function keepWhole(data: unknown, { caller, connections }: CallState, { results }: Runtime): Promise<string> {
  const writer = await results.create(caller.id);
  await writer.append([JSON.stringify(data) ?? 'null']);
  const { id } = await writer.finish({
    caller: caller.id,
    connectionId: connections.length > 1 ? idOfConnections(connections) : (connections[0]?.id ?? ''),
    from: connections.map(({ id }) => id),
    format: 'json',
  });
  return resultUri(id);
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
  return { uri, mimeType: uri.endsWith('.csv') ? 'text/csv' : 'application/json' };
}

/** Which connection answered; its tenant by id where something was changed or went wrong, and somebody may have to look. */
function connectionBlock(
  state: CallState,
  { success }: Readonly<Record<string, unknown>>,
  list: Partial<ListState> | undefined,
): Readonly<Record<string, unknown>> {
  const { isWrite = false } = state;
  const record = onlyConnection(state);
  // Of several, `meta.connections` says more.
  if (list?.connections !== undefined) return {};
  if (!record) return state.connections.length === 0 ? {} : { connection: { name: namesOf(state) } };
  const { name, identity } = record;
  return {
    connection: withoutUndefined({
      name,
      tenant: tenantOf(record),
      tenant_id: isWrite || success === false ? identity.tenant_id : undefined,
      cloud: unusualCloudOf(record),
    }),
  };
}

/** Most characters of the names of several connections. */
const mostNameLength = 300;

function namesOf({ connections }: Pick<CallState, 'connections'>): string {
  const names = connections.map(({ name }) => name).join(',');
  return names.length <= mostNameLength ? names : `${names.slice(0, mostNameLength)}…`;
}

function metaBlock({ scope, budget }: CallState, list: Partial<ListState> | undefined, undo: ToolOutcome['undo']) {
  const { notes = [] } = scope?.call.record ?? {};
  return withoutUndefined({
    complete: list?.complete,
    count: list?.count,
    total: list?.total,
    cursor: list?.cursor,
    result: list?.result,
    left_out: list?.leftOut,
    connections: list?.connections,
    undo,
    notes: notes.length > 0 ? fittingNotes(notes, budget) : undefined,
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
