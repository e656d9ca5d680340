import type { HttpMethod } from '../../../src/core/http/api-client.ts';

export interface RetryScenario {
  readonly operation: string;
  readonly method: HttpMethod;
  readonly path: string;
  /** Declared to have the same effect when it is sent twice. */
  readonly idempotent?: boolean;
}

function repeated(method: HttpMethod, status: number): RetryScenario {
  const path = `/http/retry/${status}`;
  return { operation: `${method} ${path}`, method, path, ...(method === 'POST' ? { idempotent: true } : {}) };
}

/** Requests that fail once with a passing error and succeed when they are sent again. */
export const retryScenarios: readonly RetryScenario[] = [
  repeated('HEAD', 408),
  repeated('PUT', 500),
  repeated('PATCH', 500),
  repeated('GET', 502),
  repeated('POST', 503),
  repeated('DELETE', 503),
  repeated('PUT', 504),
  repeated('PATCH', 504),
];
