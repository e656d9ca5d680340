import type { CallContext } from '../core/base/call-context.ts';
import type { Clock } from '../core/base/clock.ts';
import { delay } from '../core/base/delay.ts';
import { AppError } from '../core/base/errors.ts';
import { withoutUndefined } from '../core/base/without-undefined.ts';
import type { Job, OpenedJob } from '../core/operations/job.ts';
import type { Operation, OperationView } from '../core/operations/operation.ts';
import { isAlive } from '../core/operations/write-claims.ts';
import type { ToolOutcome } from '../core/results/tool-outcome.ts';
import type { ConnectionToolContext, ToolContext } from './define-tool.ts';

/** Follows an operation to its end, or until the call ends. Where its state cannot be read, the error keeps it reachable. */
export async function followOperation(operation: Operation, context: ConnectionToolContext): Promise<OperationView> {
  // Whoever repeats the call finds the operation, even when this process does not live to see its end.
  await context.handleOf(operation);
  try {
    return await context.operations.follow(operation, context.call);
  } catch (error) {
    throw await withHandle(error, operation, context);
  }
}

/** One look at an operation. */
export async function lookAtOperation(operation: Operation, context: ConnectionToolContext): Promise<OperationView> {
  try {
    return await context.operations.look(operation, context.call);
  } catch (error) {
    throw await withHandle(error, operation, context);
  }
}

/** The answer while the operation runs, with what to call next. */
export async function runningOutcome(
  operation: Operation,
  { percentComplete, resource }: { readonly percentComplete?: number | undefined; readonly resource?: unknown },
  { handleOf }: Pick<ConnectionToolContext, 'handleOf'>,
): Promise<ToolOutcome> {
  return stillRunning(await handleOf(operation), withoutUndefined({ operation, percentComplete, result: resource }));
}

/** The same for a view of an operation whose handle is at hand; `result` is the object as it is so far. */
export function stillRunning(
  handle: string,
  { operation, percentComplete, result }: Pick<OperationView, 'operation' | 'percentComplete' | 'result'>,
): ToolOutcome {
  const { retryAfterMs } = operation;
  return {
    status: 202,
    isUnfinished: true,
    data: withoutUndefined({
      status: 'running',
      operation: handle,
      ...describeOperation(operation),
      percent_complete: percentComplete,
      retry_after_seconds: retryAfterMs === undefined ? undefined : Math.ceil(retryAfterMs / 1_000),
      resource: result,
      next_step: nextStep,
    }),
  };
}

/** The answer once the operation has ended; its failure is an error. */
export async function endOfOperation(view: OperationView): Promise<ToolOutcome> {
  const { status, operation, result } = view;
  if (status !== 'succeeded') throw await failedOperation(view);
  return { status: 200, data: { status, ...describeOperation(operation), result: result ?? null } };
}

const nextStep = 'Call get_operation with this operation; wait: true waits for its end.';

/** The answer while the rest of a call goes on in the process. */
export function runningJob(
  handle: string,
  { tool, startedAt, progress }: Pick<Job<unknown>, 'tool' | 'startedAt'> & Partial<Pick<Job<unknown>, 'progress'>>,
): ToolOutcome {
  return {
    status: 202,
    isUnfinished: true,
    data: withoutUndefined({
      status: 'running',
      operation: handle,
      tool,
      started_at: new Date(startedAt).toISOString(),
      progress:
        progress && withoutUndefined({ done: progress.progress, total: progress.total, message: progress.message }),
      next_step: nextStep,
    }),
  };
}

/** What has become of the rest of a call; `wait` waits for its end, as long as this call may. */
export async function lookAtJob(
  { job, write, tool, startedAt, checkWith }: OpenedJob<ToolOutcome>,
  handle: string,
  { wait, call, clock }: Pick<ToolContext, 'call' | 'clock'> & { readonly wait: boolean },
): Promise<ToolOutcome> {
  if (job === undefined) {
    if (write !== undefined && isAlive(write)) return runningJob(handle, { tool, startedAt });
    throw new AppError(
      'outcome_unknown',
      `What became of ${tool}, begun at ${new Date(startedAt).toISOString()}, is not known: the process that ran it has ended, or it is too long ago.`,
      { hint: checkWith },
    );
  }
  if (wait && job.ended === undefined) await untilEnd(job, call, clock);
  const { ended, operation } = job;
  if (ended === undefined) return runningJob(handle, job);
  await job.answered();
  for (const note of job.notes) call.note(note);
  if ('error' in ended) throw ended.error;
  const { outcome } = ended;
  if (outcome.isUnfinished || operation !== undefined) return outcome;
  const data = { status: 'succeeded', tool, started_at: new Date(startedAt).toISOString(), result: outcome.data };
  return { ...outcome, data };
}

async function untilEnd(
  { settled }: Job<ToolOutcome>,
  { signal, deadlineAt }: CallContext,
  clock: Clock,
): Promise<void> {
  const enough = new AbortController();
  const waitMs = Math.max(0, deadlineAt - clock.now() - reserveMs);
  const limit = delay(waitMs, AbortSignal.any([signal, enough.signal])).catch(() => undefined);
  await Promise.race([settled, limit]);
  enough.abort();
}

/** What is left of the call's time when waiting ends. */
const reserveMs = 1_500;

function describeOperation({ method, path, startedAt }: Operation): Readonly<Record<string, unknown>> {
  return { method, path, started_at: new Date(startedAt).toISOString() };
}

/** The error for an operation that has failed or was canceled at the service. */
export async function failedOperation({ status, error, operation }: OperationView): Promise<AppError> {
  const { classifyArmError } = await import('../core/apis/arm/arm-errors.ts');
  const code = error?.code ?? '';
  const canceled = status === 'canceled';
  const meaning = operation.api === 'arm' ? classifyArmError({ error }, operation.path).code : undefined;
  return new AppError(
    meaning ?? 'upstream_error',
    error?.message ?? `The operation ${canceled ? 'was canceled' : 'failed'}; the service gives no reason.`,
    {
      hint:
        error?.hint ??
        (canceled
          ? `Read ${operation.path} to see what was done before the cancellation, then start it again if you still want it.`
          : 'Read the resource, which may have been changed in part, and compare the request with the reference of its type before sending another one.'),
      upstream: { ...(code === '' ? {} : { code }) },
      detail: { status, ...describeOperation(operation) },
    },
  );
}

/** Reading the state failed while the operation may go on: the error carries its handle, or says that nothing leads there. */
async function withHandle(error: unknown, operation: Operation, { handleOf }: ConnectionToolContext): Promise<unknown> {
  if (!(error instanceof AppError)) return error;
  // The address is gone, or answers others only: looking again brings the same.
  if ([400, 404, 405, 410].includes(error.status ?? 0)) {
    return error.with({
      hint: `The ${operation.method} was accepted, and its state can no longer be read: read ${operation.path} to see what it did, and do not send it again before.`,
      detail: describeOperation(operation),
    });
  }
  return error.with({
    hint: `The ${operation.method} was accepted and is still running: call get_operation with the operation in detail, and do not send it again.`,
    detail: { operation: await handleOf(operation), ...describeOperation(operation) },
  });
}
