import { AppError } from '../../base/errors.ts';
import type { CheckResult } from '../../record/connection.ts';

/** A failure as a line of the validation. Cancellation, and anything that is not a failure of ours, goes on upwards. */
export function failureLine(check: string, error: unknown, status: 'fail' | 'warn' = 'fail'): CheckResult {
  if (!(error instanceof AppError) || error.code === 'cancelled' || error.code === 'timeout') throw error;
  return { check, status, detail: error.message, ...(error.hint === undefined ? {} : { hint: error.hint }) };
}

/** A question that could not be asked, and why. */
export function skipLine(check: string, detail: string, hint?: string): CheckResult {
  return { check, status: 'skip', detail, ...(hint === undefined ? {} : { hint }) };
}
