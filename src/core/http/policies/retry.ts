import type { PipelinePolicy, PipelineRequest, PipelineResponse, SendRequest } from '@azure/core-rest-pipeline';
import type { Clock } from '../../base/clock.ts';
import { outwait } from '../../base/patience.ts';
import { readRateLimitReset, readRetryAfter } from '../../base/retry-after.ts';
import type { Telemetry } from '../../telemetry/telemetry.ts';
import type { FailedAnswer } from '../api-descriptor.ts';
import { type Answer, doubtfulStatuses, type Exchange, exchangeOf, type Repeatability } from '../exchange.ts';
import type { RetrySettings } from '../settings.ts';
import { readUpstreamError } from '../upstream-error.ts';
import { WireFailure } from '../wire-failure.ts';
import { prepareReplay } from './auth.ts';

export interface RetryOptions {
  readonly settings: RetrySettings;
  readonly clock: Clock;
  /** Between 0 and 1, for the jitter. */
  readonly random: () => number;
  readonly telemetry: Telemetry;
}

type Settled =
  | { readonly response: PipelineResponse; readonly failure?: undefined }
  | { readonly failure: WireFailure };

/** Repeats what is safe to repeat, after as long as the service asks, within attempts, elapsed time and deadline. */
export function retryPolicy(options: RetryOptions): PipelinePolicy {
  return {
    name: 'retry',
    async sendRequest(request, next) {
      const exchange = exchangeOf(request);
      for (;;) {
        const settled = await attemptOnce(request, next, exchange);
        if (prepareReplay(exchange)) continue;
        const waitMs = chooseWait(settled, exchange, options);
        if (waitMs === undefined) return finish(settled, exchange);
        // A pause that the limiter knows is spent in its queue, where replays go first.
        const { signal, patience } = exchange.call;
        if (exchange.pausedUntil === undefined && !(await outwait(waitMs, signal, patience))) {
          return finish(settled, exchange);
        }
        // https://learn.microsoft.com/graph/errors: after a 503 the next attempt goes over a new connection.
        request.disableKeepAlive = exchange.answer?.status === 503;
        exchange.attempt += 1;
      }
    },
  };
}

async function attemptOnce(request: PipelineRequest, next: SendRequest, exchange: Exchange): Promise<Settled> {
  const { record } = exchange.call;
  record.attempts = Math.max(record.attempts, exchange.attempt);
  exchange.sent = false;
  exchange.answer = undefined;
  exchange.pausedUntil = undefined;
  try {
    return { response: await next(request) };
  } catch (error) {
    if (error instanceof WireFailure) return { failure: error };
    throw error;
  }
}

/** How long to wait for the next attempt; undefined when this was the last. */
function chooseWait(settled: Settled, exchange: Exchange, options: RetryOptions): number | undefined {
  const { settings, clock, random, telemetry } = options;
  const { attempt, repeatability } = exchange;
  const outcome = toOutcome(settled, exchange);
  const now = clock.now();
  const planned = retryDelay({ outcome, repeatability, attempt, settings, now, random });
  const status = { 'http.response.status_code': exchange.answer?.status ?? 0 };
  if (planned === undefined) {
    telemetry.record('azure.request.retry.attempts', attempt, status);
    return undefined;
  }
  const waitMs = exchange.pausedUntil === undefined ? planned : Math.max(0, exchange.pausedUntil - now);
  const isTooLong =
    now + waitMs > exchange.call.deadlineAt || now + waitMs - exchange.startedAt > settings.maxElapsedMs;
  if (isTooLong) {
    exchange.tooLongMs = waitMs;
    return undefined;
  }
  telemetry.record('azure.request.retry.delay', waitMs / 1000, status);
  return waitMs;
}

function toOutcome(settled: Settled, exchange: Exchange): AttemptOutcome {
  const { answer } = exchange;
  if (settled.failure !== undefined || answer === undefined) {
    const failure = settled.failure ?? new WireFailure('reset', 'UNKNOWN', true);
    exchange.mayHaveHappened ||= failure.sent;
    return { kind: 'failure', failure };
  }
  const failure = toFailedAnswer(exchange);
  const isFinal = failure !== undefined && exchange.api.isFinal?.(failure) === true;
  exchange.mayHaveHappened ||= doubtfulStatuses.has(answer.status);
  return { kind: 'answer', answer, transient: failure !== undefined && isTransient(failure, exchange), isFinal };
}

