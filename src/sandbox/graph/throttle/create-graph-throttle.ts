import type { SandboxRequest, SandboxResponse } from '../../base/service.ts';
import { type BudgetAnswer, type Charge as BudgetCharge, createBudgets } from '../../base/throttle.ts';
import { isDrivePath } from '../drive/drive-path.ts';
import type { GraphCallContext, GraphThrottle, ParsedGraphPath } from '../parsed-path.ts';
import { resourceUnits, sharePointCost, writeUnits } from './call-costs.ts';
import { createMailboxTraffic, mailboxOf } from './mailbox-traffic.ts';
import { type ThrottleLimits, throttleLimits } from './throttle-limits.ts';

interface Call {
  readonly parsed: ParsedGraphPath;
  readonly request: SandboxRequest;
  readonly context: GraphCallContext;
  readonly limits: ThrottleLimits;
}

/** A budget to charge. */
interface Charge extends BudgetCharge {
  /** What the directory reports when the budget is exhausted. */
  readonly directory?: { readonly scope: string; readonly information: string };
  readonly withoutRetryAfter?: boolean;
}

/**
 * Meters calls as Microsoft Graph does: resource units and writes for the directory, requests and concurrency for each
 * mailbox, slow budgets for audit logs and conditional access. Source: "Microsoft Graph service-specific throttling limits".
 */
export function createGraphThrottle(): GraphThrottle {
  const budgets = createBudgets();
  const underWay = createMailboxTraffic();
  return {
    arrive: underWay.arrive,
    admit(parsed, request, context) {
      const limits = throttleLimits(context);
      const call: Call = { parsed, request, context, limits };
      const mailbox = mailboxOf(parsed, context.caller, context);
      if (mailbox && underWay.aheadOf(request, mailbox) >= limits.mailbox_concurrent) {
        return { refusal: concurrencyRefusal(call), headers: {} };
      }
      const charges = mailbox
        ? [budget(`mailbox ${mailbox}`, limits.mailbox_requests, limits.mailbox_seconds)]
        : chargesOf(call);
      let used = 0;
      for (const one of charges) {
        const answer = budgets.take(one, context.clock.now(), limits.count_refused !== 0);
        if (answer.retryAfterSeconds !== undefined) return { refusal: refusal(one, answer, call), headers: {} };
        used = Math.max(used, answer.used);
      }
      const isUnmetered = mailbox || isAudit(parsed) || isEnvelope(parsed);
      return { headers: isUnmetered ? {} : usageHeaders(call, used) };
    },
  };
}

function budget(key: string, capacity: number, windowSeconds: number): Charge {
  return { key, cost: 1, capacity, windowSeconds };
}

function chargesOf(call: Call): readonly Charge[] {
  const { parsed, request, context, limits } = call;
  const { appId, tenantId } = context.caller;
  const owner = `${appId} ${tenantId}`;
  if (isEnvelope(parsed)) return [];
  if (isAudit(parsed)) return [budget(`audit ${owner}`, limits.audit_requests, limits.audit_seconds)];
  if (isConditionalAccess(request)) {
    const { conditional_access_requests: capacity, conditional_access_seconds: seconds } = limits;
    return [{ ...budget(`conditionalAccess ${tenantId}`, capacity, seconds), withoutRetryAfter: true }];
  }
  if (isDrivePath(parsed)) {
    const cost = sharePointCost(request.method, parsed);
    return [{ ...budget(`sharePoint ${owner}`, limits.sharepoint_units, limits.sharepoint_seconds), cost }];
  }
  const charges: Charge[] = [
    {
      ...budget(`units ${owner}`, limits.resource_units, limits.resource_unit_seconds),
      cost: resourceUnits(request.method, parsed),
      directory: { scope: 'ReadWrite', information: 'ResourceUnitLimitExceeded' },
    },
  ];
  if (/(^|,)\s*signInActivity\s*(,|$)/i.test(parsed.query.get('$select') ?? '')) {
    const { sign_in_activity_requests: capacity, sign_in_activity_seconds: seconds } = limits;
    charges.push(budget(`signInActivity ${owner}`, capacity, seconds));
  }
  if (writeUnits(request.method, parsed) > 0) {
    const directory = { scope: 'Write', information: 'WriteLimitExceeded' };
    charges.push({ ...writeBudget(call, owner), directory });
  }
  return charges;
}

