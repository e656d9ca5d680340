import type { Caller } from '../../core/base/caller.ts';
import type { Clock } from '../../core/base/clock.ts';
import { withoutUndefined } from '../../core/base/without-undefined.ts';
import type { AuditEntry } from '../../core/storage/storage.ts';

/** What a person did on a page, for the audit log. */
export interface PageUse {
  readonly caller: Caller;
  /** Stands where a call has its tool. */
  readonly what: string;
  readonly connection?: string | undefined;
  /** What it was done to: a name, a code. No secrets. */
  readonly ids: readonly string[];
  /** Default `success`. */
  readonly outcome?: string;
}

export type NotePageUse = (use: PageUse) => void;

/** On the pages it is a person who acts, and never an agent. */
export function createPageNotes(append: (entry: AuditEntry) => void, clock: Clock): NotePageUse {
  return ({ caller, what, connection, ids, outcome = 'success' }) =>
    append({
      at: clock.now(),
      caller: caller.id,
      actor: 'person',
      channel: 'http',
      ...withoutUndefined({ connection }),
      tool: `page: ${what}`,
      requests: [],
      targetIds: ids,
      outcome,
    });
}
