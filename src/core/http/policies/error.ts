import type { PipelinePolicy } from '@azure/core-rest-pipeline';
import type { Clock } from '../../base/clock.ts';
import { AppError, cancelled, type ErrorCode } from '../../base/errors.ts';
import { quoted } from '../../base/plain-text.ts';
import { readRetryAfter } from '../../base/retry-after.ts';
import { withoutUndefined } from '../../base/without-undefined.ts';
import { actsForCaller } from '../../record/connection.ts';
import { maskTokens } from '../../secrets/secret.ts';
import {
  type Answer,
  answerOf,
  doubtfulStatuses,
  type Exchange,
  exchangeOf,
  requestIdOf,
  shownUrl,
} from '../exchange.ts';
import { explainFailure, ForeignAnswerError } from '../network-problem.ts';
import { findForeignAnswer, findUntruth } from '../untrue-answer.ts';
import { readUpstreamError, requestIdIn } from '../upstream-error.ts';
import { WireFailure } from '../wire-failure.ts';
import { claimsIn } from './auth.ts';

/** Turns everything but a success into an `AppError` with a hint, once the retries are spent. */
export function errorPolicy({ clock }: { readonly clock: Clock }): PipelinePolicy {
  return {
    name: 'error',
    async sendRequest(request, next) {
      const exchange = exchangeOf(request);
      try {
        const response = await next(request);
        const answer = answerOf(exchange);
        if (!isExpected(exchange, answer)) {
          throw withClaims(mapFailedAnswer(exchange, answer, clock.now()), exchange, answer);
        }
        const untrue = exchange.isPassedOn ? undefined : mapUntrueAnswer(exchange, answer, clock.now());
        if (untrue !== undefined) throw untrue;
        return response;
      } catch (error) {
        const isCancelled = error instanceof AppError && error.code === 'cancelled';
        throw error instanceof WireFailure || isCancelled ? mapLostAnswer(exchange, error, clock.now()) : error;
      }
    },
  };
}

/** A challenge that a new token of the same sign-in did not answer: the caller has to sign in again, where it is theirs. */
function withClaims(error: AppError, { connection }: Exchange, answer: Answer): AppError {
  const claims = answer.status === 401 && actsForCaller(connection) ? claimsIn(answer) : undefined;
  const hint = 'The service wants a newer sign-in: sign in to Tenantry again in this client, then repeat the call.';
  return claims === undefined ? error : error.with({ claims, hint });
}

function isExpected(exchange: Exchange, answer: Answer): boolean {
  const { request, isPassedOn } = exchange;
  const { status } = answer;
  if ((status >= 200 && status < 300) || isPassedOn) return true;
  // Refusals are expected of the service alone.
  return request.expectedStatuses?.includes(status) === true && findForeignAnswer(exchange, answer) === undefined;
}

/** Largest part of a service's error body that is passed on, in characters of JSON. */
const maxDetailLength = 2500;

/** Services quote the address or the value that they refuse, however long it is. */
const maxMessageLength = 1500;

const codes: Readonly<Record<number, ErrorCode>> = {
  401: 'unauthenticated',
  403: 'permission_denied',
  404: 'not_found',
  408: 'upstream_unavailable',
  409: 'conflict',
  412: 'precondition_failed',
  423: 'conflict',
  429: 'throttled',
  501: 'unsupported',
  509: 'throttled',
};

const hints: Partial<Record<ErrorCode, string>> = {
  invalid_argument:
    'Check path, options and body against the reference of this operation; the same request would be refused again.',
  unauthenticated: 'Check the credential of the connection with validate_connection.',
  permission_denied: 'Check which permissions the connection has with validate_connection.',
  not_found: 'Check the id and the path; an object that was made a moment ago may take up to two minutes to appear.',
  conflict: 'Read the object again, then decide what to do.',
  precondition_failed: 'Read the object again for its current ETag, then decide what to do.',
  throttled: 'Call again after the given time.',
  unsupported: 'Leave out the property or the operation that the service does not support here.',
  upstream_unavailable: 'Call again in a little while.',
  upstream_error:
    'Check path, options and body against the reference of this operation; if they are right, report the request id to the support of the service.',
};

