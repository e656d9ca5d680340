import { LRUCache } from 'lru-cache';
import type { Caller } from '../base/caller.ts';
import type { Clock } from '../base/clock.ts';
import {
  type ConnectionChange,
  type ConnectionWatch,
  type ConnectionWatchOptions,
  createConnectionWatch,
} from './connection-watch.ts';

/** A watch for each caller: none of them is told of what another one sees. */
export interface ConnectionWatches {
  /** See `ConnectionWatch.begin`. */
  begin(caller: Caller): Promise<void>;
  look(caller: Caller): Promise<void>;
  /** A caller has come with what may be a newer sign-in. */
  renew(caller: Caller): void;
  subscribe(caller: Caller, listener: (change: ConnectionChange) => void): () => void;
  stop(): void;
}

export interface ConnectionWatchesOptions extends Omit<ConnectionWatchOptions, 'caller'> {
  readonly clock: Clock;
  /** Callers to whom nobody listens, and of whom it is remembered what they have seen. Default 200. */
  readonly mostIdle?: number;
}

interface Watched {
  readonly watch: ConnectionWatch;
  /** As they signed in last. */
  caller: Caller;
  listeners: number;
}

export function createConnectionWatches({
  mostIdle = 200,
  clock,
  ...options
}: ConnectionWatchesOptions): ConnectionWatches {
  const listened = new Map<string, Watched>();
  // One place for each caller, so that nobody takes that of another by asking often.
  const idle = new LRUCache<string, Watched>({ max: mostIdle, noDisposeOnSet: true });

  function of(caller: Caller): Watched {
    const known = listened.get(caller.id) ?? idle.get(caller.id);
    if (known !== undefined) {
      renew(known, caller);
      return known;
    }
    const watched: Watched = {
      watch: createConnectionWatch({
        ...options,
        caller: () => (endOf(watched.caller) > clock.now() ? watched.caller : undefined),
      }),
      caller,
      listeners: 0,
    };
    idle.set(caller.id, watched);
    return watched;
  }

  return {
    begin: (caller) => of(caller).watch.begin(),
    async look(caller) {
      const known = listened.get(caller.id) ?? idle.peek(caller.id);
      if (known === undefined) return;
      renew(known, caller);
      await known.watch.look();
    },
    renew(caller) {
      const known = listened.get(caller.id) ?? idle.peek(caller.id);
      if (known !== undefined) renew(known, caller);
    },
    subscribe(caller, listener) {
      const watched = of(caller);
      const { id } = caller;
      watched.listeners += 1;
      idle.delete(id);
      listened.set(id, watched);
      const unsubscribe = watched.watch.subscribe(listener);
      let isOver = false;
      return () => {
        if (isOver) return;
        isOver = true;
        unsubscribe();
        watched.listeners -= 1;
        if (watched.listeners > 0) return;
        listened.delete(id);
        watched.watch.stop();
      };
    },
    stop() {
      for (const { watch } of [...listened.values(), ...idle.values()]) watch.stop();
    },
  };
}

/** One client may still use an older sign-in than another one of the same caller. */
function renew(watched: Watched, caller: Caller): void {
  if (endOf(caller) >= endOf(watched.caller)) watched.caller = caller;
}

function endOf({ expiresAt }: Caller): number {
  return expiresAt ?? Number.POSITIVE_INFINITY;
}
