import type { Caller } from '../core/base/caller.ts';
import { canonical } from '../core/base/canonical.ts';
import { AppError } from '../core/base/errors.ts';
import { quoted } from '../core/base/plain-text.ts';
import type { Ended, Job, JobRequest } from '../core/operations/job.ts';
import type { OperationView } from '../core/operations/operation.ts';
import { bindingOf } from '../core/policy/asking/agent-call.ts';
import type { ToolOutcome } from '../core/results/tool-outcome.ts';
import type { OpenWrite } from '../core/storage/storage.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { ConnectionToolContext, ToolDefinition } from '../tools/define-tool.ts';
import { endOfOperation, runningJob, stillRunning } from '../tools/operation-outcome.ts';
import type { CallScope } from './call-scope.ts';

/** One call whose handler is about to run. */
export interface Work {
  readonly tool: ToolDefinition;
  /** Arguments as they came. */
  readonly args: Readonly<Record<string, unknown>>;
  readonly caller: Caller;
  /** Of the connection that it names; its name where there is none yet. */
  readonly connectionId: string;
  /** Ids of all of them, where a read has several. */
  readonly reads?: readonly string[];
  readonly scope: CallScope;
  readonly isWrite: boolean;
  /** Whether the caller is answered before the work has ended. */
  readonly isAnsweredEarly: boolean;
  /** For looking at an operation that the same write has become; absent in tools that are not bound. */
  readonly context: ConnectionToolContext | undefined;
  /** Told how the work has ended, where that is after the answer. */
  readonly onLateEnd: (ended: Ended<ToolOutcome>) => void;
}

/** Runs the handler. `became` is told the handle of the operation that its write has turned into. */
type Run = (became: (handle: string) => Promise<void>) => Promise<ToolOutcome>;

/**
 * Runs the handler of a call. A write that is under way already is not sent again: its repetition is answered with what
 * the first one has become. What is not finished when the call's time is up goes on behind an operation handle.
 */
export async function runWork(work: Work, run: Run, runtime: Runtime): Promise<ToolOutcome> {
  const { scope, isWrite, isAnsweredEarly } = work;
  if (!isWrite && !isAnsweredEarly) {
    return Promise.race([run(async () => undefined).finally(scope.close), scope.givenUp]);
  }
  return new WorkRun(work, run, runtime).start();
}

class WorkRun {
  readonly #work: Work;
  readonly #run: Run;
  readonly #runtime: Runtime;

  constructor(work: Work, run: Run, runtime: Runtime) {
    this.#work = work;
    this.#run = run;
    this.#runtime = runtime;
  }

