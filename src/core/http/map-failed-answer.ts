import { AppError, type ErrorCode } from '../base/errors.ts';
import { readRetryAfter } from '../base/retry-after.ts';
import { maskTokens } from '../secrets/mask-tokens.ts';
import { readUpstreamError } from './error-body.ts';
import type { Answer, Exchange } from './exchange.ts';
import { requestIdOf } from './request-id-of.ts';

/** Largest part of a service's error body that is passed on, in characters of JSON. */
const maxDetailLength = 4000;

/** Services repeat the address or the value that they refuse, however long it is. */
const maxMessageLength = 2000;

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
  invalid_argument: 'Correct the request as the message says.',
  unauthenticated: 'Check the credential of the connection with validate_connection.',
  permission_denied: 'Check which permissions the connection has with validate_connection.',
  not_found: 'Check the id and the path; an object that was made a moment ago may take up to two minutes to appear.',
  conflict: 'Read the object again and decide anew.',
  precondition_failed: 'Read the object again for its current ETag, then decide anew.',
  throttled: 'Call again after the given time.',
  unsupported: 'Leave out the property or the operation that the service does not support here.',
  upstream_unavailable: 'Call again in a little while.',
  upstream_error: 'Correct the request as the message says.',
};

/** Statuses of a POST after which nobody knows whether it was carried out. https://learn.microsoft.com/graph/errors */
const doubtfulAfterPost = new Set([408, 500, 502, 503, 504]);

function isInDoubt(exchange: FailedExchange, status: number): boolean {
  const { repeatability } = exchange;
  return repeatability === 'once' ? doubtfulAfterPost.has(status) : repeatability === 'idempotent' && status === 504;
}

function generalCode(status: number): ErrorCode {
  return codes[status] ?? (status >= 500 && status !== 507 ? 'upstream_unavailable' : 'upstream_error');
}

/** The address without its query, which may hold names, filters and page tokens. */
export function shownUrl(url: string): string {
  return url.split(/[?#]/, 1)[0] ?? '';
}

function boundedDetail(detail: unknown): unknown {
  const text = detail === undefined ? undefined : JSON.stringify(detail);
  if (text === undefined) return detail;
  if (text.length > maxDetailLength) return { truncated: maskTokens(text.slice(0, maxDetailLength)) };
  const masked = maskTokens(text);
  // No mask reaches beyond the string that it is in.
  return masked === text ? detail : JSON.parse(masked);
}

/** What of an exchange decides how its failure is told; items of a batch have this much too. */
export type FailedExchange = Pick<Exchange, 'api' | 'described' | 'request' | 'repeatability' | 'tooLongMs'>;

/** The error for a write that may or may not have been carried out. */
export function outcomeUnknown(
  exchange: FailedExchange,
  message: string,
  options: ConstructorParameters<typeof AppError>[2],
) {
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
  const { code: upstreamCode, message, detail } = readUpstreamError(body);
  const requestId = requestIdOf(api, headers);
  const upstream = {
    url: shownUrl(answer.url),
    ...(upstreamCode === '' ? {} : { code: upstreamCode }),
    ...(requestId === undefined ? {} : { requestId }),
    ...(detail === undefined ? {} : { detail: boundedDetail(detail) }),
  };
  const retryAfterMs = tooLongMs ?? readRetryAfter(headers, now);
  const timing = retryAfterMs === undefined ? {} : { retryAfterMs };
  const failure = { status, code: upstreamCode, message, body, headers, request: described };
  if (isInDoubt(exchange, status) && api.isFinal?.(failure) !== true) {
    return outcomeUnknown(exchange, `${api.title} answered ${status}.`, { status, upstream, ...timing });
  }
  const reading = api.classifyError(failure);
  const code = reading.code ?? generalCode(status);
  const said = cut(reading.message ?? (message || `${api.title} answered ${status}.`));
  return new AppError(code, tooLongMs === undefined ? said : `${said} ${tooLong(tooLongMs)}`, {
    hint: tooLongMs === undefined ? (reading.hint ?? hints[code] ?? '') : waitHint(tooLongMs),
    status,
    retryable: reading.retryable ?? (code === 'throttled' || code === 'upstream_unavailable' || status === 423),
    upstream,
    ...timing,
  });
}

function cut(message: string): string {
  return maskTokens(message.length <= maxMessageLength ? message : `${message.slice(0, maxMessageLength)}…`);
}

function tooLong(waitMs: number): string {
  return `The service asks to wait ${formatSeconds(waitMs)}, which is longer than this call may take.`;
}

function waitHint(waitMs: number): string {
  return `Call again in ${formatSeconds(waitMs)}, or with a longer timeout.`;
}

export function formatSeconds(ms: number): string {
  return `${Math.ceil(ms / 1000)} s`;
}