/** Applications have their own write budgets, by supported account type. */
function writeBudget({ parsed, request, context, limits }: Call, owner: string): Charge {
  if (parsed.names[0] !== 'applications') return budget(`writes ${owner}`, limits.writes, limits.write_seconds);
  const { property, value = '' } = parsed.keys[0] ?? {};
  const application = property
    ? context.store.findByKey('application', property, value)
    : context.store.get('application', value);
  const audience = String(application?.['signInAudience'] ?? Buffer.from(request.body).toString('utf8'));
  if (!/PersonalMicrosoftAccount/.test(audience)) {
    return budget(`applications ${owner}`, limits.application_writes, limits.application_write_seconds);
  }
  const { personal_application_writes: capacity, personal_application_write_seconds: seconds } = limits;
  return budget(`personalApplications ${owner}`, capacity, seconds);
}

/** The envelope of a batch costs nothing: each item is charged by itself. */
function isEnvelope({ operation }: ParsedGraphPath): boolean {
  return operation === '$batch';
}

function isAudit({ names }: ParsedGraphPath): boolean {
  return names[0] === 'auditLogs';
}

/** Checks the path, because the sandbox models only the first name of these routes. */
function isConditionalAccess({ rawPath }: SandboxRequest): boolean {
  return /\/identity\/conditionalAccess\b|\/identityProtection\b/i.test(rawPath);
}

function usageHeaders({ parsed, request, limits }: Call, used: number): Record<string, string> {
  if (isDrivePath(parsed)) return rateLimitHeaders(used, limits);
  return {
    'x-ms-resource-unit': String(resourceUnits(request.method, parsed)),
    ...(used >= 0.8 ? { 'x-ms-throttle-limit-percentage': percentage(used) } : {}),
  };
}

/** From four fifths of the budget, responses report its usage. */
function rateLimitHeaders(
  used: number,
  { sharepoint_units: units, sharepoint_seconds: seconds }: ThrottleLimits,
): Record<string, string> {
  if (used < 0.8) return {};
  return {
    'ratelimit-limit': String(units),
    'ratelimit-remaining': String(Math.max(0, Math.floor(units * (1 - used) + 1e-6))),
    'ratelimit-reset': String(Math.max(1, Math.ceil(seconds * Math.min(1, used)))),
  };
}

function refusal(charge: Charge, answer: BudgetAnswer, call: Call): SandboxResponse {
  const { parsed, request } = call;
  const { caller } = call.context;
  return {
    status: 429,
    headers: {
      ...(charge.withoutRetryAfter ? {} : { 'retry-after': String(answer.retryAfterSeconds) }),
      ...(charge.directory
        ? {
            'x-ms-resource-unit': String(resourceUnits(request.method, parsed)),
            'x-ms-throttle-limit-percentage': percentage(answer.used),
            'x-ms-throttle-scope': `Tenant_Application/${charge.directory.scope}/${caller.appId}/${caller.tenantId}`,
            'x-ms-throttle-information': charge.directory.information,
          }
        : {}),
      ...(isDrivePath(parsed) ? rateLimitHeaders(1, call.limits) : {}),
    },
    body: isDrivePath(parsed)
      ? throttledBody('activityLimitReached', 'The request has been throttled', call)
      : throttledBody('TooManyRequests', 'Please retry again later.', call),
  };
}

function concurrencyRefusal(call: Call): SandboxResponse {
  return {
    status: 429,
    headers: { 'retry-after': '1' },
    body: throttledBody('ApplicationThrottled', 'Application is over its MailboxConcurrency limit.', call),
  };
}

function throttledBody(code: string, message: string, { context, request }: Call) {
  const date = new Date(context.clock.now()).toISOString().slice(0, 19);
  const requestId = request.requestId;
  return {
    error: {
      code,
      message,
      innerError: {
        code: '429',
        date,
        message: 'Please retry after',
        'request-id': requestId,
        status: '429',
        'client-request-id': request.headers['client-request-id'] ?? requestId,
      },
    },
  };
}

function percentage(used: number): string {
  return String(Math.round(used * 100) / 100);
}
