import { AsyncLocalStorage } from 'node:async_hooks';
import type { AppError } from '../errors.ts';

/** What the sign-in service last answered when it refused; strings are its documented fields. */
export interface SignInRefusal {
  readonly status: number;
  readonly error: string | undefined;
  /** AADSTS numbers. */
  readonly codes: readonly number[];
  readonly description: string | undefined;
  readonly traceId: string | undefined;
  readonly claims: string | undefined;
  readonly retryAfterMs: number | undefined;
}

/** What happened on the wire while one token was asked for: the library's errors keep only part of it. */
export interface WireLog {
  readonly signal: AbortSignal;
  refusal: SignInRefusal | undefined;
  /** Our own failure on the way: host not allowed, no network, no federated token. The library would wrap it. */
  failure: AppError | undefined;
}

/** Carries the log of a token request through the library to the transport. One per token source. */
export type WireLogs = AsyncLocalStorage<WireLog>;

export function createWireLogs(): WireLogs {
  return new AsyncLocalStorage<WireLog>();
}
