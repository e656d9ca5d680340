import type { RequestInstead } from './request-instead.ts';
import { withoutUndefined } from './without-undefined.ts';

/** The closed list of error codes that callers see (`response.error.code`). */
export const errorCodes = [
  'invalid_argument',
  'configuration',
  'unauthenticated',
  'permission_denied',
  'not_found',
  'conflict',
  'precondition_failed',
  'throttled',
  'timeout',
  'upstream_error',
  'upstream_unavailable',
  'outcome_unknown',
  'cancelled',
  'refused',
  'unsupported',
] as const;

export type ErrorCode = (typeof errorCodes)[number];

/** What the service said, reduced to what may be shown: no headers, no tokens, no query string secrets. */
export interface UpstreamFailure {
  readonly url?: string;
  readonly code?: string;
  readonly requestId?: string;
  readonly detail?: unknown;
}

/** How a person's yes can be had for what was refused. */
export interface WayToYes {
  /** What would be done: requests, current state, difference. */
  readonly preview?: unknown;
  /** Handle: the same call with `confirm: <handle>` runs, once. */
  readonly confirm?: string;
  /** Code for `tenantry approve`. */
  readonly pending?: string;
}

export interface AppErrorOptions {
  /** The next step, in one sentence. */
  readonly hint?: string;
  /** HTTP status of the answer that caused it, when there was one. */
  readonly status?: number;
  /** Whether repeating the same call later can succeed. */
  readonly retryable?: boolean;
  /** How long to wait before that, in milliseconds. */
  readonly retryAfterMs?: number;
  readonly upstream?: UpstreamFailure;
  /** Extra facts for the caller: valid names, items that were done before the failure. Never secrets. */
  readonly detail?: Readonly<Record<string, unknown>>;
  readonly wayToYes?: WayToYes;
  /** What should have been sent, or what to send next, where that can be said. */
  readonly instead?: RequestInstead;
  /** Claims that the caller's next sign-in must answer, as JSON, where only the caller can bring them. */
  readonly claims?: string;
  readonly cause?: unknown;
}

/** What `AppError.with` can change. */
export interface ErrorChanges extends Pick<AppErrorOptions, 'hint' | 'detail' | 'retryAfterMs' | 'instead' | 'claims'> {
  readonly message?: string;
}

/**
 * A failure that may be shown to the caller. `message` says what was wrong; `hint` says what to do next.
 * Anything else that is thrown is shown as an unexpected failure, with its details in the log only.
 */
export class AppError extends Error {
  override readonly name: string = 'AppError';
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly status: number | undefined;
  readonly retryable: boolean;
  readonly retryAfterMs: number | undefined;
  readonly upstream: UpstreamFailure | undefined;
  readonly detail: Readonly<Record<string, unknown>> | undefined;
  readonly wayToYes: WayToYes | undefined;
  readonly instead: RequestInstead | undefined;
  readonly claims: string | undefined;

  constructor(code: ErrorCode, message: string, options: AppErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
    this.status = options.status;
    this.retryable = options.retryable ?? false;
    this.retryAfterMs = options.retryAfterMs;
    this.upstream = options.upstream;
    this.detail = options.detail;
    this.wayToYes = options.wayToYes;
    this.instead = options.instead;
    this.claims = options.claims;
  }

  /** The same failure with changes: what is not given stays, `detail` is added to the existing one. */
  with({ message, hint, detail, retryAfterMs, instead, claims }: ErrorChanges): AppError {
    return new AppError(
      this.code,
      message ?? this.message,
      withoutUndefined({
        hint: hint ?? this.hint,
        status: this.status,
        retryable: this.retryable,
        retryAfterMs: retryAfterMs ?? this.retryAfterMs,
        upstream: this.upstream,
        detail: detail === undefined ? this.detail : { ...this.detail, ...detail },
        wayToYes: this.wayToYes,
        instead: instead ?? this.instead,
        claims: claims ?? this.claims,
        cause: this,
      }),
    );
  }
}

/** Shorthand for the most frequent failure: the caller's input. `hint` says what is valid. */
export function invalidArgument(message: string, hint: string): AppError {
  return new AppError('invalid_argument', message, { hint });
}

/** The call was cancelled by its caller; nothing more is sent after it. */
export function cancelled(cause?: unknown): AppError {
  return new AppError('cancelled', 'The call was cancelled.', { cause });
}

const passing: ReadonlySet<ErrorCode> = new Set(['timeout', 'throttled', 'upstream_unavailable']);

/** Only time, budget or the network failed: what was read stays right, and the rest can be read later. */
export function isPassing(error: unknown): error is AppError {
  return error instanceof AppError && passing.has(error.code);
}

/**
 * Why a call really ended: code that waits also throws `cancelled` when the time of the call is over, and only the reason of
 * the signal tells the two apart.
 */
export function endedBy(error: unknown, signal: AbortSignal): unknown {
  const reason: unknown = signal.aborted ? signal.reason : undefined;
  return error instanceof AppError && error.code === 'cancelled' && reason instanceof AppError ? reason : error;
}
