import { randomUUID } from 'node:crypto';
import type { Authority, Channel } from '../core/base/authority.ts';
import type { ProgressUpdate } from '../core/base/call-context.ts';
import type { Caller } from '../core/base/caller.ts';
import { shownText } from '../core/base/clean-text.ts';
import { AppError } from '../core/base/errors.ts';
import { isRecord } from '../core/base/guards.ts';
import { withoutUndefined } from '../core/base/without-undefined.ts';
import type { Ended } from '../core/operations/job.ts';
import { AskPerson, type ClientAnswers } from '../core/policy/asking/question.ts';
import type { ConnectionRecord } from '../core/record/connection.ts';
import { keyOfNames, type NamedConnections, readConnectionNames } from '../core/record/connection-names.ts';
import { type AnswerBudget, answerBudget, unaskedBudget, wholeBudget } from '../core/results/answer-budget.ts';
import { compileProjection } from '../core/results/projection.ts';
import type { ToolOutcome } from '../core/results/tool-outcome.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { type CallArguments, splitCallArguments } from '../tools/call-arguments.ts';
import type { ToolDefinition } from '../tools/define-tool.ts';
import { auditEntryOf } from './audit-call.ts';
import { type CallManner, mannerOf } from './call-manner.ts';
import { type CallScope, observeCall, openCallScope } from './call-scope.ts';
import { createConnector, within } from './connect-call.ts';
import { orExpected } from './expected-outcome.ts';
import { requireRights, rightsOfTool } from './required-rights.ts';
import { runWork, type Work } from './run-work.ts';
import { parseArguments, type ToolArguments } from './tool-arguments.ts';
import { type BuiltContext, buildContext } from './tool-context.ts';
import { type CallState, errorResult, onlyConnection, successResult, type ToolResult } from './tool-result.ts';

/** Who calls, how to stop the call, and where its progress goes. */
export interface ToolCallOptions {
  readonly caller: Caller;
  /** Who speaks, where it is not an agent. */
  readonly authority?: Authority;
  /** Where an agent's call came in. Default stdio. */
  readonly channel?: Channel;
  /** What the agent's client can ask its person; absent where there is nobody to ask. */
  readonly client?: ClientAnswers;
  readonly signal: AbortSignal;
  readonly progress?: (update: ProgressUpdate) => void;
  /** `_meta` of the request; W3C trace context is read from it. */
  readonly meta?: Readonly<Record<string, unknown>>;
  /** Whether an error also says what only people and programs need: address, words and status of the service. */
  readonly verbose?: boolean;
  /** Id of the receipt whose write the call undoes, for the audit log. */
  readonly undoes?: string;
  /** No model reads the answer: it is as long as its data. */
  readonly whole?: boolean;
}

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
  const { caller, meta, verbose = false } = options;
  const state: CallState = {
    startedAt: clock.now(),
    caller,
    isWrite: !tool.annotations.readOnlyHint,
    verbose,
    tool: tool.name,
    connections: [],
    scope: undefined,
    budget: unaskedBudget(runtime.maxResultBytes),
  };
  const unfollow = showDeviceCodes(input, options, runtime, state);
  const result = await observeCall({ tool: tool.name, telemetry, clock, meta }, async () => {
    try {
      const outcome = await perform(tool, input, options, runtime, state);
      return await successResult(outcome, state, runtime);
    } catch (error) {
      if (error instanceof AskPerson) return { ...waiting(state, runtime), question: error.question };
      return errorResult(toAppError(error, tool, state, runtime), state, runtime);
    } finally {
      unfollow();
      state.scope?.end();
    }
  });
  runtime.audit.append(auditEntryOf(tool.name, input, options, state, result));
  return result;
}

/** While the call waits for somebody to sign in, its client can open the page with the code. */
function showDeviceCodes(
  input: unknown,
  { authority, caller }: ToolCallOptions,
  { deviceCodes }: Runtime,
  state: CallState,
): () => void {
  const name = stringField(input, 'connection');
  if (deviceCodes === undefined || name === undefined) return () => undefined;
  return deviceCodes.follow(name, caller, (page) => {
    state.scope?.call.note(`${page.message} A person has to do that, at ${page.url} or where stderr is shown.`);
    // Not every client can be asked while a call runs.
    void authority?.showPage(page).catch(() => false);
  });
}

