import { vi } from 'vitest';

/** Fakes the timers and the date; what a test awaits from then on goes through `passTime`. */
export function fakeTime(): void {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
}

/**
 * Lets fake time pass, in steps of 25 ms, until the promise is settled. Only while something waits for it: work that
 * takes real time (imports, keys) is not outrun.
 */
export async function passTime<Result>(promise: Promise<Result>): Promise<Result> {
  let isSettled = false;
  const settled = promise.finally(() => {
    isSettled = true;
  });
  settled.catch(() => undefined);
  for (let step = 0; step < 100_000 && !isSettled; step++) {
    if (vi.getTimerCount() > 0) {
      await vi.advanceTimersByTimeAsync(25);
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  return settled;
}
