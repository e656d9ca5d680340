import { isGuid } from '../../../base/guid.ts';
import { withoutUndefined } from '../../../base/without-undefined.ts';
import type { ErrorReading, FailedAnswer } from '../../../http/api-descriptor.ts';
import type { HintRule } from './hint-rule.ts';

const scopes: Readonly<Record<string, string>> = {
  tenant_application: 'of this app in this tenant',
  application: 'of this app in all tenants',
  tenant: 'of all apps of this tenant',
};

/** Whose budget a throttle is about, as far as the service says so. */
interface Throttle {
  /** `Tenant_Application`, `Tenant` or `Application`. */
  readonly scope: string;
  /** `Read`, `Write` or `ReadWrite`. */
  readonly limit: string;
  readonly app_id?: string;
  readonly tenant_id?: string;
  /** `ResourceUnitLimitExceeded` and the like. */
  readonly information?: string;
}

/**
 * `x-ms-throttle-scope` is `Tenant_Application/ReadWrite/{app}/{tenant}`; what does not look like it is left out.
 * https://learn.microsoft.com/graph/throttling-limits#identity-and-access-service-limits
 */
function readThrottle({ headers }: FailedAnswer): Throttle | undefined {
  const [scope = '', limit = '', app = '', owner = ''] = (headers['x-ms-throttle-scope'] ?? '').split('/');
  if (scopes[scope.toLowerCase()] === undefined || !/^(?:read|write|readwrite)$/i.test(limit)) return undefined;
  const information = headers['x-ms-throttle-information'] ?? '';
  return withoutUndefined({
    scope,
    limit,
    app_id: isGuid(app) ? app : undefined,
    tenant_id: isGuid(owner) && /^tenant/i.test(scope) ? owner : undefined,
    information: /^\w{1,64}$/.test(information) ? information : undefined,
  });
}

function throttleReading(failure: FailedAnswer): ErrorReading {
  const throttle = readThrottle(failure);
  const advice = 'Call again after the given time, ask for fewer or larger pages, or use graph_batch.';
  if (throttle === undefined) return { hint: advice };
  const { scope, limit } = throttle;
  const what = { read: 'read budget', write: 'write budget' }[limit.toLowerCase()] ?? 'budget';
  return { hint: `The ${what} ${scopes[scope.toLowerCase()]} is used up. ${advice}`, detail: { throttle } };
}

export const throttlingHints: readonly HintRule[] = [
  {
    status: 429,
    message: /MailboxConcurrency/i,
    reading: {
      hint: 'A mailbox accepts four requests at a time: call again, with fewer at once for the same mailbox.',
    },
  },
  { status: 429, reading: throttleReading },
  { status: 509, reading: { hint: 'The bandwidth budget is used up: call again later, with less data.' } },
];

/** The permissions that a refusal names itself, any of which would do. */
export function namedPermissions(message: string): readonly string[] {
  const text = /required Microsoft Graph permission\(s\):\s*([A-Za-z.,\s-]+?)\s+to call/i.exec(message)?.[1];
  return text?.split(/\s*,\s*/).filter((name) => /^[A-Za-z]+(?:-[A-Za-z]+)*(?:\.[A-Za-z]+)+$/.test(name)) ?? [];
}

/** What a refusal says until somebody has looked into the catalog: see `explain`. */
export const generalRefusal =
  'Look up the least-privileged permission of this operation with describe_graph, and have it granted.';

const renew = 'validate_connection signs in again and says what is wrong.';

/** Tokens that are not taken, a fresh one included. https://learn.microsoft.com/graph/resolve-auth-errors */
const tokenHints: readonly HintRule[] = [
  {
    status: 401,
    message: /invalid audience/i,
    reading: { hint: 'The token is for another resource or cloud: check the cloud and the token of the connection.' },
  },
  {
    status: 401,
    message: /expired|lifetime validation/i,
    reading: {
      hint: `Also a fresh token counts as expired: check the clock of this machine, and a token that was supplied. ${renew}`,
    },
  },
  {
    status: 401,
    message: /token is empty/i,
    reading: { hint: 'No token arrived: check whether a proxy removes the Authorization header from requests.' },
  },
  {
    status: 401,
    message: /CompactToken|IDX14100|not well formed/i,
    reading: { hint: `What was sent is not an access token: supply one with complete_connection. ${renew}` },
  },
];

/** Refusals: permission, licence of the tenant, claims challenge. https://learn.microsoft.com/graph/permissions-reference */
export const permissionHints: readonly HintRule[] = [
  {
    code: 'Authentication_RequestFromNonPremiumTenantOrB2CTenant',
    reading: { hint: 'This needs an Entra ID P1 or P2 licence in the tenant (and does not exist for B2C tenants).' },
  },
  {
    status: 401,
    code: 'Authorization_IdentityNotFound',
    reading: {
      hint: 'The app has no service principal in this tenant: consent to it there; right after consent wait a minute and call again.',
      retryable: true,
    },
  },
  ...tokenHints,
  {
    code: 'Directory_QuotaExceeded',
    reading: {
      code: 'upstream_error',
      hint: 'A quota of the directory is used up: delete objects for good, or create fewer owners or objects per creator.',
    },
  },
  {
    status: 403,
    message: /not in the allowed roles/i,
    reading: {
      hint: 'The signed-in person needs a directory role too, such as Reports Reader or Security Reader.',
    },
  },
  { status: [401, 403], path: /^\/?invitations\b/i, reading: { code: 'permission_denied', hint: generalRefusal } },
  { status: 403, reading: { hint: generalRefusal } },
  {
    status: 402,
    reading: { hint: 'This API is metered: set up billing for the app, or use another API.' },
  },
];
