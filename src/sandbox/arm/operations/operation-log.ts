import type { SandboxResponse } from '../../base/service.ts';
import type { OperationStyle } from './operation-style.ts';

export interface ArmOperation {
  readonly id: string;
  readonly method: string;
  readonly resourceId: string;
  readonly style: OperationStyle;
  /** Milliseconds by the sandbox clock. */
  readonly startedAt: number;
  /** Address below the base, without query. */
  readonly statusPath: string;
  readonly locationPath: string;
  readonly apiVersion: string;
  status: 'InProgress' | 'Succeeded' | 'Failed' | 'Canceled';
  looks: number;
  statusErrorsLeft: number;
  endedAt?: number;
  /** What the synchronous call would have answered, once it has succeeded. */
  result?: SandboxResponse;
  /** Carries the write out. */
  readonly finish: () => SandboxResponse;
  /** Notes at the resource that it did not happen. */
  readonly fail: (state: 'Failed' | 'Canceled') => void;
}

/** Operations under way and ended ones, until the sandbox is reset. */
export interface OperationLog {
  add(operation: ArmOperation): void;
  find(id: string): ArmOperation | undefined;
  /** Operations on a resource that have not ended. */
  runningOn(resourceId: string): ArmOperation | undefined;
  /** Counts a look, which may be the one that sees the end. */
  look(operation: ArmOperation, now: number): void;
  /** Ends what was to have ended by now. */
  runDue(now: number): void;
  cancel(operation: ArmOperation, now: number): void;
}

export function createOperationLog(): OperationLog {
  const operations = new Map<string, ArmOperation>();
  const end = (operation: ArmOperation, outcome: OperationStyle['outcome'], now: number) => {
    operation.status = outcome;
    operation.endedAt = now;
    if (outcome === 'Succeeded') operation.result = operation.finish();
    else operation.fail(outcome);
  };
  const isDue = ({ style, startedAt }: ArmOperation, now: number) =>
    style.seconds !== undefined && now >= startedAt + style.seconds * 1000;
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
      const isLast = operation.style.seconds === undefined && operation.looks > operation.style.polls;
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
