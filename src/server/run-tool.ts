import { randomUUID } from 'node:crypto';
import type { ProgressUpdate } from '../core/base/call-context.ts';
import { AppError } from '../core/base/errors.ts';
import { isRecord } from '../core/base/guards.ts';
import { fieldsOf } from '../core/base/schema-shape.ts';
import type { ConnectionRecord } from '../core/record/connection.ts';
import { compileProjection } from '../core/results/projection.ts';
import type { ToolOutcome } from '../core/results/tool-outcome.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { ToolContext, ToolDefinition } from '../tools/define-tool.ts';
import { type CallScope, observeCall, openCallScope } from './call-scope.ts';
import { parseArguments } from './parse-arguments.ts';
import { type CallState, errorResult, successResult, type ToolResult, withoutInvisible } from './tool-result.ts';

/** Who calls, how to stop, and who wants to hear of the progress. */
export interface ToolCallOptions {
  readonly caller: string;
  readonly signal: AbortSignal;
  readonly progress?: (update: ProgressUpdate) => void;
  /** `_meta` of the request; W3C trace context is read from it. */
  readonly meta?: Readonly<Record<string, unknown>>;
}

const defaultTimeoutMs = 60_000;
/** Tools without a `timeout` argument work in bulk, and their caller cannot ask for more time. */
const bulkTimeoutMs = 300_000;

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
  const { telemetry, clock } = runtime;
  const { caller, meta } = options;
  const state: CallState = { startedAt: clock.now(), caller, connection: undefined, scope: undefined };
  return observeCall({ tool: tool.name, telemetry, clock, meta }, async () => {
    try {
      const outcome = await perform(tool, input, options, runtime, state);
      return await successResult(outcome, state, runtime);
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
  const parsed = await parseArguments(tool.input, input, runtime.secrets);
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

/** A tool that works on connections themselves: the answer shows the one that it names, as it is afterwards. */
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

/** A failure that may be shown. What is not ours to show goes to the log, under the id that the caller gets. */
function toAppError(error: unknown, tool: ToolDefinition, state: CallState, runtime: Runtime): AppError {
  const reason: unknown = state.scope?.call.signal.reason;
  if (error instanceof AppError) {
    // Everything that waits answers `cancelled` when the signal aborts; the reason may be the deadline. After a
    // real cancellation the failure of the handler says more: what was made by then, and how to go on.
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
  return isRecord(value) ? value[name] : undefined;
}

function stringField(value: unknown, name: string): string | undefined {
  const field = fieldOf(value, name);
  return typeof field === 'string' ? field : undefined;
}
