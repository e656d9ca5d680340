import { randomUUID } from 'node:crypto';
import { type Channel, limitedTo } from '../core/base/authority.ts';
import type { CallContext } from '../core/base/call-context.ts';
import type { Clock } from '../core/base/clock.ts';
import { AppError } from '../core/base/errors.ts';
import type { PromptRequest } from '../core/connections/secret-prompt.ts';

/** What every way of asking for a secret on a page says, and how a page works when its call has ended. */

type Wanted = Pick<PromptRequest, 'record' | 'fields'>;

/** Until when the page waits. */
interface Waiting {
  /** Epoch milliseconds. */
  readonly expiresAt: number;
}

/** A validation of many linked services takes a while; nobody waits for it but the page. */
const workMs = 5 * 60_000;

/** What is left of a call's time when waiting ends. */
export const reserveMs = 1_500;

/** What is asked for, so that the same wish finds its page again. */
export function wishOf({ fields, asksPassphrase, ...request }: PromptRequest): string {
  const { asked, changes, granted, replacesIdentity } = request;
  return JSON.stringify([
    [...fields, asksPassphrase],
    Object.entries(asked).sort(),
    Object.entries(changes).sort(),
    replacesIdentity,
    granted,
  ]);
}

export function messageOf({ record, fields }: Wanted): string {
  return `Enter ${fields.join(' and ')} of the connection ${record.name}.`;
}

export function timeOf({ expiresAt }: Waiting): string {
  return `${new Date(expiresAt).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

export function stillOpen({ record, fields }: Wanted, page: Waiting): string {
  return (
    `The person has not entered ${fields.join(' and ')} yet. The page stays open until ${timeOf(page)} and completes ${record.name} by itself: ` +
    `look at list_connections with name ${record.name} then, or call validate_connection.`
  );
}

export function closed({ record, fields }: Wanted): AppError {
  return new AppError('timeout', `The person did not enter ${fields.join(' and ')} while the page was open.`, {
    hint: `The connection ${record.name} is as it was. Ask the person, then call complete_connection again for a new page.`,
    retryable: true,
  });
}

/** For whom a page works, and what they had said yes to. */
export type Asker = Pick<PromptRequest, 'caller' | 'granted'>;

/** What the page does is done for the call that asked: it may nothing that this call had to ask a person for. */
export function pageCall({ caller, granted }: Asker, clock: Clock, channel: Channel): CallContext {
  return {
    caller,
    signal: AbortSignal.timeout(workMs),
    deadlineAt: clock.now() + workMs,
    clientRequestId: randomUUID(),
    authority: limitedTo(granted, channel),
    covered: new Set(),
    record: { requests: 0, attempts: 0, pages: 0, requestId: undefined, notes: [] },
    note: () => undefined,
    progress: () => undefined,
  };
}