function toFailedAnswer({ answer, described }: Exchange): FailedAnswer | undefined {
  if (answer === undefined || answer.status < 400) return undefined;
  const { status, body, headers } = answer;
  const { code, message } = readUpstreamError(body);
  return { status, code, message, body, headers, request: described };
}

/** Answers that say "nothing was done, try again" in their body. https://learn.microsoft.com/graph/errors */
function isTransient(failure: FailedAnswer, { api }: Exchange): boolean {
  const isConcurrency = failure.status === 409 && failure.code === 'Directory_ConcurrencyViolation';
  return isConcurrency || (api.isTransient?.(failure) ?? false);
}

/** A repeated DELETE that finds nothing was carried out by an earlier attempt whose answer was lost. */
function finish(settled: Settled, exchange: Exchange): PipelineResponse {
  if (settled.failure !== undefined) throw settled.failure;
  const { answer, request, call, attempt, mayHaveHappened } = exchange;
  if (answer?.status === 404 && request.method === 'DELETE' && attempt > 1 && mayHaveHappened) {
    exchange.answer = { status: 204, headers: answer.headers, url: answer.url, body: undefined, sizeBytes: 0 };
    call.note('The answer to the first DELETE was lost; the object is gone, so it is reported as deleted.');
  }
  return settled.response;
}

/** How an attempt ended, as far as repeating it is concerned. */
export type AttemptOutcome =
  | {
      readonly kind: 'answer';
      readonly answer: Pick<Answer, 'status' | 'headers'>;
      readonly transient: boolean;
      /** The service says that another attempt would fail too. */
      readonly isFinal?: boolean;
    }
  | { readonly kind: 'failure'; readonly failure: Pick<WireFailure, 'sent' | 'isLasting'> };

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

/** The longest wait that we choose ourselves; waits that a service asks for are never shortened. */
const maxBackoffMs = 60_000;

/** Statuses with which a service says "slow down" or "not now" before it has done anything. */
const refusals = new Set([429, 509]);

/** A locked object is tried again this often, whatever `max_attempts` says. */
const maxLockedAttempts = 3;

/** A wait that the service names is kept as it is, but for a hundredth: enough to part the nodes that it holds back. */
const jitterShare = 0.01;

/** What the service asked for and a little more, never less. */
function withJitter(asked: number, { settings, random }: RetryQuestion): number {
  return asked + random() * Math.min(settings.jitterMs, asked * jitterShare);
}

function backoff({ attempt, settings, random }: RetryQuestion): number {
  const exponential = settings.backoffBaseMs * settings.backoffFactor ** (attempt - 1);
  return Math.min(exponential, maxBackoffMs) + random() * settings.jitterMs;
}

/**
 * How long a service that answered like this wants all requests to wait: 429 always, 503 when it names a time; undefined
 * otherwise. Jitter only lengthens the wait.
 * https://learn.microsoft.com/graph/throttling
 */
export function serverWait(question: RetryQuestion): number | undefined {
  const { outcome, settings, now } = question;
  if (outcome.kind === 'failure') return undefined;
  const { status, headers } = outcome.answer;
  const asked = readRetryAfter(headers, now, settings.retryAfterHeaders);
  if (refusals.has(status)) {
    const longest = Math.max(asked ?? 0, readRateLimitReset(headers, now) ?? 0);
    return longest > 0 || asked !== undefined ? withJitter(longest, question) : backoff(question);
  }
  return status === 503 && asked !== undefined ? withJitter(asked, question) : undefined;
}

/** Whether the attempt may be made again, by method and status. https://learn.microsoft.com/graph/errors */
function mayRepeat({ outcome, repeatability, attempt, settings }: RetryQuestion, hasWait: boolean): boolean {
  const isRepeatable = repeatability !== 'once';
  if (outcome.kind === 'failure') return !outcome.failure.isLasting && (isRepeatable || !outcome.failure.sent);
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
  const { outcome, attempt, settings, now } = question;
  const wait = serverWait(question);
  if (attempt >= settings.maxAttempts || !mayRepeat(question, wait !== undefined)) return undefined;
  if (wait !== undefined) return wait;
  const asked =
    outcome.kind === 'answer' ? readRetryAfter(outcome.answer.headers, now, settings.retryAfterHeaders) : undefined;
  return asked === undefined ? backoff(question) : withJitter(asked, question);
}
