import { randomUUID } from 'node:crypto';
import type { CallContext, ProgressUpdate } from '../core/base/call-context.ts';
import { errorBody, statusOf } from '../core/base/error-answer.ts';
import { AppError } from '../core/base/errors.ts';
import type { ConnectionRecord } from '../core/record/connection.ts';
import { resultUri } from '../core/results/create-list-collector.ts';
import { compileProjection } from '../core/results/projection.ts';
import type { ListState, ToolOutcome } from '../core/results/tool-outcome.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { ToolContext, ToolDefinition } from '../tools/define-tool.ts';
import { type CallScope, openCallScope } from './call-scope.ts';
import { withoutInvisible } from './clean-output.ts';
import { fitData } from './fit-result.ts';
import { observeCall } from './observe-call.ts';
import { parseInput } from './parse-input.ts';
import { rememberSecrets } from './remember-secrets.ts';
import { fieldsOf } from './schema-shape.ts';
import type { ToolResult } from './tool-result.ts';

/** Who calls, how to stop, and who wants to hear of the progress. */
export interface ToolCallOptions {
  readonly caller: string;
  readonly signal: AbortSignal;
  readonly progress?: (update: ProgressUpdate) => void;
  /** `_meta` of the request; W3C trace context is read from it. */
  readonly meta?: Readonly<Record<string, unknown>>;
}

/** What a call found out on its way; the envelope is built from it however the call ends. */
interface CallState {
  readonly startedAt: number;
  connection: ConnectionRecord | undefined;
  scope: CallScope | undefined;
}

const defaultTimeoutMs = 60_000;
/** Tools without a `timeout` argument work in bulk, and their caller cannot ask for more time. */
const bulkTimeoutMs = 300_000;
/** What the envelope around the data takes: connection, meta, notes, cursor. */
const envelopeBytes = 3_000;
/** Levels of keys that are ours: `response`, and `data` in it. */
const envelopeLevels = 2;
/** A list that the collector has cut comes out a little over its budget: names of fields, count, delta link. */
const slackBytes = 1_000;

/**
 * Runs one tool for stdio, HTTP and the command line alike: arguments, read-only rules, connection, deadline, handler,
 * envelope. The one place where a failure becomes an answer; it never throws.
 */
export async function runTool(
  tool: ToolDefinition,
  input: unknown,
  options: ToolCallOptions,
  runtime: Runtime,
): Promise<ToolResult> {
  const state: CallState = { startedAt: runtime.clock.now(), connection: undefined, scope: undefined };
  const { telemetry, clock } = runtime;
  return observeCall({ tool: tool.name, telemetry, clock, meta: options.meta }, async () => {
    try {
      const outcome = await perform(tool, input, options, runtime, state);
      return await successResult(outcome, state, options.caller, runtime);
    } catch (error) {
      return errorResult(toAppError(error, tool, state, runtime), state, runtime);
    } finally {
      state.scope?.end();
    }
  });
}

async function perform(
  tool: ToolDefinition,
  input: unknown,
  options: ToolCallOptions,
  runtime: Runtime,
  state: CallState,
): Promise<ToolOutcome> {
  if (runtime.configurationError) throw runtime.configurationError;
  const parsed = await parseInput(tool.input, input);
  rememberSecrets(parsed, runtime.secrets);
  // A projection that cannot work must not cost a request. In the DevOps tools `project` is a project.
  const project = tool.toolset === 'devops' ? undefined : stringField(parsed, 'project');
  if (project !== undefined) await compileProjection(project);
  if (runtime.config.readOnly && !tool.annotations.readOnlyHint) throw refusedByMode(tool);
  const scope = openScope(tool, parsed, options, runtime);
  state.scope = scope;
  const context: ToolContext = {
    call: scope.call,
    caller: options.caller,
    connections: runtime.connections,
    lists: runtime.lists,
    state: runtime.state,
    handles: runtime.handles,
    linkedServices: runtime.linkedServices,
    clock: runtime.clock,
  };
  if (!tool.bindsConnection) return runPlain(tool, parsed, context, scope, state);
  const record = await runtime.connections.get(stringField(parsed, 'connection') ?? '', options.caller);
  state.connection = record;
  if (record.access === 'read_only' && !tool.annotations.readOnlyHint) throw refusedByAccess(tool, record);
  if (record.status !== 'ready') throw notReady(record);
  const bound = { ...context, ...(await runtime.opener.open(record)) };
  return Promise.race([tool.run(accept(parsed), bound), scope.givenUp]);
}

