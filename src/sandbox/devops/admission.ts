import type { PlainObject } from '../base/plain-object.ts';
import type { SandboxRequest } from '../base/service.ts';
import { createBudgets, withPlaced } from '../base/throttle.ts';
import type { DevOpsCaller, DevOpsRoute } from './devops-call.ts';
import { badRequest, DevOpsError, forbidden, unauthorized } from './devops-error.ts';

/** The highest released version, and the version that exists only as a preview. */
const released = 7.1;
const preview = 7.2;

/**
 * Reads can omit the version; writes cannot. Source: "Azure DevOps Services REST API versioning", with texts from
 * responses of the service.
 */
export function checkApiVersion(route: DevOpsRoute, request: SandboxRequest, query: ReadonlyMap<string, string>): void {
  const version = query.get('api-version') ?? versionOfAccept(request.headers['accept']);
  if (version === undefined || version === '') {
    if (request.method === 'GET' || request.method === 'OPTIONS') return;
    throw badRequest(
      'VssVersionNotSpecifiedException',
      `No api-version was supplied for the "${request.method}" request. The version must be supplied either as part of the Accept header (e.g. "application/json; api-version=1.0") or as a query parameter (e.g. "?api-version=1.0").`,
    );
  }
  const [, number, flag] = /^(\d+\.\d+)(-preview(?:\.\d+)?)?$/i.exec(version) ?? [];
  if (number === undefined) {
    throw badRequest('VssVersionFormatException', `The api-version '${version}' is not in the format '1.0-preview.1'.`);
  }
  if (Number(number) < 1 || Number(number) > preview) {
    throw badRequest(
      'VssVersionOutOfRangeException',
      `The requested REST API version of ${number} is out of range for this server. The latest REST API version this server supports is ${preview}.`,
    );
  }
  if (flag === undefined && (Number(number) > released || route.isPreview)) {
    throw badRequest(
      'VssInvalidPreviewVersionException',
      `The requested version "${number}" of the resource is under preview. The -preview flag must be supplied in the api-version for such requests. For example: "${number}-preview"`,
    );
  }
}

/** `application/json;api-version=7.1` */
function versionOfAccept(accept: string | undefined): string | undefined {
  return /api-version=([^;,\s]+)/i.exec(accept ?? '')?.[1];
}

/** Readers can only read. A personal access token needs one of the route's scopes. */
export function checkRights({ role, scopes, identity }: DevOpsCaller, route: DevOpsRoute): void {
  const isInScope = scopes === undefined || route.scopes.some((scope) => scopes.includes(scope));
  if (!isInScope) {
    throw unauthorized(identity.displayName, ` The token has none of the scopes ${route.scopes.join(', ')}.`);
  }
  if (route.isWrite && role === 'reader') {
    throw forbidden(
      `The user '${identity.displayName}' needs Endpoint Creator/Administrator permission for this operation.`,
    );
  }
}

export interface DevOpsThrottle {
  /** Charges the call and returns the response headers, which are present if it was delayed; throws 429. */
  admit(
    caller: DevOpsCaller,
    cost: DevOpsRoute['cost'],
    now: number,
    limits: PlainObject | undefined,
  ): Readonly<Record<string, string>>;
}

/**
 * Throughput units of one identity. Source: "Rate and usage limits": 200 units in five minutes, then delays of up to 30
 * seconds, then 429. The cost of calls is not published.
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

const resource = 'Core';

export function createDevOpsThrottle(): DevOpsThrottle {
  const budgets = createBudgets();
  return {
    admit(caller, cost = 'read', now, placed) {
      const limits = limitsOf(placed);
      const charge = {
        key: caller.objectId,
        cost: limits[`${cost}_cost`],
        capacity: limits.tstu,
        windowSeconds: limits.window_seconds,
      };
      const units = budgets.spent(charge, now) + charge.cost;
      const isRefused = units > limits.refuse_tstu + 1e-9;
      // Refused calls cost nothing.
      if (!isRefused) budgets.spend(charge, now);
      const over = units - limits.tstu;
      if (over <= 1e-9) return {};
      const waitSeconds = Math.max(1, Math.ceil((over * limits.window_seconds) / limits.tstu - 1e-6));
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

function limitsOf(placed: PlainObject | undefined) {
  const limits = withPlaced(published, placed);
  // If a smaller budget does not set the refusal limit, the published gap between delay and refusal is kept.
  return placed?.['refuse_tstu'] === undefined ? { ...limits, refuse_tstu: limits.tstu * 1.5 } : limits;
}
