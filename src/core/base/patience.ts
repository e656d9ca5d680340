import { delay } from './delay.ts';

/**
 * How long the requests of one reader may wait for the clock: for a pause to end, or for their next attempt. Several readers
 * work for one call, and those that can answer are not kept waiting by one that cannot.
 */
export interface Patience {
  /** Aborts when nothing is waited for any more: what waits fails as it would at its deadline, what is on the wire goes on. */
  readonly ended: AbortSignal;
  /** A request has to wait so many milliseconds. Call what it returns when the wait is over, however it ends. */
  waits(ms: number): () => void;
}

/** The side of the one who decides. */
export interface OwnedPatience extends Patience {
  /** Whether a request waits for the clock, for longer than a moment. */
  readonly isWaiting: boolean;
  end(): void;
}

/** Waits of so many milliseconds together are no reason to give up: most services are well again by then. */
const momentMs = 1_000;

/** `onWait` is told when a request begins to wait. */
export function createPatience(onWait: () => void): OwnedPatience {
  const controller = new AbortController();
  let momentsLeft = momentMs;
  let waiting = 0;
  return {
    ended: controller.signal,
    get isWaiting() {
      return waiting > 0;
    },
    waits(ms) {
      if (ms <= momentsLeft) {
        momentsLeft -= ms;
        return () => undefined;
      }
      waiting += 1;
      onWait();
      let isOver = false;
      return () => {
        if (!isOver) waiting -= 1;
        isOver = true;
      };
    },
    end: () => controller.abort(),
  };
}

/** Waits like `delay`; resolves false where patience has ended before the time was over. */
export async function outwait(ms: number, signal: AbortSignal, patience: Patience | undefined): Promise<boolean> {
  if (patience === undefined) {
    await delay(ms, signal);
    return true;
  }
  const over = patience.waits(ms);
  try {
    await delay(ms, AbortSignal.any([signal, patience.ended]));
    return true;
  } catch (error) {
    if (signal.aborted) throw error;
    return false;
  } finally {
    over();
  }
}