function isInDoubt({ repeatability }: FailedExchange, status: number): boolean {
  return repeatability === 'once' ? doubtfulStatuses.has(status) : repeatability === 'idempotent' && status === 504;
}

function generalCode(status: number): ErrorCode {
  return codes[status] ?? (status >= 500 && status !== 507 ? 'upstream_unavailable' : 'upstream_error');
}

function boundedDetail(detail: unknown): unknown {
  const text = detail === undefined ? undefined : JSON.stringify(detail);
  if (text === undefined) return detail;
  if (text.length > maxDetailLength) return { truncated: maskTokens(text.slice(0, maxDetailLength)) };
  const masked = maskTokens(text);
  // A mask never extends beyond the string that it is in.
  return masked === text ? detail : JSON.parse(masked);
}

/** The part of an exchange that decides how its failure is reported; items of a batch have it too. */
export type FailedExchange = Pick<Exchange, 'api' | 'described' | 'request' | 'repeatability' | 'tooLongMs'> &
  Partial<Pick<Exchange, 'url'>>;

/** The error for a write that may or may not have been carried out. */
function outcomeUnknown(exchange: FailedExchange, message: string, options: ConstructorParameters<typeof AppError>[2]) {
  const { api, described, request, repeatability } = exchange;
  const check = api.howToCheck?.(described) ?? 'Read the object to see whether it took effect before doing it again.';
  const mayRepeat = repeatability !== 'once';
  return new AppError('outcome_unknown', `${message} The ${request.method} may have been carried out.`, {
    ...options,
    hint: mayRepeat ? `${check} Sending the same ${request.method} again has the same effect.` : check,
    retryable: mayRepeat,
  });
}

/** Maps an answer that is not a success: by status in general, by what the API's descriptor knows in particular. */
export function mapFailedAnswer(exchange: FailedExchange, answer: Answer, now: number): AppError {
  const { api, described, tooLongMs } = exchange;
  const { status, headers, body } = answer;
  const foreign = findForeignAnswer(exchange, answer);
  if (foreign !== undefined) return new ForeignAnswerError(foreign, { title: api.title, host: hostOf(answer.url) });
  const { code: upstreamCode, message, detail } = readUpstreamError(body);
  const requestId = requestIdOf(api, headers) ?? requestIdIn(body);
  const upstream = withoutUndefined({
    url: shownUrl(answer.url),
    code: upstreamCode === '' ? undefined : upstreamCode,
    requestId,
    detail: boundedDetail(detail),
  });
  const facts = withoutUndefined({ status, upstream, retryAfterMs: tooLongMs ?? readRetryAfter(headers, now) });
  const failure = { status, code: upstreamCode, message, body, headers, request: described };
  if (isInDoubt(exchange, status) && api.isFinal?.(failure) !== true) {
    return outcomeUnknown(exchange, `${api.title} answered ${status}.`, facts);
  }
  const reading = api.classifyError(failure);
  const code = reading.code ?? generalCode(status);
  const answered = `${api.title} answered ${status}${status < 300 ? ' with an error' : ''}`;
  const said = reading.message ?? `${answered}${wordsOf(reading.said ?? message)}`;
  return new AppError(code, tooLongMs === undefined ? said : `${said} ${tooLong(tooLongMs)}`, {
    hint: tooLongMs === undefined ? (reading.hint ?? hints[code] ?? '') : waitHint(tooLongMs),
    retryable: reading.retryable ?? (code === 'throttled' || code === 'upstream_unavailable' || status === 423),
    ...facts,
    ...withoutUndefined({ detail: reading.detail, instead: reading.instead }),
  });
}

