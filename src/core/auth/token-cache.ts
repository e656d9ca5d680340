import { LRUCache } from 'lru-cache';
import type { Clock } from '../base/clock.ts';
import { AppError, cancelled } from '../base/errors.ts';
import type { AccessToken, TokenRequest } from '../http/token-source.ts';

/** Gets a new token from the authority. `replaces` must not be the answer: it is refused, or about to expire. */
export type AcquireToken = (signal: AbortSignal, replaces: string | undefined) => Promise<AccessToken>;

export interface CachedRequest extends Omit<TokenRequest, 'caller'> {
  /** What the token is asked for with, where that changes although the token stays the same one's: failures are its own. */
  readonly attempt?: string;
}

/** Tokens of all connections of a process: refreshed early, one refresh in flight per key, failures kept for a moment. */
export interface TokenCache {
  /** `key` names everything that changes the token: cloud, tenant, app, kind, secret fingerprint, audience. */
  get(key: string, request: CachedRequest, acquire: AcquireToken): Promise<AccessToken>;
}

export interface TokenCacheOptions {
  readonly clock: Clock;
  /** Default 1,000 keys. */
  readonly maxKeys?: number;
}

/** A token is replaced this long before it expires, because of requests in flight and clocks that differ. */
const refreshEarlyMs = 5 * 60_000;
/** The authority locks out apps that repeat a failing request; an agent in a loop would. */
const rememberFailureMs = 5_000;

interface CachedToken extends AccessToken {
  readonly refreshAt: number;
}

interface Failure {
  readonly error: AppError;
  readonly until: number;
}

interface Flight {
  readonly promise: Promise<AccessToken>;
  readonly controller: AbortController;
  waiters: number;
}

export function createTokenCache({ clock, maxKeys = 1_000 }: TokenCacheOptions): TokenCache {
  const tokens = new LRUCache<string, CachedToken>({ max: maxKeys });
  const failures = new LRUCache<string, Failure>({ max: maxKeys });
  const flights = new Map<string, Flight>();

  return {
    async get(key, request, acquire) {
      const cached = tokens.get(key);
      const now = clock.now();
      if (cached !== undefined && isUsable(cached, request) && cached.refreshAt > now) return cached;
      try {
        return await refresh(key, request, cached, acquire);
      } catch (error) {
        if (cached !== undefined && isUsable(cached, request) && cached.expiresAt > now && isPassing(error)) {
          return cached;
        }
        throw error;
      }
    },
  };

  function refresh(
    key: string,
    request: CachedRequest,
    cached: CachedToken | undefined,
    acquire: AcquireToken,
  ): Promise<AccessToken> {
    if (request.signal?.aborted) return Promise.reject(cancelled(request.signal.reason));
    const flightKey = [key, request.claims, request.attempt].filter((part) => part !== undefined).join('|');
    const failure = failures.get(flightKey);
    if (failure !== undefined && failure.until > clock.now()) return Promise.reject(remembered(failure, clock.now()));
    const running = flights.get(flightKey);
    const flight = running ?? start(key, flightKey, (signal) => acquire(signal, request.refused ?? cached?.token));
    return wait(flight, flightKey, request.signal);
  }

  function start(key: string, flightKey: string, acquire: (signal: AbortSignal) => Promise<AccessToken>): Flight {
    const controller = new AbortController();
    const promise = acquire(controller.signal).then(
      (token) => {
        tokens.set(key, { ...token, refreshAt: refreshTime(token, clock.now()) });
        failures.delete(flightKey);
        return token;
      },
      (error: unknown) => {
        if (error instanceof AppError && error.code !== 'cancelled') {
          const until = clock.now() + Math.max(rememberFailureMs, error.retryAfterMs ?? 0);
          failures.set(flightKey, { error, until });
        }
        throw error;
      },
    );
    const flight: Flight = { promise, controller, waiters: 0 };
    flights.set(flightKey, flight);
    const land = () => {
      if (flights.get(flightKey) === flight) flights.delete(flightKey);
    };
    promise.then(land, land);
    return flight;
  }

  /** Waits as one of several; the refresh is abandoned only when the last of them has left. */
  function wait(flight: Flight, flightKey: string, signal: AbortSignal | undefined): Promise<AccessToken> {
    if (signal === undefined) {
      flight.waiters += 1;
      return flight.promise;
    }
    return new Promise((resolve, reject) => {
      const leave = () => {
        flight.waiters -= 1;
        if (flight.waiters === 0) {
          flights.delete(flightKey);
          flight.controller.abort();
        }
        reject(cancelled(signal.reason));
      };
      flight.waiters += 1;
      signal.addEventListener('abort', leave, { once: true });
      flight.promise.finally(() => signal.removeEventListener('abort', leave)).then(resolve, reject);
    });
  }
}

function isUsable(cached: CachedToken, request: CachedRequest): boolean {
  return request.claims === undefined && request.fresh !== true && request.refused !== cached.token;
}

/** Trouble of the authority, as opposed to its refusal: a token that is still valid stays in use. */
function isPassing(error: unknown): boolean {
  return error instanceof AppError && (error.code === 'upstream_unavailable' || error.code === 'throttled');
}

/** Five minutes early; tokens that live for less than ten minutes are used for half of their life. */
function refreshTime(token: AccessToken, now: number): number {
  const lifeMs = token.expiresAt - now;
  return token.expiresAt - Math.min(refreshEarlyMs, lifeMs / 2);
}

/** The remembered failure, with the rest of its wait. */
function remembered({ error, until }: Failure, now: number): AppError {
  if (error.retryAfterMs === undefined) return error;
  return error.with({ retryAfterMs: Math.max(0, until - now) });
}
