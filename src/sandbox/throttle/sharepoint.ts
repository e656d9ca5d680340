import type { ParsedGraphPath } from '../graph/parsed-path.ts';
import type { ThrottleLimits } from './throttle-limits.ts';

/**
 * Units that a call for files costs: 5 with permissions, 2 for lists and writes, 1 for one item and for downloads.
 * Source: "Avoid getting throttled or blocked in SharePoint Online".
 */
export function sharePointCost(method: string, { names, query, isCollection }: ParsedGraphPath): number {
  if (names.includes('permissions') || query.get('$expand')?.includes('permissions')) return 5;
  return method === 'GET' && !isCollection ? 1 : 2;
}

/** From four fifths of the budget on, answers say what is left of it. */
export function rateLimitHeaders(
  used: number,
  { sharepoint_units: units, sharepoint_seconds: seconds }: ThrottleLimits,
): Record<string, string> {
  if (used < 0.8) return {};
  return {
    'ratelimit-limit': String(units),
    'ratelimit-remaining': String(Math.max(0, Math.floor(units * (1 - used) + 1e-6))),
    'ratelimit-reset': String(Math.max(1, Math.ceil(seconds * Math.min(1, used)))),
  };
}
