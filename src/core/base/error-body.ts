import type { AppError, ErrorCode, UpstreamFailure } from './errors.ts';

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

/** HTTP status that stands for an error: that of the answer which caused it, or the usual one of its code. */
export function statusOf(error: AppError): number {
  return error.status ?? statusOfCode[error.code];
}

/** An error as callers see it (`response.error`, and the `error` of a batch item). */
export function errorBody(error: AppError): Readonly<Record<string, unknown>> {
  return {
    code: error.code,
    message: error.message,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    retryable: error.retryable,
    ...(error.retryAfterMs === undefined ? {} : { retry_after_seconds: Math.ceil(error.retryAfterMs / 1_000) }),
    ...(error.status === undefined ? {} : { error: `HTTP Error ${error.status}` }),
    ...(error.upstream === undefined ? {} : { upstream: upstreamBody(error.upstream) }),
    ...(error.detail === undefined ? {} : { detail: error.detail }),
  };
}

function upstreamBody({ url, code, requestId, detail }: UpstreamFailure): Readonly<Record<string, unknown>> {
  return {
    ...(url === undefined ? {} : { url }),
    ...(code === undefined ? {} : { code }),
    ...(requestId === undefined ? {} : { request_id: requestId }),
    ...(detail === undefined ? {} : { detail }),
  };
}
