import type { Caller } from '../base/caller.ts';
import { delay } from '../base/delay.ts';
import type { ConnectionService } from './connection-service.ts';

/** What has become of connections since the last look. */
export interface ConnectionChange {
  /** Those that were added, changed or removed. A renamed one is removed and added. */
  readonly names: readonly string[];
  /** Whether there are others than before. */
  readonly isListChanged: boolean;
}

/**
 * Tells one caller of changes to the connections that they see, from every origin: this process, another one on the same
 * store, a page that a person fills in. It looks at the store now and then, while somebody is told; nothing is read before
 * `begin`.
 */
export interface ConnectionWatch {
  /** What changes from here on is told. Resolves when it knows what there is; repeated, it does nothing more. */
  begin(): Promise<void>;
  /** Looks now and not at the next turn: for who may just have made a change. Does nothing before `begin`. */
  look(): Promise<void>;
  /** Calls `listener` with each change, until the returned function is called. */
  subscribe(listener: (change: ConnectionChange) => void): () => void;
  /** Looks no more. */
  stop(): void;
}

export interface ConnectionWatchOptions {
  readonly connections: Pick<ConnectionService, 'revisions'>;
  /** Who is told, as they signed in last: groups come and go. Undefined while their sign-in is over. */
  readonly caller: () => Caller | undefined;
  /** Told when the store can no longer be read, once until it can be again: every look tries. */
  readonly onError: (error: unknown) => void;
  /** Time between two looks. Default 2 s. */
  readonly everyMs?: number;
}

type Revisions = ReadonlyMap<string, string>;

export function createConnectionWatch(options: ConnectionWatchOptions): ConnectionWatch {
  const { connections, caller, onError, everyMs = 2_000 } = options;
  const listeners = new Set<(change: ConnectionChange) => void>();
  const ended = new AbortController();
  /** The last look: each begins when the one before has ended, and knows what that one saw. */
  let last: Promise<Revisions | undefined> | undefined;
  let isFailing = false;
  let isLooking = false;

  async function lookAfter(before: Promise<Revisions | undefined> | undefined): Promise<Revisions | undefined> {
    const known = await before;
    const who = caller();
    // What they could see no longer tells what they may see. Who signs in again is told of all that has changed.
    if (who === undefined) return known;
    try {
      const now = await connections.revisions(who);
      const change = known && differenceOf(known, now);
      if (change !== undefined && !ended.signal.aborted) for (const listener of listeners) listener(change);
      isFailing = false;
      return now;
    } catch (error) {
      if (!isFailing) onError(error);
      isFailing = true;
      return known;
    }
  }

  /** As long as somebody is told. */
  async function keepLooking(): Promise<void> {
    if (isLooking || last === undefined || listeners.size === 0) return;
    isLooking = true;
    while (listeners.size > 0 && !ended.signal.aborted) {
      await delay(everyMs, ended.signal).catch(() => undefined);
      if (!ended.signal.aborted && listeners.size > 0) await look();
    }
    isLooking = false;
  }

  async function look(): Promise<void> {
    if (last === undefined) return;
    last = lookAfter(last);
    await last;
  }

  return {
    async begin() {
      last ??= lookAfter(undefined);
      void keepLooking();
      await last;
    },
    look,
    subscribe(listener) {
      listeners.add(listener);
      void keepLooking();
      return () => void listeners.delete(listener);
    },
    stop: () => ended.abort(),
  };
}

/** Undefined where nothing has changed. */
function differenceOf(before: Revisions, now: Revisions): ConnectionChange | undefined {
  const all = new Set([...before.keys(), ...now.keys()]);
  const names = [...all].filter((name) => before.get(name) !== now.get(name)).sort();
  if (names.length === 0) return undefined;
  return { names, isListChanged: names.some((name) => before.has(name) !== now.has(name)) };
}