/** A tool that works on connections themselves: the one that it names belongs into the answer, as it is afterwards. */
async function runPlain(
  tool: Extract<ToolDefinition, { bindsConnection: false }>,
  parsed: unknown,
  context: ToolContext,
  scope: CallScope,
  state: CallState,
): Promise<ToolOutcome> {
  const name = stringField(parsed, 'connection') ?? stringField(parsed, 'name');
  const find = async () => {
    const known = await context.connections.list(context.caller);
    return known.find((one) => one.name === name);
  };
  if (name !== undefined) state.connection = await find();
  const outcome = await Promise.race([tool.run(accept(parsed), context), scope.givenUp]);
  if (name !== undefined && !tool.annotations.readOnlyHint) state.connection = (await find()) ?? state.connection;
  return outcome;
}

/** `run` takes what its own schema has just produced; the registry cannot express which type that is. */
function accept(parsed: unknown): never {
  return parsed as never;
}

function openScope(tool: ToolDefinition, parsed: unknown, options: ToolCallOptions, runtime: Runtime): CallScope {
  const seconds = fieldOf(parsed, 'timeout');
  const usualMs = fieldsOf(tool.input)?.['timeout'] ? defaultTimeoutMs : bulkTimeoutMs;
  return openCallScope({
    clock: runtime.clock,
    signal: options.signal,
    timeoutMs: typeof seconds === 'number' ? seconds * 1_000 : usualMs,
    clientRequestId: stringField(parsed, 'correlation_id') ?? randomUUID(),
    ...(options.progress ? { progress: cleanProgress(options.progress, runtime) } : {}),
  });
}

/** Names of things in the tenant are in it, as they are in answers. */
function cleanProgress(
  send: (update: ProgressUpdate) => void,
  { secrets }: Pick<Runtime, 'secrets'>,
): (update: ProgressUpdate) => void {
  return (update) => {
    const { message } = update;
    send(message === undefined ? update : { ...update, message: secrets.mask(withoutInvisible(message)) });
  };
}

function refusedByMode(tool: ToolDefinition): AppError {
  return new AppError('refused', `The server runs in read-only mode, and ${tool.name} changes things.`, {
    hint: 'Ask the operator to start the server without --read-only (TENANTRY_READ_ONLY).',
  });
}

function refusedByAccess(tool: ToolDefinition, record: ConnectionRecord): AppError {
  return new AppError('refused', `The connection ${record.name} is read-only, and ${tool.name} changes things.`, {
    hint: 'Use a connection with access read_write; create_connection makes one with access: read_write.',
  });
}

function notReady(record: ConnectionRecord): AppError {
  const broken = record.origin === 'declared' ? record.checks.find(({ status }) => status === 'fail') : undefined;
  if (broken) {
    return new AppError('configuration', `The connection ${record.name} cannot be used. ${broken.detail}`, {
      hint: broken.hint ?? 'Correct its declaration in tenantry.yaml.',
    });
  }
  return new AppError('configuration', `The connection ${record.name} is ${record.status}: it has no identity yet.`, {
    hint: `Call complete_connection for ${record.name} first.`,
  });
}

async function successResult(
  outcome: ToolOutcome,
  state: CallState,
  caller: string,
  runtime: Runtime,
): Promise<ToolResult> {
  const result = outcomeResult(outcome, state, runtime);
  if (Buffer.byteLength(result.text) <= runtime.maxResultBytes + slackBytes) return result;
  return outcomeResult(await fitOutcome(outcome, state, caller, runtime), state, runtime);
}

function outcomeResult(outcome: ToolOutcome, state: CallState, runtime: Runtime): ToolResult {
  const success = outcome.success ?? true;
  const response = { success, status: outcome.status, data: outcome.data };
  return toResult(response, !success && (outcome.isError ?? true), state, runtime, outcome);
}

function errorResult(error: AppError, state: CallState, runtime: Runtime): ToolResult {
  const response = { success: false, status: statusOf(error), error: errorBody(error) };
  return toResult(response, true, state, runtime, undefined);
}

