import type { CallContext } from '../base/call-context.ts';
import type { Clock } from '../base/clock.ts';
import { delay } from '../base/delay.ts';
import { AppError } from '../base/errors.ts';

/** The service's own clients look every ten seconds, for two minutes; the first looks come sooner here. */
const firstLookMs = 2_000;
export const lookEveryMs = 10_000;
const longestWaitMs = 120_000;
/** Of a call's time, for what comes after the waiting. */
export const reserveMs = 5_000;
/** Looks in a row that may find nothing, or fail, before that is what counts. */
export const mostBlindLooks = 3;

/** Looks until there is an answer; undefined when the time is up. */
export async function poll<Found>(
  clock: Clock,
  call: CallContext,
  look: () => Promise<Found | undefined>,
): Promise<Found | undefined> {
  const until = Math.min(clock.now() + longestWaitMs, call.deadlineAt - reserveMs);
  let failures = 0;
  for (let waitMs = firstLookMs; ; waitMs = Math.min(lookEveryMs, waitMs * 2)) {
    try {
      const found = await look();
      if (found !== undefined) return found;
      failures = 0;
    } catch (error) {
      failures += 1;
      const isPassing = error instanceof AppError && error.retryable && !call.signal.aborted;
      if (!isPassing || failures >= mostBlindLooks) throw error;
    }
    if (clock.now() + waitMs > until) return undefined;
    await delay(waitMs, call.signal);
  }
}
