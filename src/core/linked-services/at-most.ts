import { cancelled } from '../base/errors.ts';

/** Runs work, at most so many pieces at a time; the rest waits in line. */
export type AtMost = <Result>(work: () => Promise<Result>, signal: AbortSignal) => Promise<Result>;

/** What waits leaves the line when its signal aborts, with `cancelled`. */
export function createAtMost(count: number): AtMost {
  let running = 0;
  const waiting = new Set<() => void>();
  return async (work, signal) => {
    if (running < count) {
      running += 1;
    } else {
      await turn(waiting, signal);
    }
    try {
      return await work();
    } finally {
      const [next] = waiting;
      // The place is handed on, so that nobody who comes in between takes it.
      if (next === undefined) {
        running -= 1;
      } else {
        next();
      }
    }
  };
}

function turn(waiting: Set<() => void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(cancelled(signal.reason));
      return;
    }
    const leave = () => {
      waiting.delete(go);
      signal.removeEventListener('abort', giveUp);
    };
    const go = () => {
      leave();
      resolve();
    };
    const giveUp = () => {
      leave();
      reject(cancelled(signal.reason));
    };
    waiting.add(go);
    signal.addEventListener('abort', giveUp, { once: true });
  });
}
