import { AppError } from '../base/errors.ts';
import { withoutUndefined } from '../base/without-undefined.ts';
import type { ApiResponse } from './api-client.ts';

/** For an answer that lacks what it is read for: something else than the service may have answered. */
export function notInForm(what: string, { status, requestId }: Pick<ApiResponse, 'status' | 'requestId'>): AppError {
  return new AppError('upstream_error', `The answer about ${what} is not in the documented form.`, {
    hint: 'Call again; if it persists, check whether a proxy answers instead of the service.',
    status,
    retryable: true,
    ...(requestId === undefined ? {} : { upstream: withoutUndefined({ requestId }) }),
  });
}
