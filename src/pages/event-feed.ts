import type { CheckResult } from '../core/record/connection.ts';

/**
 * How far a page is.
 * - `form`: it waits for the person.
 * - `busy`: what the person sent is being tried.
 * - `retry`: it did not work; the form is open again.
 * - `look`: it works, with something to mend; it can be checked again.
 * - `done`: nothing is left to do.
 */
export type PagePhase = 'form' | 'busy' | 'retry' | 'look' | 'done';

/** What the script of an open page is told, one JSON line each. */
export type PageEvent =
  | ({ readonly type: 'line' } & CheckResult)
  | { readonly type: 'step'; readonly step: string; readonly state: string; readonly words: string }
  | { readonly type: 'phase'; readonly phase: PagePhase; readonly title: string; readonly text: string };

/** The events since the last `restart`; whoever listens gets the earlier ones first. */
export interface EventFeed {
  readonly phase: PagePhase;
  push(event: PageEvent): void;
  /** Forgets the events of an earlier attempt. */
  restart(event: PageEvent & { readonly type: 'phase' }): void;
  /** Calls `listen` with every event from the beginning on, until the returned function is called. */
  follow(listen: (event: PageEvent) => void): () => void;
}

export function createEventFeed(): EventFeed {
  let events: PageEvent[] = [];
  let phase: PagePhase = 'form';
  const listeners = new Set<(event: PageEvent) => void>();
  const push = (event: PageEvent) => {
    if (event.type === 'phase') phase = event.phase;
    events.push(event);
    for (const listen of [...listeners]) listen(event);
  };
  return {
    get phase() {
      return phase;
    },
    push,
    restart(event) {
      events = [];
      push(event);
    },
    follow(listen) {
      events.forEach(listen);
      listeners.add(listen);
      return () => listeners.delete(listen);
    },
  };
}
