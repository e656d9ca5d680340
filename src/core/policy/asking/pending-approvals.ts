import type { YesRequest } from '../../base/authority.ts';
import { shownLine } from '../../base/clean-text.ts';
import type { Clock } from '../../base/clock.ts';
import { AppError } from '../../base/errors.ts';
import { drawCode } from '../../base/short-code.ts';
import { withoutUndefined } from '../../base/without-undefined.ts';
import type { Approval, ApprovalStore } from '../../storage/storage.ts';
import type { AgentCall } from './agent-call.ts';
import type { PersonWay } from './person-way.ts';
import { questionLine } from './question.ts';

/** How long a request waits for its yes, and the yes for its request. */
const lifeMs = 60 * 60_000;
/** More than a person looks through; keeps an agent from burying one request under many. */
const mostWaiting = 20;

const codeLength = 4;
/** One in forty thousand codes is in use at most, so a second draw is rare already. */
const mostDraws = 20;

export interface PendingOptions {
  readonly approvals: ApprovalStore;
  readonly clock: Clock;
  /** Hides secrets: what waits is stored, and shown on a screen. */
  readonly mask: (text: string) => string;
  readonly way: PersonWay;
}

/** The code under which the request waits: the one it has, or a new one. Throws `refused` when the person said no. */
export async function waitForYes(
  digest: string,
  request: YesRequest,
  call: AgentCall,
  { approvals, clock, mask, way }: PendingOptions,
): Promise<string> {
  for (let draw = 0; draw < mostDraws; draw++) {
    const known = await approvals.find(digest, call.caller);
    if (known?.state === 'declined') throw declinedBefore(request);
    if (known !== undefined) return known.code;
    const now = clock.now();
    const clean = (text: string) => questionLine(mask(text));
    const approval: Approval = {
      code: drawCode(codeLength),
      owner: call.caller,
      digest,
      tool: call.tool,
      ...withoutUndefined({ connection: request.connection }),
      summary: clean(request.summary),
      details: request.details.map(clean),
      state: 'waiting',
      createdAt: now,
      expiresAt: now + lifeMs,
    };
    const outcome = await approvals.insert(approval, mostWaiting);
    if (outcome === 'inserted') return approval.code;
    if (outcome === 'full') throw tooManyWaiting(request, way.hintForAll(call.caller));
  }
  throw new AppError('conflict', 'No code was free for the request.', {
    hint: 'Send the call again.',
    retryable: true,
  });
}

function declinedBefore({ summary }: YesRequest): AppError {
  return new AppError('refused', `A person has said no to this: ${shownLine(summary)}. Nothing was done.`, {
    hint: 'Leave it, and tell the person what it would have been for.',
  });
}

function tooManyWaiting({ summary }: YesRequest, hint: string): AppError {
  return new AppError(
    'refused',
    `A person has to say yes to this: ${shownLine(summary)}. But ${mostWaiting} requests wait for one already.`,
    { hint },
  );
}
