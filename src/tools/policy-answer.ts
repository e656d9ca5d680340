import type { Review } from '../core/policy/guard.ts';

/** What policy would say, as a dry run answers it; nothing where the writes would simply be sent. */
export function describeReview({ refused, needs }: Review): { readonly policy?: object } {
  if (refused !== undefined) return { policy: { verdict: 'refused', reason: refused } };
  return needs === undefined ? {} : { policy: { verdict: 'needs_yes', grade: needs.grade, reasons: needs.reasons } };
}