/** The error for a success that says otherwise; undefined for one that is true. */
export function mapUntrueAnswer(exchange: FailedExchange, answer: Answer, now: number): AppError | undefined {
  const { api, described, repeatability, url = answer.url } = exchange;
  const isElsewhere = URL.parse(url)?.host !== URL.parse(answer.url)?.host;
  const untruth = findUntruth({ api, request: described, answer, isElsewhere });
  if (untruth === undefined) return undefined;
  if (untruth.kind === 'error') return mapFailedAnswer(exchange, answer, now);
  const { status, headers } = answer;
  const { contentType, title } = untruth;
  const what = answer.body === undefined ? 'with nothing' : `with ${quoted(contentType || 'text', 100)}`;
  const titled = title === '' ? '' : ` (${quoted(title, 100)})`;
  const message = `${api.title} answered ${status} ${what}${titled} instead of JSON.`;
  const upstream = withoutUndefined({ url: shownUrl(answer.url), requestId: requestIdOf(api, headers) });
  if (repeatability !== 'safe') return outcomeUnknown(exchange, message, { status, upstream });
  return new AppError('upstream_error', message, { hint: untrueHint, status, upstream });
}

const untrueHint =
  'Something between here and the service may have answered in its place: a proxy, a firewall, the sign-in page of a network. Check the network and the proxy settings, then call again.';

/** The service's own words behind a sentence of ours, in backticks: others choose the names and values in them. */
function wordsOf(message: string): string {
  return message === '' ? '.' : `: ${quoted(maskTokens(message.slice(0, 2 * maxMessageLength)), maxMessageLength)}.`;
}

function tooLong(waitMs: number): string {
  return `The service asks to wait ${formatSeconds(waitMs)}, which is longer than this call may take.`;
}

function waitHint(waitMs: number): string {
  return `Call again in ${formatSeconds(waitMs)}, or with a longer timeout.`;
}

function formatSeconds(ms: number): string {
  return `${Math.ceil(ms / 1000)} s`;
}

/** Maps the end of a call that has no answer: the connection failed, the deadline passed, the caller cancelled. */
function mapLostAnswer(exchange: Exchange, error: unknown, now: number): AppError {
  const { api, call, url, repeatability } = exchange;
  const upstream = { url: shownUrl(url) };
  const isOver = now >= call.deadlineAt;
  const isWrite = repeatability !== 'safe';
  const inDoubt = isWrite && ((exchange.sent && exchange.answer === undefined) || exchange.mayHaveHappened);
  if (!(error instanceof WireFailure)) return mapEnd(exchange, error, isOver, inDoubt);
  const options = { upstream, cause: error };
  if (inDoubt) return outcomeUnknown(exchange, `The answer of ${api.title} was lost (${error.code}).`, options);
  const { what, hint, isPassing } = explainFailure(error, { title: api.title, host: hostOf(url) });
  const wait =
    exchange.tooLongMs === undefined ? '' : ` The next attempt was due in ${formatSeconds(exchange.tooLongMs)}.`;
  const code = error.kind === 'timeout' ? 'timeout' : 'upstream_unavailable';
  return new AppError(code, `${what}.${wait}`, { ...options, hint, retryable: isPassing });
}

function hostOf(url: string): string {
  return URL.parse(url)?.host ?? url;
}

/** The signal of the call aborted: at the deadline, or because the caller cancelled. */
function mapEnd(exchange: Exchange, cause: unknown, isOver: boolean, inDoubt: boolean): AppError {
  if (inDoubt) {
    const what = isOver ? 'The time of the call was over' : 'The call was cancelled';
    const error = outcomeUnknown(exchange, `${what} before the answer came.`, { cause });
    return isOver ? error : new AppError('cancelled', error.message, { hint: error.hint ?? '', cause });
  }
  if (isOver) {
    return new AppError('timeout', 'The time of the call was over before the answer came.', {
      hint: 'Call again with a longer timeout, or ask for less at once.',
      retryable: true,
      cause,
    });
  }
  return cause instanceof AppError ? cause : cancelled(cause);
}
