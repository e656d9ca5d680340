import { AppError } from '../../core/base/errors.ts';

/** One line of `tenantry doctor`. */
export interface Finding {
  readonly check: string;
  readonly status: 'ok' | 'warn' | 'fail';
  readonly detail: string;
  readonly hint?: string;
}

export function finding(check: string, status: Finding['status'], detail: string, hint?: string): Finding {
  return { check, status, detail, ...(hint === undefined ? {} : { hint }) };
}

/** A check that threw. */
export function failure(check: string, error: unknown): Finding {
  return error instanceof AppError
    ? finding(check, 'fail', error.message, error.hint)
    : finding(check, 'fail', 'an unexpected failure', 'Run again with --log-level debug.');
}
