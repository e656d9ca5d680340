import { defaultRetryAfterHeaders } from '../base/retry-after.ts';
import type { ConnectionSettings } from '../record/connection.ts';

/** Settings of a connection as the pipeline uses them: every value present, all times in milliseconds. */
export interface WireSettings {
  readonly contentType: string;
  readonly maxConcurrent: number;
  readonly timeouts: {
    /** Longest wait for a new connection to be open (TCP and TLS). */
    readonly connectMs: number;
    /** Longest silence of the service: until the answer begins, and between two parts of it. */
    readonly readMs: number;
    /** Longest time for sending a large body. */
    readonly writeMs: number;
    /** Longest wait for a free slot of the connection; waits that the service asked for are not counted. */
    readonly poolMs: number | undefined;
  };
  readonly retry: RetrySettings;
  readonly logging: {
    readonly enabled: boolean;
    readonly request: boolean;
    readonly response: boolean;
    readonly auth: boolean;
    readonly format: 'basic' | 'detailed';
  };
}

export interface RetrySettings {
  readonly maxAttempts: number;
  readonly backoffBaseMs: number;
  readonly backoffFactor: number;
  readonly jitterMs: number;
  readonly retryOnStatus: readonly number[];
  /** Lower-case names. */
  readonly retryAfterHeaders: readonly string[];
  readonly maxElapsedMs: number;
}

const defaultRetryOnStatus = [408, 429, 500, 502, 503, 504];

/** Fills in the defaults of the system configuration. */
export function resolveSettings(settings: ConnectionSettings): WireSettings {
  return {
    contentType: settings.default_content_type ?? 'application/json',
    maxConcurrent: settings.max_concurrent_requests ?? 4,
    timeouts: resolveTimeouts(settings.timeouts),
    retry: resolveRetry(settings.retry),
    logging: resolveLogging(settings.logging),
  };
}

function resolveTimeouts(timeouts: ConnectionSettings['timeouts']): WireSettings['timeouts'] {
  return {
    connectMs: (timeouts?.connect ?? 10) * 1000,
    readMs: (timeouts?.read ?? 100) * 1000,
    writeMs: (timeouts?.write ?? 60) * 1000,
    poolMs: timeouts?.pool === undefined ? undefined : timeouts.pool * 1000,
  };
}

function resolveRetry(retry: ConnectionSettings['retry']): RetrySettings {
  return {
    maxAttempts: retry?.max_attempts ?? 4,
    backoffBaseMs: (retry?.backoff_base ?? 0.5) * 1000,
    backoffFactor: retry?.backoff_factor ?? 2,
    jitterMs: (retry?.jitter ?? 0.1) * 1000,
    retryOnStatus: retry?.retry_on_status ?? defaultRetryOnStatus,
    retryAfterHeaders: (retry?.retry_after_header_names ?? defaultRetryAfterHeaders).map((name) => name.toLowerCase()),
    maxElapsedMs: (retry?.max_elapsed ?? 120) * 1000,
  };
}

function resolveLogging(logging: ConnectionSettings['logging']): WireSettings['logging'] {
  return {
    enabled: logging?.enabled ?? false,
    request: logging?.request ?? true,
    response: logging?.response ?? true,
    auth: logging?.auth ?? false,
    format: logging?.format ?? 'basic',
  };
}
