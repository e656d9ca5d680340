import { AppError } from '../core/base/errors.ts';
import { withoutUndefined } from '../core/base/without-undefined.ts';
import type { Operation, OperationView } from '../core/operations/operation.ts';
import type { ToolOutcome } from '../core/results/tool-outcome.ts';
import type { ConnectionToolContext } from './define-tool.ts';

/** Follows an operation to its end, or until the call ends. Where its state cannot be read, the error keeps it reachable. */
export async function followOperation(operation: Operation, context: ConnectionToolContext): Promise<OperationView> {
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
  { handles, caller }: Pick<ConnectionToolContext, 'handles' | 'caller'>,
): Promise<ToolOutcome> {
  const { retryAfterMs } = operation;
  return {
    status: 202,
    data: withoutUndefined({
      status: 'running',
      operation: await handles.seal(operation, caller),
      ...describeOperation(operation),
      percent_complete: percentComplete,
      retry_after_seconds: retryAfterMs === undefined ? undefined : Math.ceil(retryAfterMs / 1_000),
      resource,
      next_step: 'Call get_operation with this operation; wait: true waits for its end.',
    }),
  };
}

export function describeOperation({ method, path, startedAt }: Operation): Readonly<Record<string, unknown>> {
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

/** Reading the state failed while the operation goes on: the error carries its handle. */
async function withHandle(
  error: unknown,
  operation: Operation,
  { handles, caller }: ConnectionToolContext,
): Promise<unknown> {
  if (!(error instanceof AppError)) return error;
  return error.with({
    hint: `The ${operation.method} was accepted and is still running: call get_operation with the operation in detail, and do not send it again.`,
    detail: { operation: await handles.seal(operation, caller), ...describeOperation(operation) },
  });
}
