import type { Clock } from '../base/clock.ts';
import { readRetryAfter } from '../base/retry-after.ts';
import type { ApiResponse, HttpMethod } from '../http/api-client.ts';
import type { Operation } from './operation.ts';

export interface MonitoredAnswer {
  readonly connectionId: string;
  readonly method: HttpMethod;
  readonly response: ApiResponse;
  readonly clock: Clock;
}

/** Graph writes addresses on its own host below the version: `/teams('…')/operations('…')`. */
function absoluteMonitor(link: string, answeredBy: string): string | undefined {
  if (/^https?:\/\//i.test(link)) return link;
  const version = /^\/(?:v1\.0|beta)(?=\/)/.exec(new URL(answeredBy).pathname)?.[0] ?? '';
  const path = link.startsWith('/') && !/^\/(?:v1\.0|beta)\//.test(link) ? `${version}${link}` : link;
  return URL.parse(path, answeredBy)?.href;
}

/**
 * The operation that Graph goes on with after a 202, where it names a monitor; undefined where it does not (mail that is
 * on its way, for example).
 *
 * https://learn.microsoft.com/graph/long-running-actions-overview
 */
export function startedMonitor({ connectionId, method, response, clock }: MonitoredAnswer): Operation | undefined {
  const { status, headers, url } = response;
  const pollUrl = headers['location'] === undefined ? undefined : absoluteMonitor(headers['location'], url);
  if (status !== 202 || pollUrl === undefined) return undefined;
  const now = clock.now();
  const retryAfterMs = readRetryAfter(headers, now);
  return {
    api: 'graph',
    connectionId,
    method,
    path: new URL(url).pathname,
    pollKind: 'monitor',
    pollUrl,
    startedAt: now,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}
