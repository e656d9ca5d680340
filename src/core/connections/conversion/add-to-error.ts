import { AppError } from '../../base/errors.ts';

/** The same failure with one more sentence, and another next step where one is given. */
export function addToError(error: AppError, sentence: string, hint?: string): AppError {
  const nextStep = hint ?? error.hint;
  return new AppError(error.code, `${error.message} ${sentence}`, {
    ...(nextStep === undefined ? {} : { hint: nextStep }),
    ...(error.status === undefined ? {} : { status: error.status }),
    ...(error.retryAfterMs === undefined ? {} : { retryAfterMs: error.retryAfterMs }),
    ...(error.upstream === undefined ? {} : { upstream: error.upstream }),
    ...(error.detail === undefined ? {} : { detail: error.detail }),
    retryable: error.retryable,
    cause: error.cause,
  });
}
