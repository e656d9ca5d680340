import { createHash } from 'node:crypto';
import type { Clock } from '../base/clock.ts';
import { invalidArgument } from '../base/errors.ts';
import { openText, sealText } from '../secrets/sealed-text.ts';
import type { Operation, OperationHandles } from './operation.ts';

export interface OperationHandlesOptions {
  /** 32 bytes, shared by every process that shall accept the same handles. */
  readonly key: () => Promise<Uint8Array>;
  readonly clock: Clock;
  /** Life of a handle. Default seven days: services forget operations sooner. */
  readonly ttlMs?: number;
}

interface Content {
  readonly expiresAt: number;
  readonly operation: Operation;
}

const week = 7 * 86_400_000;

function bindingOf(caller: string, connectionId: string): Uint8Array {
  return createHash('sha256')
    .update(JSON.stringify(['operation', caller, connectionId]))
    .digest();
}

/** Handles that survive a restart: everything about the operation is inside, sealed. */
export function createOperationHandles({ key, clock, ttlMs = week }: OperationHandlesOptions): OperationHandles {
  return {
    async seal(operation, caller) {
      const content: Content = { expiresAt: clock.now() + ttlMs, operation };
      return sealText(JSON.stringify(content), await key(), bindingOf(caller, operation.connectionId));
    },
    async open(handle, caller, connectionId) {
      const plain = openText(handle, await key(), bindingOf(caller, connectionId));
      if (plain === undefined) {
        throw invalidArgument(
          'operation: the handle is malformed, or belongs to another caller or connection.',
          'Pass the handle unchanged, with the connection that started the operation.',
        );
      }
      // Authenticated: only `seal` can have written it.
      const { expiresAt, operation } = JSON.parse(plain) as Content;
      if (expiresAt <= clock.now()) {
        throw invalidArgument(
          'operation: the handle has expired.',
          `Read ${operation.path} with arm_query to see what has become of it.`,
        );
      }
      return operation;
    },
  };
}
