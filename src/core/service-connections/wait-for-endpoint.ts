import type { CallContext } from '../base/call-context.ts';
import type { Clock } from '../base/clock.ts';
import { delay } from '../base/delay.ts';
import { AppError } from '../base/errors.ts';
import { quoted } from '../base/plain-text.ts';
import { cleanMessage } from './clean-message.ts';
import { type Endpoint, stateOf } from './endpoint.ts';

/** The service's own clients poll every ten seconds, for two minutes; the first polls come sooner here. */
const firstLookMs = 2_000;
export const lookEveryMs = 10_000;
const longestWaitMs = 120_000;
/** Reserved of a call's time for what follows the wait. */
export const reserveMs = 5_000;
/** How many polls in a row may find nothing or fail before that is the result. */
const mostBlindLooks = 3;

/** How to poll an endpoint while the service works on it. */
export interface Watch {
  readonly id: string;
  readonly look: () => Promise<Endpoint | undefined>;
  readonly clock: Clock;
}

/** Polls until it can be used; throws with the service's message if it fails. */
export async function waitUntilReady({ id, look, clock }: Watch, call: CallContext): Promise<Endpoint> {
  let missing = 0;
  const ready = await poll(clock, call, async () => {
    const endpoint = await look();
    if (endpoint === undefined) {
      // A new endpoint may not be visible yet.
      missing += 1;
      if (missing >= mostBlindLooks) throw endpointGone(id);
      return undefined;
    }
    missing = 0;
    if (stateOf(endpoint) === 'failed') throw endpointFailed(endpoint, 'is not usable');
    return stateOf(endpoint) === 'ready' ? endpoint : undefined;
  });
  if (ready === undefined) throw stillInProgress(`The service connection ${quoted(id)}`);
  return ready;
}

/** Polls until it is gone. */
export async function waitUntilGone({ id, look, clock }: Watch, call: CallContext): Promise<void> {
  let failures = 0;
  const isGone = await poll(clock, call, async () => {
    const endpoint = await look();
    // A failed endpoint may stay failed until its deletion starts.
    failures = endpoint !== undefined && stateOf(endpoint) === 'failed' ? failures + 1 : 0;
    if (endpoint !== undefined && failures >= mostBlindLooks) throw endpointFailed(endpoint, 'could not be deleted');
    return endpoint === undefined ? true : undefined;
  });
  if (isGone === undefined) throw stillInProgress(`The deletion of the service connection ${quoted(id)}`);
}

/** Polls until there is an answer; undefined when the time is up. */
async function poll<Found>(
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

/** The service gave up on it. */
function endpointFailed({ id, name, operationStatus, authorization }: Endpoint, what: string): AppError {
  const said = operationStatus?.statusMessage;
  const reason = said ? `${quoted(cleanMessage(said), 1_000)}.` : 'the service gives no reason.';
  return new AppError('upstream_error', `The service connection ${quoted(name)} ${what}: ${reason}`, {
    hint: 'Check app, scope and rights in the project settings (Service connections); delete_service_connection removes a failed one, which blocks its name.',
    detail: { id, name, state: 'Failed', scheme: authorization.scheme },
  });
}

function endpointGone(id: string): AppError {
  return new AppError(
    'not_found',
    `The service connection ${quoted(id)} no longer exists, or the connection may not see it.`,
    {
      hint: 'See the existing ones with list_service_connections.',
    },
  );
}

/** Neither done nor failed when the time was up. */
function stillInProgress(what: string): AppError {
  return new AppError('timeout', `${what} is still in progress; the service continues it.`, {
    hint: 'Check again in a few minutes with list_service_connections.',
    retryable: true,
  });
}
