import type { CallContext } from '../base/call-context.ts';
import { invalidArgument } from '../base/errors.ts';
import type { HttpMethod } from '../http/api-client.ts';
import { createSealer, type SealerOptions } from '../secrets/sealed-text.ts';

/** What is polled: a status resource (`Azure-AsyncOperation`), a `Location`, the resource itself, or a Graph monitor. */
export type PollKind = 'status' | 'location' | 'resource' | 'monitor';

/** Everything needed to follow an operation, even from another process: plain data, sealed into a handle. */
export interface Operation {
  /** Name of the API, as its descriptor has it. */
  readonly api: string;
  readonly connectionId: string;
  readonly method: HttpMethod;
  /** Path of the resource that the operation works on; shown to people. */
  readonly path: string;
  readonly pollKind: PollKind;
  readonly pollUrl: string;
  /** Where the result is once it has succeeded; absent when the poll answer is the result, or there is none. */
  readonly finalUrl?: string;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  /** Milliseconds that the service asked to wait before the next look. */
  readonly retryAfterMs?: number;
}

/** Why an operation failed: the service's code, our sentence with its words in backticks, and our hint. */
export interface OperationFailure {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
}

/** One look at an operation. */
export interface OperationView {
  readonly status: 'running' | 'succeeded' | 'failed' | 'canceled';
  /** 0 to 100, where the service says it. */
  readonly percentComplete?: number;
  /** Result of a success: the resource, or what the action answers. */
  readonly result?: unknown;
  readonly error?: OperationFailure;
  /** The operation with what this look found out: a newer poll address, a newer wait. */
  readonly operation: Operation;
}

/** Follows long-running operations of one connection. */
export interface OperationFollower {
  /** One look, now. Reading the status may fail without the operation having failed: then it throws. */
  look(operation: Operation, call: CallContext): Promise<OperationView>;
  /** Looks until it has ended, or the call's deadline or signal ends the wait: then the last view says `running`. */
  follow(operation: Operation, call: CallContext): Promise<OperationView>;
}

/** Turns operations into opaque, sealed handles that are bound to caller and connection, and back. */
export interface OperationHandles {
  seal(operation: Operation, caller: string): Promise<string>;
  /** Throws `invalid_argument` when the handle is malformed, has expired, or belongs to another caller or connection. */
  open(handle: string, caller: string, connectionId: string): Promise<Operation>;
}

export interface OperationHandlesOptions extends Omit<SealerOptions, 'ttlMs'> {
  /** Life of a handle. Default seven days: services forget operations sooner. */
  readonly ttlMs?: number;
}

const week = 7 * 86_400_000;

/** Handles survive a restart: everything about the operation is inside, sealed. */
export function createOperationHandles({ ttlMs = week, ...options }: OperationHandlesOptions): OperationHandles {
  const sealer = createSealer<{ readonly operation: Operation }>({ ...options, ttlMs });
  return {
    seal: (operation, caller) => sealer.seal({ operation }, ['operation', caller, operation.connectionId]),
    async open(handle, caller, connectionId) {
      const opened = await sealer.open(handle, ['operation', caller, connectionId]);
      if (opened === undefined) {
        throw invalidArgument(
          'operation: the handle is malformed, or belongs to another caller or connection.',
          'Pass the handle unchanged, with the connection that started the operation.',
        );
      }
      const { operation } = opened.content;
      if (opened.isExpired) {
        throw invalidArgument(
          'operation: the handle has expired.',
          `Read ${operation.path} with arm_query to see what has become of it.`,
        );
      }
      return operation;
    },
  };
}
