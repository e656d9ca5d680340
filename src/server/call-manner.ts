import type { Authority, Channel } from '../core/base/authority.ts';
import { isRecord } from '../core/base/guards.ts';
import type { ToolDefinition } from '../tools/define-tool.ts';

/** How long a call may take, and what happens then. */
export interface CallManner {
  /** The time of the call, in milliseconds. */
  readonly timeMs: number;
  /** Time of the work where it is more than that of the call: the rest goes on behind an operation handle. */
  readonly workMs?: number;
  /** The call changes something; a preview does not. */
  readonly isWrite: boolean;
  /** The caller is answered with a handle where its write, or what goes on, has not finished in time. */
  readonly isAnsweredEarly: boolean;
}

/** No call of a host waits longer of its own accord: hosts give up at 60 s. One of 45 s is left for the answer itself. */
const hostTimeMs = 44_000;
/** Until the end: no operation of a service takes longer. */
const endlessMs = 24 * 3_600_000;
/** What goes on behind a handle is ended after this. */
const goesOnMs = 3_600_000;

export interface MannerFacts {
  readonly tool: Pick<ToolDefinition, 'annotations' | 'goesOn'>;
  readonly parsed: unknown;
  readonly authority: Pick<Authority, 'actor'> | undefined;
  readonly channel: Channel;
  /** The answer is made of the whole list: a part of it would be false. */
  readonly isWholeList: boolean;
}

/**
 * An explicit `timeout`, or `wait: true`, is the caller's own wish. Without one a host gets an answer before it gives up;
 * who sits at a terminal, or has embedded the library, waits until the end and stops it with a signal.
 */
export function mannerOf({ tool, parsed, authority, channel, isWholeList }: MannerFacts): CallManner {
  const { timeout, wait, dry_run: dryRun } = isRecord(parsed) ? parsed : {};
  const isHost = (authority?.actor ?? 'agent') === 'agent' && (channel === 'stdio' || channel === 'http');
  const ownMs = isHost && wait !== true ? hostTimeMs : endlessMs;
  const timeMs = typeof timeout === 'number' ? timeout * 1_000 : ownMs;
  const isWrite = !tool.annotations.readOnlyHint && dryRun !== true;
  const goesOn = tool.goesOn === 'always' || (tool.goesOn === 'whole_lists' && isWholeList);
  return {
    timeMs,
    ...(isHost && goesOn && timeMs < goesOnMs ? { workMs: goesOnMs } : {}),
    isWrite,
    isAnsweredEarly: isHost && (isWrite || goesOn),
  };
}
