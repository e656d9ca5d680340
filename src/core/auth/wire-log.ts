import { AsyncLocalStorage } from 'node:async_hooks';
import type { HttpClient } from '@azure/core-rest-pipeline';
import type { AppError } from '../base/errors.ts';
import type { Secret } from '../secrets/secret.ts';

/** What the sign-in service last answered when it refused; strings are its documented fields. */
export interface SignInRefusal {
  readonly status: number;
  readonly error: string | undefined;
  /** AADSTS numbers. */
  readonly codes: readonly number[];
  readonly description: string | undefined;
  readonly traceId: string | undefined;
  readonly retryAfterMs: number | undefined;
}

/** What happened on the wire while one token was asked for: the library's errors keep only part of it. */
export interface WireLog {
  readonly signal: AbortSignal;
  /** Transport of the connection that asks. */
  readonly httpClient: HttpClient;
  refusal: SignInRefusal | undefined;
  /** Our own failure on the way: host not allowed, no network, no federated token. The library would wrap it. */
  failure: AppError | undefined;
  /** Federated token of this sign-in: the library asks for it twice, the platform need not be asked twice. */
  assertion: Promise<Secret> | undefined;
}

/**
 * Carries the log of a token request through the library to the transport. One for the process, since the library keeps
 * one client for managed identities per process, whoever made it; what is carried belongs to one request alone.
 */
export const wireLogs = new AsyncLocalStorage<WireLog>();
