import { readQuotaReset } from '../base/retry-after.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import type { Charge } from './bucket.ts';
import type { Budget } from './budget.ts';
import type { Lane } from './lane.ts';

interface Feedback {
  readonly lane: Lane;
  readonly budgets: readonly { readonly charge: Charge; readonly budget: Budget }[];
  readonly now: number;
  readonly telemetry: Telemetry;
}

type Headers = Readonly<Record<string, string>>;

/** From here on the directory reports how much of a limit is used; 1 is where refusals begin. */
const slowDownFrom = 0.8;

function numberOf(text: string | undefined): number | undefined {
  const value = text === undefined || text.trim() === '' ? Number.NaN : Number(text);
  return Number.isFinite(value) && value >= 0 ? value : undefined;
}

/**
 * Corrects budgets and pace by what the service says in its headers.
 *
 * - `x-ms-resource-unit`, `x-ms-throttle-limit-percentage`: https://learn.microsoft.com/graph/throttling-limits
 * - `RateLimit-*`: https://learn.microsoft.com/sharepoint/dev/general-development/how-to-avoid-getting-throttled-or-blocked-in-sharepoint-online
 * - `x-ms-ratelimit-remaining-*`: https://learn.microsoft.com/azure/azure-resource-manager/management/request-limits-and-throttling
 * - `x-ms-user-quota-*`: https://learn.microsoft.com/azure/governance/resource-graph/concepts/guidance-for-throttled-requests
 * - `X-RateLimit-Delay`: https://learn.microsoft.com/azure/devops/integrate/concepts/rate-limits
 */
export function applyHeaders(headers: Headers, feedback: Feedback): void {
  const { lane, budgets, now, telemetry } = feedback;
  const units = numberOf(headers['x-ms-resource-unit']);
  for (const { charge, budget } of budgets) {
    if (charge.bucket.inResourceUnits === true && units !== undefined) {
      budget.isKept = true;
      budget.correct(units - charge.cost, now);
    }
    const remaining = numberOf(headers[charge.bucket.remainingHeader ?? '']);
    if (remaining !== undefined) budget.limitTo(remaining, now);
    telemetry.record('azure.limiter.budget.left', budget.left(now), { budget: charge.bucket.id });
  }
  const used = numberOf(headers['x-ms-throttle-limit-percentage']);
  if (used !== undefined && used >= slowDownFrom) lane.pace.slowDown(used, now);
  applyRateLimit(headers, feedback);
  const resetMs = readQuotaReset(headers);
  if (resetMs !== undefined) lane.pausedUntil = Math.max(lane.pausedUntil, now + resetMs);
  const delayed = numberOf(headers['x-ratelimit-delay']);
  if (delayed !== undefined && delayed > 0) {
    lane.pausedUntil = Math.max(lane.pausedUntil, now + Math.min(delayed, 60) * 1000);
  }
}

/** What remains of the current period is spread over it. */
function applyRateLimit(headers: Headers, { lane, now }: Feedback): void {
  const remaining = numberOf(headers['ratelimit-remaining']);
  const resetSeconds = numberOf(headers['ratelimit-reset']);
  if (remaining === undefined || resetSeconds === undefined || resetSeconds === 0) return;
  if (remaining === 0) {
    lane.pausedUntil = Math.max(lane.pausedUntil, now + resetSeconds * 1000);
    return;
  }
  lane.pace.limitTo(remaining / resetSeconds, now);
}
