import { randomBytes } from 'node:crypto';
import type { Clock } from '../../base/clock.ts';
import { createSealer } from '../../secrets/sealed-text.ts';
import type { ApprovalStore } from '../../storage/storage.ts';
import { type AgentCall, bindingOf } from './agent-call.ts';

/** Handles with which an agent confirms a careful request that it has seen the preview of. */
export interface ConfirmHandles {
  /** A handle for these questions of exactly this call. */
  seal(digests: readonly string[], call: AgentCall): Promise<string>;
  /** Undefined when the handle is malformed, has expired, or belongs to another call. */
  open(handle: string, call: AgentCall): Promise<OpenHandle | undefined>;
}

export interface OpenHandle {
  readonly digests: readonly string[];
  /** Resolves false when the handle was used before, by whichever process. */
  use(): Promise<boolean>;
}

interface Content {
  readonly id: string;
  readonly digests: readonly string[];
}

/** Long enough to read a preview. */
const lifeMs = 10 * 60_000;

export interface ConfirmHandlesOptions {
  readonly key: () => Promise<Uint8Array>;
  readonly approvals: Pick<ApprovalStore, 'useUp'>;
  readonly clock: Clock;
}

export function createConfirmHandles({ key, approvals, clock }: ConfirmHandlesOptions): ConfirmHandles {
  const sealer = createSealer<Content>({ key, clock, ttlMs: lifeMs });
  const purpose = (call: AgentCall) => ['confirm', bindingOf(call)];
  return {
    seal: (digests, call) => sealer.seal({ id: randomBytes(12).toString('base64url'), digests }, purpose(call)),
    async open(handle, call) {
      const opened = await sealer.open(handle, purpose(call));
      if (opened === undefined || opened.isExpired) return undefined;
      const { id, digests } = opened.content;
      return { digests, use: () => approvals.useUp(id, clock.now() + lifeMs) };
    },
  };
}
