import { readRateLimitReset, readRetryAfter } from '../base/retry-after.ts';
import type { Answer, Repeatability } from './exchange.ts';
import type { RetrySettings } from './settings.ts';
import type { WireFailure } from './wire-failure.ts';

/** How an attempt ended, as far as repeating it is concerned. */
export type AttemptOutcome =
  | {
      readonly kind: 'answer';
      readonly answer: Pick<Answer, 'status' | 'headers'>;
      readonly transient: boolean;
      /** The service says that another attempt would end alike. */
      readonly isFinal?: boolean;
    }
  | { readonly kind: 'failure'; readonly failure: Pick<WireFailure, 'kind' | 'sent'> };

export interface RetryQuestion {
  readonly outcome: AttemptOutcome;
  readonly repeatability: Repeatability;
  /** Running number of the attempt that just ended, from 1. */
  readonly attempt: number;
  readonly settings: RetrySettings;
  readonly now: number;
  /** Between 0 and 1. */
  readonly random: () => number;
}

/** The longest wait of our own choosing; waits that a service asks for are never shortened. */
const maxBackoffMs = 60_000;

/** Statuses with which a service says "slow down" or "not now" before it has done anything. */
const refusals = new Set([429, 509]);

/** A locked object is tried again this often, whatever `max_attempts` says. */
const maxLockedAttempts = 3;

function backoff({ attempt, settings, random }: RetryQuestion): number {
  const exponential = settings.backoffBaseMs * settings.backoffFactor ** (attempt - 1);
  return Math.min(exponential, maxBackoffMs) + random() * settings.jitterMs;
}

/**
 * Whether a service that answered like this wants everybody to wait, and how long: 429 always, 503 when it names a
 * time. Undefined otherwise. Jitter only ever lengthens it.
 * https://learn.microsoft.com/graph/throttling
 */
export function serverWait(question: RetryQuestion): number | undefined {
  const { outcome, settings, now, random } = question;
  if (outcome.kind === 'failure') return undefined;
  const { status, headers } = outcome.answer;
  const asked = readRetryAfter(headers, now, settings.retryAfterHeaders);
  if (refusals.has(status)) {
    const longest = Math.max(asked ?? 0, readRateLimitReset(headers, now) ?? 0);
    return longest > 0 || asked !== undefined ? longest + random() * settings.jitterMs : backoff(question);
  }
  return status === 503 && asked !== undefined ? asked + random() * settings.jitterMs : undefined;
}

/** Whether the attempt may be made again, by method and status. https://learn.microsoft.com/graph/errors */
function mayRepeat({ outcome, repeatability, attempt, settings }: RetryQuestion, hasWait: boolean): boolean {
  const isRepeatable = repeatability !== 'once';
  if (outcome.kind === 'failure') return outcome.failure.kind !== 'tls' && (isRepeatable || !outcome.failure.sent);
  if (outcome.isFinal === true) return false;
  const { status } = outcome.answer;
  const isListed = settings.retryOnStatus.includes(status);
  switch (status) {
    case 429:
      return isListed;
    case 509:
      return true;
    case 503:
      return isListed && (isRepeatable || hasWait);
    case 423:
      return attempt < maxLockedAttempts;
    case 425:
      return isRepeatable;
    default:
      return outcome.transient || (isListed && isRepeatable);
  }
}

/** Milliseconds to wait before the next attempt, or undefined when there must not be one. */
export function retryDelay(question: RetryQuestion): number | undefined {
  const { outcome, attempt, settings, now, random } = question;
  const wait = serverWait(question);
  if (attempt >= settings.maxAttempts || !mayRepeat(question, wait !== undefined)) return undefined;
  if (wait !== undefined) return wait;
  const asked =
    outcome.kind === 'answer' ? readRetryAfter(outcome.answer.headers, now, settings.retryAfterHeaders) : undefined;
  return asked === undefined ? backoff(question) : asked + random() * settings.jitterMs;
}
