import type { Clock } from '../../base/clock.ts';
import { delay } from '../../base/delay.ts';
import type { StoreHealth } from '../storage.ts';
import type { PostgresDatabase } from './postgres-database.ts';

/** Between two looks. */
const beatMs = 2_000;

/** What is known of the database, kept up to date in the background from the first question on. */
export interface PostgresHealth {
  current(): StoreHealth;
  /** Looks no more. */
  stop(): void;
}

export function createPostgresHealth(database: Pick<PostgresDatabase, 'read'>, clock: Clock): PostgresHealth {
  const stopping = new AbortController();
  const { signal } = stopping;
  let known: StoreHealth = { isReady: false };
  let isLooking = false;

  async function look(): Promise<void> {
    const startedAt = clock.now();
    try {
      // Makes or updates the tables by the way, as every statement does.
      await database.read('SELECT 1');
      known = { isReady: true };
    } catch {
      known = { ...known, awaySince: known.awaySince ?? startedAt };
    }
  }

  async function keepLooking(): Promise<void> {
    while (!signal.aborted) {
      await look();
      await delay(beatMs, signal).catch(() => undefined);
    }
  }

  return {
    current() {
      if (!isLooking) void keepLooking();
      isLooking = true;
      return known;
    },
    stop: () => stopping.abort(),
  };
}