/** Stands for a call that has to ask first; shown only where nobody puts the question to a person. */
function waiting(state: CallState, runtime: Runtime): ToolResult {
  const error = new AppError('refused', 'A person has to say yes first. Nothing was done.', {
    hint: 'Send the call again, and have the person answer.',
  });
  return errorResult(error, state, runtime);
}

async function perform(
  tool: ToolDefinition,
  input: unknown,
  options: ToolCallOptions,
  runtime: Runtime,
  state: CallState,
): Promise<ToolOutcome> {
  if (runtime.configurationError) throw runtime.configurationError;
  requireRights(tool.name, rightsOfTool(tool), options.caller);
  const {
    meant,
    parsed: all,
    notes,
  } = await parseArguments(tool, input, {
    known: runtime.secrets,
    offerConnections: (given) => runtime.connections.offer(given, options.caller),
  });
  state.args = meant;
  const { own: parsed, forCall } = splitCallArguments(all);
  // An invalid projection must not cost a request. In the DevOps tools `project` is a project.
  const project = tool.toolset === 'devops' ? undefined : stringField(parsed, 'project');
  const projection = project === undefined ? undefined : await compileProjection(project);
  if (runtime.config.readOnly && !tool.annotations.readOnlyHint) throw refusedByMode(tool);
  const { caller, authority, channel = 'stdio', whole = false } = options;
  const budgetOf = (mostBytes: number): AnswerBudget =>
    whole ? wholeBudget : answerBudget({ ...meant, project }, mostBytes);
  state.budget = budgetOf(runtime.maxResultBytes);
  const isWholeList =
    projection?.perPage === false ||
    stringField(parsed, 'count_by') !== undefined ||
    stringField(parsed, 'save_as') !== undefined;
  const manner = mannerOf({ tool, parsed: all, authority, channel, isWholeList });
  const scope = openScope(tool, { parsed, forCall, meant, manner }, options, runtime, state);
  state.scope = scope;
  for (const note of notes) scope.call.note(note);
  const connect = createConnector({ tool, caller, scope, runtime, state, budgetOf });
  const built = buildContext({
    caller,
    channel,
    scope,
    runtime,
    connect,
    expectedOutcomes: forCall.expected_outcomes,
    budget: () => state.budget,
  });
  // The line at the answer cannot know it: one more tells how the call ended.
  const onLateEnd = (ended: Ended<ToolOutcome>) => {
    const late = 'error' in ended ? { code: toAppError(ended.error, tool, state, runtime).code } : undefined;
    const response =
      late === undefined && 'outcome' in ended ? { success: ended.outcome.success ?? true } : { error: late };
    const result = { structured: { response }, isError: late !== undefined };
    runtime.audit.append(auditEntryOf(tool.name, input, options, state, result));
  };
  const common = { tool, args: withoutConfirm(meant), caller, scope, ...manner, onLateEnd };
  const given = accept(withoutConfirm(parsed));
  if (!tool.bindsConnection) {
    const name = stringField(parsed, 'connection') ?? stringField(parsed, 'name');
    const find = async () => (name === undefined ? undefined : runtime.connections.find(name, caller));
    // A connection that cannot be read does not stop the tool that removes it; every other one says what is wrong.
    const known = await within(
      scope,
      find().catch(() => undefined),
    );
    state.connections = known === undefined ? [] : [known];
    const work = { ...common, connectionId: known?.id ?? name ?? '', context: undefined };
    const run = () => orExpected(tool, built.context, () => tool.run(given, built.context));
    return runWork(work, () => runPlain(run(), { tool, find, state }), runtime);
  }
  const named = readConnectionNames(stringField(parsed, 'connection') ?? '');
  if (named.kind !== 'one') return runSeveral({ ...common, named, built, given }, runtime);
  const context = await built.context.bind(named.name);
  return runWork(
    { ...common, connectionId: context.record.id, context },
    (became) => {
      built.onOperation = became;
      return orExpected(tool, context, () => tool.run(given, context));
    },
    runtime,
  );
}

