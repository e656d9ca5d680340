import type { SandboxResponse } from '../../service.ts';
import type { ArmCall } from '../arm-call.ts';
import { ArmError, notFound } from '../arm-error.ts';
import type { ArmOperation } from './operation-log.ts';
import { operationHeaders } from './start-operation.ts';

const operationPath = /\/(operationStatuses|operationResults|operations)\/([0-9a-f-]{36})$/i;

/** Whether a path is that of an operation; these bring their own api-version. */
export function operationIdOf(path: string): { readonly id: string; readonly isStatus: boolean } | undefined {
  const [, collection = '', id] = operationPath.exec(path) ?? [];
  return id === undefined ? undefined : { id, isStatus: collection.toLowerCase() === 'operationstatuses' };
}

export function readOperation(call: ArmCall): SandboxResponse {
  const { id = '', isStatus } = operationIdOf(call.path) ?? {};
  const operation = call.operations.find(id);
  if (!operation) throw notFound('OperationNotFound', `The operation '${id}' could not be found.`);
  if (operation.statusErrorsLeft > 0) {
    operation.statusErrorsLeft -= 1;
    throw new ArmError(500, 'InternalServerError', 'The status could not be read.');
  }
  call.operations.look(operation, call.context.clock.now());
  return isStatus ? statusOf(operation) : resultOf(call, operation);
}

function waiting({ style }: ArmOperation): Record<string, string> {
  return style.retryAfter === undefined ? {} : { 'retry-after': style.retryAfter };
}

/** Always 200 while the operation is known. */
function statusOf(operation: ArmOperation): SandboxResponse {
  const { id, status, startedAt, endedAt, looks, style, result } = operation;
  const isRunning = status === 'InProgress';
  const share = style.seconds === undefined ? looks / (style.polls + 1) : 0;
  const isAction = operation.method === 'POST';
  return {
    status: 200,
    headers: isRunning ? waiting(operation) : {},
    body: {
      id: operation.statusPath,
      name: id,
      status,
      startTime: new Date(startedAt).toISOString(),
      ...(endedAt === undefined ? {} : { endTime: new Date(endedAt).toISOString() }),
      percentComplete: isRunning ? Math.floor(share * 100) : 100,
      ...(status === 'Succeeded' && isAction && result?.body !== undefined ? { properties: result.body } : {}),
      ...(status === 'Failed' || status === 'Canceled' ? { error: errorOf(operation) } : {}),
    },
  };
}

/** 202 while it runs, then what the synchronous call would have answered. */
function resultOf(call: ArmCall, operation: ArmOperation): SandboxResponse {
  const { status, result } = operation;
  if (status === 'InProgress') {
    const { location = '' } = operationHeaders(call, operation);
    return { status: 202, headers: { location, ...waiting(operation) } };
  }
  if (status === 'Succeeded') return result ?? { status: 204 };
  const { code, message } = errorOf(operation);
  throw new ArmError(409, code, message);
}

const cancellation = { code: 'OperationCanceled', message: 'The operation was canceled.' };

function errorOf({ status, style }: ArmOperation) {
  return status === 'Canceled' && style.outcome !== 'Canceled' ? cancellation : style.error;
}