  async start(): Promise<ToolOutcome> {
    const { scope } = this.#work;
    const request = this.#request();
    const begun = await Promise.race([this.#runtime.jobs.begin(request), scope.givenUp]);
    switch (begun.kind) {
      case 'new':
        return this.#begin(begun.job);
      case 'here':
        return this.#answerWith(begun.job);
      case 'elsewhere':
        return this.#answerElsewhere(begun.write, begun.isAlive, request);
    }
  }

  #request(): JobRequest {
    const { tool, args, caller, connectionId, reads = [], isWrite } = this.#work;
    const { wait: _, ...bound } = args;
    const sameAs = isWrite
      ? { sameAs: [connectionId, canonical(bindingOf({ caller: caller.id, tool: tool.name, args: bound }))] }
      : {};
    return { tool: tool.name, caller: caller.id, connectionId, reads, checkWith: checkWith(tool), ...sameAs };
  }

  async #begin(job: Job<ToolOutcome>): Promise<ToolOutcome> {
    const { scope, isAnsweredEarly, onLateEnd } = this.#work;
    const { abort, lastProgress: progress, call } = scope;
    job.run(() => this.#run((handle) => job.became(handle)).finally(scope.close), {
      abort,
      progress,
      notes: call.record.notes,
      isCancelled: () => isCancelled(call.signal),
    });
    try {
      const ended = await Promise.race([job.settled, scope.givenUp]);
      // What is told to a caller that has gone is told to nobody.
      if (!isCancelled(call.signal)) await job.answered();
      if ('error' in ended) throw ended.error;
      return ended.outcome;
    } catch (error) {
      if (job.ended !== undefined) throw error;
      void job.settled.then(onLateEnd);
      if (!isAnsweredEarly || !isTimeUp(error)) throw error;
      return this.#goOn(job, error);
    }
  }

  /** The time of the call is up: the rest goes on behind a handle. */
  async #goOn(job: Job<ToolOutcome>, error: AppError): Promise<ToolOutcome> {
    const handle = await job.goOn();
    if (handle === undefined) {
      this.#work.scope.abort();
      throw error;
    }
    this.#work.scope.call.note('This is not finished and goes on in the background: nothing has to be sent again.');
    return runningJob(handle, job);
  }

  /** The same write is under way in this process, or has ended and nobody was told. */
  async #answerWith(job: Job<ToolOutcome>): Promise<ToolOutcome> {
    const { scope, isAnsweredEarly } = this.#work;
    if (job.ended === undefined && job.operation === undefined && job.handle !== undefined) {
      this.#noteRepeated(job, 'is under way');
      return runningJob(job.handle, job);
    }
    try {
      await Promise.race([job.becameOperation, job.settled, scope.givenUp]);
    } catch (error) {
      if (!isAnsweredEarly || !isTimeUp(error)) throw error;
      this.#noteRepeated(job, 'is under way');
      return this.#goOn(job, error);
    }
    if (job.operation !== undefined) return this.#answerOperation(job, job.operation, () => job.answered());
    const { ended } = job;
    // The first caller has given up before anything was sent, or before all of it was.
    const isOver = ended === undefined || isCutShort(job, ended);
    if (isOver) {
      await job.answered();
      return this.start();
    }
    await job.answered();
    this.#noteRepeated(job, 'has ended, and this is its answer');
    for (const note of job.notes) scope.call.note(note);
    if ('error' in ended) throw ended.error;
    return ended.outcome;
  }

  async #answerElsewhere(write: OpenWrite, isAlive: boolean, request: JobRequest): Promise<ToolOutcome> {
    const { jobs } = this.#runtime;
    if (write.operation !== undefined) return this.#answerOperation(write, write.operation, () => jobs.answered(write));
    if (isAlive) {
      this.#noteRepeated(write, 'is under way in another process');
      return runningJob(await jobs.handleOf(write, request), write);
    }
    await jobs.forget(write.id);
    // Such a tool finds out by itself what is done.
    if (this.#work.tool.annotations.idempotentHint) return this.start();
    throw new AppError(
      'outcome_unknown',
      `The same call was begun at ${timeOf(write)} by a process that has ended, and what it did is not known. Nothing was sent now.`,
      { hint: `${request.checkWith} The next call of this kind is sent again.` },
    );
  }

  /** The first call's write has become an operation. Where that has ended and its caller knew of it, this is a new write. */
  async #answerOperation(
    first: Pick<OpenWrite, 'id' | 'startedAt' | 'isAnswered'>,
    handle: string,
    answered: () => Promise<void>,
  ): Promise<ToolOutcome> {
    const { context, caller } = this.#work;
    if (context === undefined) throw new Error('Only tools that are bound to a connection start operations.');
    const operation = await context.handles.open(handle, caller.id, context.record.id);
    const view = await this.#look({ status: 'running', operation }, context);
    if (view?.status === 'running') {
      await answered();
      this.#noteRepeated(first, 'is still running');
      return stillRunning(handle, view);
    }
    await this.#runtime.jobs.forget(first.id);
    if (first.isAnswered || view === undefined) return this.start();
    this.#noteRepeated(first, 'has ended, and this is its answer');
    return endOfOperation(view);
  }

  /** Undefined where the service knows the operation no longer: then it has ended. */
  async #look(last: OperationView, { operations, call }: ConnectionToolContext): Promise<OperationView | undefined> {
    try {
      const { isAnsweredEarly } = this.#work;
      return await (isAnsweredEarly ? operations.look(last.operation, call) : operations.follow(last.operation, call));
    } catch (error) {
      if (!(error instanceof AppError) || call.signal.aborted) throw error;
      if (error.status === 404 || error.status === 410) return undefined;
      call.note(`The state of the operation could not be read now: ${error.message}`);
      return last;
    }
  }

  #noteRepeated(first: { readonly startedAt: number }, state: string): void {
    const { scope, tool } = this.#work;
    scope.call.note(`Nothing was sent: the same ${quoted(tool.name)}, begun at ${timeOf(first)}, ${state}.`);
  }
}

function timeOf({ startedAt }: { readonly startedAt: number }): string {
  return new Date(startedAt).toISOString();
}

function checkWith({ checkWith: own, toolset }: ToolDefinition): string {
  const reader = toolset === 'arm' || toolset === 'ml' ? 'arm_query' : 'graph_query';
  return own ?? `Read the object with ${reader} to see what was done.`;
}

function isTimeUp(error: unknown): error is AppError {
  return error instanceof AppError && error.code === 'timeout';
}

function isCancelled({ aborted, reason }: AbortSignal): boolean {
  return aborted && reason instanceof AppError && reason.code === 'cancelled';
}

function isCutShort({ isCancelled }: Job<ToolOutcome>, ended: Ended<ToolOutcome>): boolean {
  if ('outcome' in ended) return isCancelled && ended.outcome.success === false;
  return ended.error instanceof AppError && ended.error.code === 'cancelled';
}
