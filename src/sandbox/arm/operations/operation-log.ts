import type { SandboxResponse } from '../../base/service.ts';
import type { OperationStyle } from './operation-style.ts';

export interface ArmOperation {
  readonly id: string;
  readonly method: string;
  readonly resourceId: string;
  readonly style: OperationStyle;
  /** Milliseconds on the sandbox clock. */
  readonly startedAt: number;
  /** URL relative to the base, without the query. */
  readonly statusPath: string;
  readonly locationPath: string;
  readonly apiVersion: string;
  status: 'InProgress' | 'Succeeded' | 'Failed' | 'Canceled';
  looks: number;
  statusErrorsLeft: number;
  endedAt?: number;
  /** The response of the synchronous call, once the operation has succeeded. */
  result?: SandboxResponse;
  readonly finish: () => SandboxResponse;
  /** Marks the resource when the operation fails. */
  readonly fail: (state: 'Failed' | 'Canceled') => void;
}

/** Running and finished operations, until the sandbox is reset. */
export interface OperationLog {
  add(operation: ArmOperation): void;
  find(id: string): ArmOperation | undefined;
  /** The running operation on a resource. */
  runningOn(resourceId: string): ArmOperation | undefined;
  /** Counts a poll, which can complete the operation. */
  look(operation: ArmOperation, now: number): void;
  /** Completes the operations that are due. */
  runDue(now: number): void;
  cancel(operation: ArmOperation, now: number): void;
}

export function createOperationLog(): OperationLog {
  const operations = new Map<string, ArmOperation>();
  const end = (operation: ArmOperation, outcome: OperationStyle['outcome'], now: number) => {
    operation.status = outcome;
    operation.endedAt = now;
    if (outcome === 'Succeeded') {
      operation.result = operation.finish();
    } else {
      operation.fail(outcome);
    }
  };
  const isDue = ({ style, startedAt }: ArmOperation, now: number) => now >= startedAt + style.seconds * 1000;
  return {
    add: (operation) => operations.set(operation.id, operation),
    find: (id) => operations.get(id),
    runningOn: (resourceId) =>
      [...operations.values()].findLast(
        (one) => one.status === 'InProgress' && one.resourceId.toLowerCase() === resourceId.toLowerCase(),
      ),
    look(operation, now) {
      if (operation.status !== 'InProgress') return;
      operation.looks += 1;
      const isLast = !operation.style.isTimed && operation.looks > operation.style.polls;
      if (isLast || isDue(operation, now)) end(operation, operation.style.outcome, now);
    },
    runDue(now) {
      for (const operation of operations.values()) {
        if (operation.status === 'InProgress' && isDue(operation, now)) end(operation, operation.style.outcome, now);
      }
    },
    cancel: (operation, now) => end(operation, 'Canceled', now),
  };
}
