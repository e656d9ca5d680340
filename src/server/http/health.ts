import type { ServerResponse } from 'node:http';
import type { Clock } from '../../core/base/clock.ts';
import type { StoreHealth } from '../../core/storage/storage.ts';
import { answer } from './answer.ts';

export interface HealthOptions {
  readonly clock: Clock;
  /** What is known of a store that may be away; fails where it could not be opened. Absent where there is none. */
  readonly store?: () => Promise<StoreHealth>;
}

export interface Health {
  /** `/readyz`: from now on it says that this process ends. */
  drain(): void;
  /** Serves the path, where it is one of health. Both are answered from what is known: a probe asks nobody. */
  serve(path: string, response: ServerResponse): Promise<boolean>;
}

/** A store that has been away for less may be starting again. */
const patienceMs = 10_000;

/** Why no request should be sent here. */
const reasons = {
  starting: 'the store is not open yet',
  away: 'the store does not answer',
  draining: 'the process ends',
} as const;
type Unready = keyof typeof reasons;

/** `/healthz` says that the process runs, `/readyz` whether a balancer should send requests here. */
export function createHealth({ clock, store }: HealthOptions): Health {
  let isDraining = false;

  async function unready(): Promise<Unready | undefined> {
    if (isDraining) return 'draining';
    const known = await store?.().catch((): StoreHealth => ({ isReady: false }));
    if (known === undefined) return undefined;
    if (!known.isReady) return 'starting';
    return known.awaySince !== undefined && clock.now() - known.awaySince > patienceMs ? 'away' : undefined;
  }

  // What is known is found out in the background, from the first question on.
  void unready();
  return {
    drain() {
      isDraining = true;
    },
    async serve(path, response) {
      if (path === '/healthz') {
        answer(response, 200, { status: 'ok' });
        return true;
      }
      if (path !== '/readyz') return false;
      const status = await unready();
      if (status === undefined) answer(response, 200, { status: 'ready' });
      else answer(response, 503, { status, reason: reasons[status] });
      return true;
    },
  };
}
