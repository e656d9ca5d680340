/** Header names of the system configuration that say how long to wait; those ending in `-ms` count milliseconds. */
export const defaultRetryAfterHeaders = ['retry-after', 'x-ms-retry-after-ms', 'retry-after-ms'] as const;

/**
 * Milliseconds that an answer asks to wait, or undefined when it does not say. Several headers: the longest wait counts.
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
  return waits.length === 0 ? undefined : Math.max(...waits);
}

function readWait(text: string | undefined, unitMs: number, date: string | undefined, now: number): number | undefined {
  const value = text?.trim() ?? '';
  if (/^\d{1,12}(?:\.\d+)?$/.test(value)) {
    return Math.ceil(Number(value) * unitMs);
  }
  const until = /[a-z]/i.test(value) ? Date.parse(value) : Number.NaN;
  if (Number.isNaN(until)) {
    return undefined;
  }
  const reference = Date.parse(date ?? '');
  return Math.max(0, until - (Number.isNaN(reference) ? now : reference));
}

/**
 * Milliseconds until a used-up rate budget is filled again: `RateLimit-Reset` (seconds, SharePoint),
 * `X-RateLimit-Reset` (epoch seconds, Azure DevOps), when nothing remains.
 */
export function readRateLimitReset(headers: Readonly<Record<string, string>>, now: number): number | undefined {
  const reset = Number(headers['ratelimit-reset'] ?? Number.NaN);
  if (reset > 0 && reset < 86_400) {
    return reset * 1000;
  }
  const epoch = Number(headers['x-ratelimit-reset'] ?? Number.NaN) * 1000;
  return headers['x-ratelimit-remaining'] === '0' && epoch > now && epoch - now < 86_400_000 ? epoch - now : undefined;
}
