/** Default headers that say how long to wait; names that end in `-ms` count milliseconds. */
export const defaultRetryAfterHeaders = ['retry-after', 'x-ms-retry-after-ms', 'retry-after-ms'] as const;

/**
 * The longest pause that is believed. Some services name thousands of years, by a date or a number gone wrong: after an
 * hour one request asks again.
 */
export const longestPauseMs = 3_600_000;

/**
 * Milliseconds that an answer asks to wait, an hour at most, or undefined when it does not say. The longest wait of several headers counts.
 * A date is compared with the answer's own `Date`, so that a wrong local clock does no harm.
 *
 * https://learn.microsoft.com/graph/throttling, RFC 9110 section 10.2.3
 */
export function readRetryAfter(
  headers: Readonly<Record<string, string>>,
  now: number,
  names: readonly string[] = defaultRetryAfterHeaders,
): number | undefined {
  const waits = names
    .map((name) => name.toLowerCase())
    .map((name) => readWait(headers[name], name.endsWith('-ms') ? 1 : 1000, headers['date'], now))
    .filter((wait) => wait !== undefined);
  return waits.length === 0 ? undefined : Math.min(Math.max(...waits), longestPauseMs);
}

function readWait(text: string | undefined, unitMs: number, date: string | undefined, now: number): number | undefined {
  const value = text?.trim() ?? '';
  if (/^\d+(?:\.\d+)?$/.test(value)) return Math.ceil(Number(value) * unitMs);
  const until = /[a-z]/i.test(value) ? Date.parse(value) : Number.NaN;
  if (Number.isNaN(until)) return undefined;
  const reference = Date.parse(date ?? '');
  return Math.max(0, until - (Number.isNaN(reference) ? now : reference));
}

/**
 * Milliseconds until the quota of Resource Graph is full again, when nothing of it remains:
 * `x-ms-user-quota-remaining: 0`, `x-ms-user-quota-resets-after: 00:00:03`.
 *
 * https://learn.microsoft.com/azure/governance/resource-graph/concepts/guidance-for-throttled-requests
 */
export function readQuotaReset(headers: Readonly<Record<string, string>>): number | undefined {
  const parts = /^(\d\d):(\d\d):(\d\d(?:\.\d+)?)$/.exec(headers['x-ms-user-quota-resets-after'] ?? '');
  if (parts === null || headers['x-ms-user-quota-remaining'] !== '0') return undefined;
  const [, hours, minutes, seconds] = parts;
  const ms = Math.ceil((Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * 1000);
  return Math.min(ms, longestPauseMs);
}

/**
 * Milliseconds until a used-up rate budget is filled again: `RateLimit-Reset` (seconds, SharePoint),
 * `X-RateLimit-Reset` (epoch seconds, Azure DevOps), `x-ms-user-quota-resets-after` (Resource Graph), when nothing
 * remains.
 */
export function readRateLimitReset(headers: Readonly<Record<string, string>>, now: number): number | undefined {
  const quota = readQuotaReset(headers);
  if (quota !== undefined) return quota;
  const reset = readAmount(headers['ratelimit-reset']) ?? 0;
  if (reset > 0 && reset < 86_400) return Math.min(reset * 1000, longestPauseMs);
  const epoch = (readAmount(headers['x-ratelimit-reset']) ?? 0) * 1000;
  return headers['x-ratelimit-remaining'] === '0' && epoch > now && epoch - now < 86_400_000
    ? Math.min(epoch - now, longestPauseMs)
    : undefined;
}

/** The number in a header, unless it is negative or missing. */
export function readAmount(text: string | undefined): number | undefined {
  const value = text === undefined || text.trim() === '' ? Number.NaN : Number(text);
  return Number.isFinite(value) && value >= 0 ? value : undefined;
}