interface SeveralWork extends Omit<Work, 'connectionId' | 'context'> {
  readonly named: Exclude<NamedConnections, { kind: 'one' }>;
  readonly built: BuiltContext;
  readonly given: never;
}

/** A read of several connections: it is bound to their names until it knows them. */
async function runSeveral({ named, built, given, ...common }: SeveralWork, runtime: Runtime): Promise<ToolOutcome> {
  const { tool } = common;
  const several = tool.bindsConnection ? tool.several : undefined;
  if (several === undefined) throw new TypeError(`The schema of ${tool.name} lets several connections through.`);
  const context = await built.bindSeveral(named, several.scope);
  const reads = context.members.map(({ record }) => record.id);
  const work = { ...common, connectionId: keyOfNames(named), reads, context: undefined };
  return runWork(work, () => orExpected(tool, context, () => several.run(given, context)), runtime);
}

interface PlainWork {
  readonly tool: ToolDefinition;
  find(): Promise<ConnectionRecord | undefined>;
  readonly state: CallState;
}

/** A tool that works on connections themselves: the answer shows the one that it names, in its new state. */
async function runPlain(running: Promise<ToolOutcome>, { tool, find, state }: PlainWork): Promise<ToolOutcome> {
  const outcome = await running;
  if (!tool.annotations.readOnlyHint) {
    // The change is made, whether or not it can be read what the connection is like now.
    const changed = await find().catch(() => undefined);
    if (changed !== undefined) state.connections = [changed];
  }
  return outcome;
}

/** The handle of a confirmation is for the dispatcher: no handler sees it. */
function withoutConfirm<Arguments>(args: Arguments): Arguments;
function withoutConfirm(args: unknown): unknown {
  if (!isRecord(args) || !('confirm' in args)) return args;
  const { confirm: _handle, ...rest } = args;
  return rest;
}

/** `run` takes what its own schema has just produced; the registry cannot express which type that is. */
function accept(parsed: unknown): never {
  return parsed as never;
}

interface OpenedArguments extends Pick<ToolArguments, 'parsed' | 'meant'> {
  readonly forCall: CallArguments;
  readonly manner: CallManner;
}

function openScope(
  tool: ToolDefinition,
  { parsed, forCall, meant, manner }: OpenedArguments,
  options: ToolCallOptions,
  runtime: Runtime,
  state: CallState,
): CallScope {
  const { timeMs, workMs, isAnsweredEarly } = manner;
  const { progress, signal, caller, channel = 'stdio', client } = options;
  const agent = () => {
    // As they were meant: the same call in two spellings is one question.
    const args = withoutConfirm(meant);
    const confirm = stringField(parsed, 'confirm');
    const takesConfirm = tool.annotations.destructiveHint;
    const call = {
      tool: tool.name,
      args,
      caller: caller.id,
      channel,
      confirm,
      takesConfirm,
      connection: () => onlyConnection(state),
    };
    return runtime.asking.authorityOf(call, client);
  };
  // Progress names things of the tenant, as answers do.
  const clean = (text: string) => runtime.secrets.mask(shownText(text));
  return openCallScope({
    caller,
    clock: runtime.clock,
    signal,
    timeMs,
    ...withoutUndefined({ workMs }),
    awaitsWrites: isAnsweredEarly,
    clientRequestId: forCall.correlation_id ?? randomUUID(),
    authority: options.authority ?? agent(),
    progress: ({ message, ...update }) =>
      progress?.(message === undefined ? update : { ...update, message: clean(message) }),
  });
}

function refusedByMode({ name }: ToolDefinition): AppError {
  return new AppError('refused', `The server runs in read-only mode, and ${name} changes things.`, {
    hint: 'Ask the person who runs Tenantry: only they decide about it.',
  });
}

/** A failure that may be shown. Anything unforeseen goes to the log, under the reference that the caller gets. */
function toAppError(error: unknown, tool: ToolDefinition, state: CallState, runtime: Runtime): AppError {
  const reason: unknown = state.scope?.call.signal.reason;
  if (error instanceof AppError) {
    // Everything that waits fails with `cancelled` when the signal aborts, but the reason may be the deadline. After a
    // real cancellation the handler's own failure says more: what was made by then, and how to continue.
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
