import type { DevOpsCaller, DevOpsRoute } from './devops-call.ts';
import { DevOpsError } from './devops-error.ts';
import type { PlainObject } from './devops-records.ts';

export interface DevOpsThrottle {
  /** Charges the call and gives the headers of its answer, which are there when it was delayed; throws the 429. */
  admit(
    caller: DevOpsCaller,
    cost: DevOpsRoute['cost'],
    now: number,
    limits: PlainObject | undefined,
  ): Readonly<Record<string, string>>;
}

/**
 * Throughput units of one identity. Source: "Rate and usage limits": 200 units in five minutes, then delays of up to
 * 30 seconds, then 429. What a call costs is not published.
 */
const published = {
  tstu: 200,
  window_seconds: 300,
  refuse_tstu: 300,
  read_cost: 0.1,
  write_cost: 0.5,
  test_cost: 1,
  max_delay_seconds: 30,
} as const;
type Limits = Readonly<Record<keyof typeof published, number>>;

const resource = 'Core';

export function createDevOpsThrottle(): DevOpsThrottle {
  const usage = new Map<string, { readonly units: number; readonly at: number }>();
  return {
    admit(caller, cost = 'read', now, placed) {
      const limits = limitsOf(placed);
      const perSecond = limits.tstu / limits.window_seconds;
      const last = usage.get(caller.objectId) ?? { units: 0, at: now };
      const before = Math.max(0, last.units - ((now - last.at) / 1000) * perSecond);
      const units = before + limits[`${cost}_cost`];
      const isRefused = units > limits.refuse_tstu + 1e-9;
      // What is refused costs nothing.
      usage.set(caller.objectId, { units: isRefused ? before : units, at: now });
      const over = units - limits.tstu;
      if (over <= 1e-9) return {};
      const waitSeconds = Math.max(1, Math.ceil(over / perSecond - 1e-6));
      const delaySeconds = Math.min(limits.max_delay_seconds, waitSeconds);
      const headers = {
        'retry-after': String(isRefused ? waitSeconds : delaySeconds),
        'x-ratelimit-resource': resource,
        'x-ratelimit-delay': delaySeconds.toFixed(3),
        'x-ratelimit-limit': String(limits.tstu),
        'x-ratelimit-remaining': '0',
        'x-ratelimit-reset': String(Math.ceil(now / 1000) + waitSeconds),
      };
      if (!isRefused) return headers;
      throw new DevOpsError(
        429,
        'RequestBlockedException',
        `TF400733: The request has been canceled: Request was blocked due to exceeding usage of resource '${resource}' in namespace 'User'.`,
        headers,
      );
    },
  };
}

function limitsOf(placed: PlainObject | undefined): Limits {
  const known = Object.entries(placed ?? {}).filter(
    ([name, value]) => name in published && Number.isFinite(Number(value)),
  );
  const values = { ...published, ...Object.fromEntries(known.map(([name, value]) => [name, Number(value)])) };
  // A smaller budget that says nothing about refusals keeps the published distance between delay and refusal.
  return placed?.['refuse_tstu'] === undefined ? { ...values, refuse_tstu: values.tstu * 1.5 } : values;
}
