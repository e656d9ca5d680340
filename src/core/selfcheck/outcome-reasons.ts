import { AppError } from '../base/errors.ts';
import { withoutUndefined } from '../base/without-undefined.ts';
import { WireFailure } from '../http/wire-failure.ts';
import { type ComparedAnswer, readCode } from './compare-answer.ts';
import { MissingFact } from './facts.ts';
import type { CheckedService, Difference, Outcome } from './self-check.ts';
import { NoAnswer } from './send-request.ts';
import { codeInWords } from './vocabulary.ts';

/** A check that has nothing to compare, and why. All texts are ours. */
export interface Apart {
  readonly outcome: Outcome;
  readonly reason: string;
  /** What is not granted. */
  readonly needs?: string;
  readonly differences?: readonly Difference[];
  /** No other request to the service would be answered. */
  readonly closes?: true;
}

const keptOut = 'the network rules of the service do not let this address in';
const notGranted = 'not granted';
const unexpected = 'an unexpected failure of Tenantry';
const foreign = 'something in the network answered in the place of the service';
const incomplete = 'the connection is not complete for it';
const isThrottling = 'throttled for longer than a check waits';

/** Refusals that say something about the tenant and nothing about the assumption, by their code. */
const circumstances: Readonly<Record<string, string>> = {
  Authentication_RequestFromNonPremiumTenantOrB2CTenant: 'the tenant has no Entra ID P1 licence',
  MissingSubscriptionRegistration: 'the subscription is not registered for the provider',
  SubscriptionNotFound: 'the subscription is not visible to the connection',
  ReadOnlyDisabledSubscription: 'the subscription is disabled',
  ErrorInvalidUser: 'the user has no mailbox',
  ErrorNonExistentMailbox: 'the user has no mailbox',
  MailboxNotEnabledForRESTAPI: 'the user has no mailbox',
  AuthorizationFailure: keptOut,
  PublicAccessNotPermitted: keptOut,
};

/**
 * A refusal that is not the assumed answer and no difference either: the connection may not ask, or the tenant has not what
 * is asked for.
 */
export function explainRefusal(
  service: CheckedService,
  answer: ComparedAnswer,
  needs: string | undefined,
): Apart | undefined {
  const code = readCode(service, answer);
  const circumstance = Object.hasOwn(circumstances, code) ? circumstances[code] : undefined;
  if (circumstance !== undefined) return { outcome: 'skipped', reason: circumstance };
  if (service === 'servicebus' && isKeptOut(answer.body)) return { outcome: 'skipped', reason: keptOut };
  // Service Bus answers a missing role with 401, as it does a wrong token.
  const isNotGranted = answer.status === 403 || (answer.status === 401 && service === 'servicebus');
  if (isNotGranted) return { outcome: 'skipped', reason: notGranted, ...withoutUndefined({ needs }) };
  if (answer.status !== 401) return undefined;
  return { outcome: 'failed', reason: 'the service does not take the token of the connection', closes: true };
}

/**
 * Service Bus has no code for an address that its rules keep out.
 * https://learn.microsoft.com/azure/service-bus-messaging/service-bus-troubleshooting-guide
 */
function isKeptOut(body: unknown): boolean {
  return typeof body === 'string' && /has been prevented to connect/i.test(body);
}

/** A request without an answer. A mistake of ours does not cost the rest of the report. */
export function explainTrouble(error: unknown): Apart {
  if (error instanceof MissingFact) return { outcome: 'skipped', reason: `no ${error.what} to ask about` };
  if (error instanceof NoAnswer) return explainNoAnswer(error);
  if (!(error instanceof AppError)) return { outcome: 'failed', reason: unexpected };
  const { code, status, upstream, cause } = error;
  if (status !== undefined && status < 300) {
    if (upstream?.requestId === undefined) return { outcome: 'failed', reason: foreign };
    const seen = 'another form, or an error';
    const difference = { about: 'shape', what: 'the answer', assumed: 'JSON', seen } as const;
    return { outcome: 'differs', reason: 'a success that is none', differences: [difference] };
  }
  switch (code) {
    case 'throttled':
      return { outcome: 'skipped', reason: isThrottling };
    case 'permission_denied':
      return { outcome: 'skipped', reason: notGranted };
    case 'refused':
      return { outcome: 'skipped', reason: 'the policy of the connection does not allow it' };
    case 'configuration':
      if (upstream?.code === undefined) return { outcome: 'failed', reason: incomplete, closes: true };
      return { outcome: 'failed', reason: `no token: ${codeInWords(upstream.code)}`, closes: true };
    case 'unauthenticated':
      return { outcome: 'failed', reason: `no token: ${codeInWords(upstream?.code ?? '')}`, closes: true };
    default: {
      // Below 500, only what came from the network is said to be unavailable.
      if (code === 'upstream_unavailable' && status !== undefined && status < 500 && status !== 408) {
        return { outcome: 'failed', reason: foreign };
      }
      const wire = cause instanceof WireFailure ? cause.code : code;
      return {
        outcome: 'failed',
        reason: status === undefined ? `no answer: ${wire}` : `the service answered ${status}`,
      };
    }
  }
}

const reached: Readonly<Record<NoAnswer['stage'], string>> = {
  token: 'no token for the service',
  discover: 'the address of the service is not one of the cloud',
  network: 'the service could not be reached',
  authorize: 'the service did not answer',
  foreign,
};

function explainNoAnswer({ stage, isBusy }: NoAnswer): Apart {
  return isBusy ? { outcome: 'skipped', reason: isThrottling } : { outcome: 'failed', reason: reached[stage] };
}
