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
  for (let step = 0; step < 1_000_000 && !isSettled; step++) {
    if (vi.getTimerCount() > 0 && !isReallyBusy()) await vi.advanceTimersByTimeAsync(25);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return settled;
}

/** Files, keys and imports take real time, however loaded the machine is: while they are under way, none passes. */
function isReallyBusy(): boolean {
  return process.getActiveResourcesInfo().some((resource) => /(?:Req|Job)/.test(resource));
}