function toResult(
  response: Readonly<Record<string, unknown>>,
  isError: boolean,
  state: CallState,
  runtime: Runtime,
  outcome: ToolOutcome | undefined,
): ToolResult {
  const structured = { response, ...connectionBlock(state.connection), meta: metaBlock(state, runtime, outcome) };
  const raw = JSON.stringify(structured);
  const text = runtime.secrets.maskJson(withoutInvisible(raw), envelopeLevels);
  return {
    isError,
    // The text is JSON with characters taken out of strings or replaced in them: it parses to the same shape.
    structured: text === raw ? structured : (JSON.parse(text) as Record<string, unknown>),
    text,
    ...(outcome?.list?.result === undefined ? {} : { resultUri: outcome.list.result }),
  };
}

/** Stores what is too large and did not come through the list collector, and shows a part of it. */
async function fitOutcome(
  outcome: ToolOutcome,
  state: CallState,
  caller: string,
  runtime: Runtime,
): Promise<ToolOutcome> {
  const writer = await runtime.results.create();
  await writer.append([JSON.stringify(outcome.data) ?? 'null']);
  const connectionId = state.connection?.id ?? '';
  const stored = await writer.finish({ caller, connectionId, format: 'json' });
  const { data, note } = fitData(outcome.data, runtime.maxResultBytes - envelopeBytes);
  state.scope?.call.note(
    `The answer would be over ${runtime.maxResultBytes} bytes: ${note}, and meta.result has all of it. ` +
      'Ask for less to get it at once.',
  );
  const list = { ...outcome.list, items: outcome.list?.items ?? stored.items, complete: false };
  return { ...outcome, data, list: { ...list, result: resultUri(stored.id) } };
}

function connectionBlock(record: ConnectionRecord | undefined): Readonly<Record<string, unknown>> {
  if (!record) return {};
  const { tenant_id } = record.identity;
  return { connection: { name: record.name, ...(tenant_id ? { tenant_id } : {}), cloud: record.cloud } };
}

function metaBlock(
  state: CallState,
  runtime: Runtime,
  outcome: ToolOutcome | undefined,
): Readonly<Record<string, unknown>> {
  const call = state.scope?.call;
  const durationMs = Math.max(0, Math.round(runtime.clock.now() - state.startedAt));
  return { ...wireFacts(call), ...listFacts(outcome?.list), duration_ms: durationMs, ...notes(call) };
}

function wireFacts(call: CallContext | undefined): Readonly<Record<string, unknown>> {
  if (!call) return {};
  const { requestId, attempts, requests, pages } = call.record;
  return {
    ...(requestId === undefined ? {} : { request_id: requestId }),
    client_request_id: call.clientRequestId,
    ...(requests > 0 ? { attempts, requests } : {}),
    ...(pages > 0 ? { pages } : {}),
  };
}

function listFacts(list: ListState | undefined): Readonly<Record<string, unknown>> {
  if (!list) return {};
  const { items, complete, cursor, result } = list;
  return {
    items,
    complete,
    ...(cursor === undefined ? {} : { cursor }),
    ...(result === undefined ? {} : { result }),
  };
}

function notes(call: CallContext | undefined): Readonly<Record<string, unknown>> {
  return call && call.record.notes.length > 0 ? { notes: call.record.notes } : {};
}

/** A failure that may be shown. What is not ours to show goes to the log, under the id that the caller gets. */
function toAppError(error: unknown, tool: ToolDefinition, state: CallState, runtime: Runtime): AppError {
  const reason: unknown = state.scope?.call.signal.reason;
  if (error instanceof AppError) {
    // Everything that waits answers `cancelled` when the signal aborts; the reason may be the deadline. Where it is a
    // cancellation indeed, the failure of the handler says more: what was made by then, and how to go on.
    return error.code === 'cancelled' && reason instanceof AppError && reason.code !== 'cancelled' ? reason : error;
  }
  if (reason instanceof AppError) return reason;
  const reference = state.scope?.call.clientRequestId ?? randomUUID();
  runtime.logger.error('unexpected failure', { reference, tool: tool.name, error });
  return new AppError('upstream_error', `An unexpected failure, reference ${reference}.`, {
    hint: 'Look for the reference in the log of the server, and report it with the log line.',
  });
}

function fieldOf(value: unknown, name: string): unknown {
  // Tool inputs are objects: their schemas are strict objects.
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>)[name] : undefined;
}

function stringField(value: unknown, name: string): string | undefined {
  const field = fieldOf(value, name);
  return typeof field === 'string' ? field : undefined;
}
