import { createHmac } from 'node:crypto';
import type { Channel, YesRequest } from '../../base/authority.ts';
import { canonical } from '../../base/canonical.ts';
import type { ConnectionRecord } from '../../record/connection.ts';

/** The call of an agent that may need a person's yes. */
export interface AgentCall {
  readonly tool: string;
  /** As they were meant, without `confirm`. */
  readonly args: Readonly<Record<string, unknown>>;
  readonly caller: string;
  readonly channel: Channel;
  /** Handle of an earlier refusal, where the caller passed one. */
  readonly confirm: string | undefined;
  /** Whether the tool takes a handle. */
  readonly takesConfirm: boolean;
  /** The connection that it works on, once that is known. */
  connection(): ConnectionRecord | undefined;
}

/** Arguments that change nothing about what is done. */
const freeArguments: ReadonlySet<string> = new Set(['confirm', 'timeout', 'correlation_id']);

/** What a call is bound to besides its questions: the caller, the tool and exactly these arguments. */
export function bindingOf({ caller, tool, args }: Pick<AgentCall, 'caller' | 'tool' | 'args'>): unknown {
  const bound = Object.entries(args).filter(([name]) => !freeArguments.has(name));
  return [caller, tool, canonical(Object.fromEntries(bound))];
}

/**
 * Stands for one question in exactly this call: the same caller, tool, arguments, connection and words. Made with a key,
 * since arguments may hold a secret that could be guessed from a plain digest.
 */
export function digestOf(call: AgentCall, request: YesRequest, key: Uint8Array): string {
  const { grade, summary, details, connection, preview } = request;
  const asked = [
    bindingOf(call),
    substanceOf(call.connection(), grade),
    canonical({ grade, summary, details, connection, preview }),
  ];
  return createHmac('sha256', key).update(JSON.stringify(asked)).digest('base64url');
}

/**
 * What must be the same about the connection when the yes is used. A handle lives for minutes, and any change voids it. An
 * approval waits up to an hour, in which a validation may write its outcome.
 */
function substanceOf(record: ConnectionRecord | undefined, grade: YesRequest['grade']): unknown {
  if (record === undefined) return null;
  const { id, revision, cloud, access, auth_type, scope_level, scopes, identity, settings } = record;
  return grade === 'careful'
    ? [id, revision]
    : canonical({ id, cloud, access, auth_type, scope_level, scopes, identity, settings });
}
