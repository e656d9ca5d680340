import { type Channel, limitedTo, operatorAt } from '../../src/core/base/authority.ts';
import type { CallContext, ProgressUpdate } from '../../src/core/base/call-context.ts';
import { localCaller } from '../../src/core/base/caller.ts';

/** A call context as the dispatcher creates it, with everything observable. */
export function testCall(
  overrides: Partial<Pick<CallContext, 'caller' | 'signal' | 'deadlineAt' | 'clientRequestId' | 'authority'>> = {},
): CallContext & { readonly updates: ProgressUpdate[] } {
  const notes: string[] = [];
  const updates: ProgressUpdate[] = [];
  return {
    caller: overrides.caller ?? localCaller,
    signal: overrides.signal ?? new AbortController().signal,
    deadlineAt: overrides.deadlineAt ?? Number.POSITIVE_INFINITY,
    clientRequestId: overrides.clientRequestId ?? '00000000-0000-4000-8000-000000000001',
    authority: overrides.authority ?? operatorAt('library'),
    covered: new Set(),
    record: { requests: 0, attempts: 0, pages: 0, requestId: undefined, notes },
    note: (text) => {
      if (!notes.includes(text)) notes.push(text);
    },
    progress: (update) => updates.push(update),
    updates,
  };
}

/** The same call by an agent on stdio, whose person cannot be reached. */
export function agentCall(channel: Channel = 'stdio'): ReturnType<typeof testCall> {
  return testCall({ authority: limitedTo([], channel) });
}
