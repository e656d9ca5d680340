import { vi } from 'vitest';

/** Fakes the timers and the date. From then on, tests await through `passTime`. */
export function fakeTime(): void {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
}

/**
 * Advances fake time in steps of 25 ms until the promise settles. Time advances only while something waits for it, so
 * work that takes real time (imports, keys) is not overtaken.
 */
export async function passTime<Result>(promise: Promise<Result>): Promise<Result> {
  let isSettled = false;
  const settled = promise.finally(() => {
    isSettled = true;
  });
  settled.catch(() => undefined);
  for (let step = 0; step < 1_000_000 && !isSettled; step++) {
    if (vi.getTimerCount() > 0 && !isReallyBusy()) await vi.advanceTimersByTimeAsync(25);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return settled;
}

/** Files, keys, and imports take real time, so fake time stands still while they are in progress. */
function isReallyBusy(): boolean {
  return process.getActiveResourcesInfo().some((resource) => /(?:Req|Job)/.test(resource));
}
