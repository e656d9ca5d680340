import type { AppError } from '../../base/errors.ts';

/** The same failure with one more sentence, and another next step where one is given. */
export function addToError(error: AppError, sentence: string, hint?: string): AppError {
  return error.with({ message: `${error.message} ${sentence}`, ...(hint === undefined ? {} : { hint }) });
}
