import type { AppError, ErrorCode, UpstreamFailure } from './errors.ts';
import { isRecord, textOf } from './guards.ts';
import { withoutUndefined } from './without-undefined.ts';

/** Status for failures that no HTTP answer caused. */
const statusOfCode: Readonly<Record<ErrorCode, number>> = {
  invalid_argument: 400,
  configuration: 500,
  unauthenticated: 401,
  permission_denied: 403,
  not_found: 404,
  conflict: 409,
  precondition_failed: 412,
  throttled: 429,
  timeout: 504,
  upstream_error: 502,
  upstream_unavailable: 503,
  outcome_unknown: 504,
  cancelled: 499,
  refused: 403,
  unsupported: 501,
};

/** HTTP status of an error: that of the answer that caused it, or the usual one of its code. */
export function statusOf(error: AppError): number {
  return error.status ?? statusOfCode[error.code];
}

/** A call of a tool, ready to be sent. */
export interface NextCall {
  readonly tool: string;
  readonly arguments: Readonly<Record<string, unknown>>;
}

/** An error as programs see it (`response.error`, and the `error` of a batch item): with address and words of the service. */
export function errorBody(error: AppError): Readonly<Record<string, unknown>> {
  const { code, message, hint, retryable, retryAfterMs, status, upstream, detail, wayToYes, instead } = error;
  return withoutUndefined({
    code,
    message,
    hint,
    ...wayToYes,
    retryable,
    retry_after_seconds: retryAfterMs === undefined ? undefined : Math.ceil(retryAfterMs / 1_000),
    error: status === undefined ? undefined : `HTTP Error ${status}`,
    upstream: upstream && upstreamBody(upstream),
    detail,
    instead,
  });
}

function upstreamBody({ url, code, requestId, detail }: UpstreamFailure): Readonly<Record<string, unknown>> {
  return withoutUndefined({ url, code, request_id: requestId, detail });
}

/**
 * The same for a model, which is told nothing twice: the message has the service's words and status already. `next` is the
 * call that the refused one should have been.
 */
export function shortErrorBody(body: ReturnType<typeof errorBody>, next?: NextCall): Readonly<Record<string, unknown>> {
  const { error: _status, instead: _request, upstream, detail, ...ours } = body;
  const sentences = `${textOf(ours['message'])} ${textOf(ours['hint'])}`;
  const said = withNext(ours, next);
  return withoutUndefined({ ...said, upstream: upstreamNames(upstream), detail: unsaid(detail, sentences) });
}

/** `try` stands behind the hint. */
function withNext(body: Readonly<Record<string, unknown>>, next: NextCall | undefined) {
  if (next === undefined) return body;
  const { code, message, hint, ...rest } = body;
  return withoutUndefined({ code, message, hint, try: next, ...rest });
}

/** What Microsoft support asks for. */
function upstreamNames(upstream: unknown): Readonly<Record<string, unknown>> | undefined {
  const { code, request_id } = isRecord(upstream) ? upstream : {};
  return code === undefined && request_id === undefined ? undefined : withoutUndefined({ code, request_id });
}

/** The details that the sentences do not name; undefined when they name all. */
function unsaid(detail: unknown, sentences: string): Readonly<Record<string, unknown>> | undefined {
  const left = Object.entries(isRecord(detail) ? detail : {}).filter(([, value]) => !isSaid(value, sentences));
  return left.length === 0 ? undefined : Object.fromEntries(left);
}

/** Whether every word and number of a value stands in the sentences, as a word of its own. */
function isSaid(value: unknown, sentences: string): boolean {
  if (Array.isArray(value)) return value.every((one) => isSaid(one, sentences));
  if (typeof value === 'number') return isSaid(String(value), sentences);
  if (typeof value !== 'string' || value === '') return false;
  const isWord = (character: string | undefined) => character !== undefined && /[\p{L}\p{N}_]/u.test(character);
  for (let at = sentences.indexOf(value); at >= 0; at = sentences.indexOf(value, at + 1)) {
    if (!isWord(sentences[at - 1]) && !isWord(sentences[at + value.length])) return true;
  }
  return false;
}

/** Most characters of the JSON of an error: with the envelope around it, an answer stays under 11,000. */
const mostErrorLength = 9_500;

/** The body, bounded: what a service sent goes first, then our own details, then the end of the sentences. */
export function boundedErrorBody(
  error: AppError,
  { verbose = false, next }: { readonly verbose?: boolean; readonly next?: NextCall | undefined } = {},
): Readonly<Record<string, unknown>> {
  const { instead: _request, ...whole } = errorBody(error);
  const short = shortErrorBody(whole, next);
  const bodies = [
    ...(verbose ? [withNext(whole, next)] : []),
    short,
    withoutUndefined({ ...short, detail: undefined }),
  ];
  const fitting = bodies.find((body) => JSON.stringify(body).length <= mostErrorLength);
  if (fitting !== undefined) return fitting;
  const cut = (text: string | undefined) => (text === undefined ? undefined : text.slice(0, 2_000).toWellFormed());
  return withoutUndefined({
    ...short,
    detail: undefined,
    try: undefined,
    message: cut(error.message),
    hint: cut(error.hint),
    upstream: undefined,
  });
}

/** What each error code tells the caller; docs/errors.md is generated from it. */
export const errorMeanings: Readonly<Record<ErrorCode, string>> = {
  invalid_argument: 'The input is wrong. The message names the field; the hint says what is valid. Nothing was sent.',
  configuration:
    'The server or the connection is not set up for this: a broken file, a missing secret, a wrong master key.',
  unauthenticated: 'No token could be obtained, or the service refused it even after a fresh one.',
  permission_denied: 'The identity is known but may not do this. The hint names the least-privileged permission.',
  not_found: 'The object, the connection or the stored result does not exist, or the identity cannot see it.',
  conflict: 'Something with this name or key exists already, or someone else changed the object at the same time.',
  precondition_failed: 'An `If-Match` condition did not hold: read the object again, then decide what to do.',
  throttled: 'The service asks for a pause longer than this call may wait, or the local queue is full.',
  timeout:
    'The deadline of the call passed before an answer came. Only reads and writes that were not sent end this way.',
  upstream_error: 'The service refused or failed in a way that has no code of its own; the message has its words.',
  upstream_unavailable: 'The service could not be reached or kept failing; what may be repeated was repeated.',
  outcome_unknown:
    'A write was sent and its answer was lost: it may have happened. The hint says how to check. Do not just repeat it.',
  cancelled:
    'The caller cancelled. Nothing more was sent; a write that was under way may have been carried out, and then the message says so.',
  refused:
    'A rule of the operator forbids it, or a person has to say yes first: then `pending` has the code for `tenantry approve`, or `confirm` the handle that confirms exactly this call.',
  unsupported: 'Tenantry knows what was asked for and cannot do it here; the hint says what to use instead.',
};
