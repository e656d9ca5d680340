import type { PlainObject } from '../base/plain-object.ts';
import { createBudgets, withPlaced } from '../base/throttle.ts';
import type { ArmCaller } from './arm-call.ts';
import { ArmError } from './arm-error.ts';

export interface ArmThrottle {
  /** Charges the call and returns the response headers; throws 429. */
  admit(call: ThrottledCall): Readonly<Record<string, string>>;
  /** Charges a Resource Graph query to the caller's quota. */
  admitQuery(call: Omit<ThrottledCall, 'method' | 'subscriptionId'>): Readonly<Record<string, string>>;
}

interface ThrottledCall {
  readonly method: string;
  /** If undefined, the call counts against the tenant. */
  readonly subscriptionId: string | undefined;
  readonly caller: ArmCaller;
  readonly now: number;
  /** The latest `throttleLimits`, which override the published limits. */
  readonly limits: PlainObject | undefined;
}

type Traffic = 'reads' | 'writes' | 'deletes';

/** Source: "Understand how Azure Resource Manager throttles requests"; `global` is how much larger the shared bucket is. */
const published = {
  reads: 250,
  reads_per_second: 25,
  writes: 200,
  writes_per_second: 10,
  deletes: 200,
  deletes_per_second: 10,
  global_factor: 15,
  queries: 15,
  query_seconds: 5,
} as const;

export function createArmThrottle(): ArmThrottle {
  const budgets = createBudgets();
  const windows = new Map<string, { readonly startedAt: number; readonly used: number }>();
  const take = (key: string, capacity: number, perSecond: number, now: number) => {
    const answer = budgets.take({ key, cost: 1, capacity, windowSeconds: capacity / perSecond }, now, false);
    return { ...answer, remaining: String(Math.max(0, Math.floor(capacity * (1 - answer.used) + 1e-6))) };
  };
  return {
    admit({ method, subscriptionId, caller, now, limits }) {
      const values = withPlaced(published, limits);
      const traffic = trafficOf(method);
      const scope = subscriptionId === undefined ? 'tenant' : 'subscription';
      const capacity = values[traffic];
      const perSecond = values[`${traffic}_per_second`];
      const owner = `${subscriptionId ?? 'tenant'} ${traffic}`.toLowerCase();
      const own = take(`${owner} ${caller.objectId}`, capacity, perSecond, now);
      const headers: Record<string, string> = { [`x-ms-ratelimit-remaining-${scope}-${traffic}`]: own.remaining };
      if (own.retryAfterSeconds !== undefined) throw refusal(traffic, subscriptionId, own.retryAfterSeconds, headers);
      if (subscriptionId === undefined) return headers;
      const factor = values.global_factor;
      const shared = take(owner, capacity * factor, perSecond * factor, now);
      headers[`x-ms-ratelimit-remaining-subscription-global-${traffic}`] = shared.remaining;
      if (shared.retryAfterSeconds === undefined) return headers;
      throw refusal(traffic, subscriptionId, shared.retryAfterSeconds, headers);
    },
    admitQuery({ caller, now, limits }) {
      const { queries, query_seconds } = withPlaced(published, limits);
      const length = query_seconds * 1000;
      const last = windows.get(caller.objectId);
      const window = last && now < last.startedAt + length ? last : { startedAt: now, used: 0 };
      const left = Math.max(1, Math.ceil((window.startedAt + length - now) / 1000));
      const remaining = queries - window.used - 1;
      const headers = {
        'x-ms-user-quota-remaining': String(Math.max(0, remaining)),
        'x-ms-user-quota-resets-after': new Date(left * 1000).toISOString().slice(11, 19),
      };
      if (remaining < 0) throw queryRefusal({ ...headers, 'retry-after': String(left) });
      windows.set(caller.objectId, { startedAt: window.startedAt, used: window.used + 1 });
      return headers;
    },
  };
}

function trafficOf(method: string): Traffic {
  if (method === 'GET' || method === 'HEAD') return 'reads';
  return method === 'DELETE' ? 'deletes' : 'writes';
}

function refusal(
  traffic: Traffic,
  subscriptionId: string | undefined,
  retryAfterSeconds: number,
  headers: Readonly<Record<string, string>>,
): ArmError {
  const owner = subscriptionId === undefined ? 'tenant' : `subscription '${subscriptionId}'`;
  const code = subscriptionId === undefined ? 'TooManyRequests' : 'SubscriptionRequestsThrottled';
  const message = `Number of '${traffic.slice(0, -1)}' requests for ${owner} exceeded. Please try again after '${retryAfterSeconds}' seconds after additional tokens are available. Refer to https://aka.ms/arm-throttling for additional information.`;
  return new ArmError(429, code, message, { headers: { ...headers, 'retry-after': String(retryAfterSeconds) } });
}

function queryRefusal(headers: Readonly<Record<string, string>>): ArmError {
  const detail =
    'Client application has been throttled and should not attempt to repeat the request until an amount of time has elapsed.';
  const message = 'Please provide below info when asking for support: the client application has been throttled.';
  return new ArmError(429, 'RateLimiting', message, { details: [{ code: 'RateLimiting', message: detail }], headers });
}
