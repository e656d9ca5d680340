import { type BudgetAnswer, type Charge as BudgetCharge, createBudgets } from '../base/throttle.ts';
import { isDrivePath } from '../graph/drive/drive-path.ts';
import type { Admission, GraphCallContext, GraphThrottle, ParsedGraphPath } from '../graph/parsed-path.ts';
import type { SandboxRequest, SandboxResponse } from '../service.ts';
import { resourceUnits, writeUnits } from './resource-units.ts';
import { rateLimitHeaders, sharePointCost } from './sharepoint.ts';
import { type ThrottleLimits, throttleLimits } from './throttle-limits.ts';

interface Call {
  readonly parsed: ParsedGraphPath;
  readonly request: SandboxRequest;
  readonly context: GraphCallContext;
  readonly limits: ThrottleLimits;
}

/** A budget to charge, and what is said when it is exhausted. */
interface Charge extends BudgetCharge {
  readonly scope: 'Read' | 'Write' | 'ReadWrite';
  readonly information: string;
  readonly withoutRetryAfter?: boolean;
}

const mailNames = [
  'messages',
  'mailFolders',
  'sendMail',
  'findMeetingTimes',
  'getMailTips',
  'translateExchangeIds',
  'events',
  'calendar',
  'calendarView',
  'contacts',
];

/**
 * Meters calls as Microsoft Graph does: resource units and writes for the directory, requests and concurrency for each
 * mailbox, slow budgets for audit logs and conditional access. Source: "Microsoft Graph service-specific throttling limits".
 */
export function createGraphThrottle(): GraphThrottle {
  const budgets = createBudgets();
  const inFlight = new Map<string, number>();
  return {
    admit(parsed, request, context) {
      const call: Call = { parsed, request, context, limits: throttleLimits(context) };
      const mailbox = mailboxOf(call);
      if (mailbox && (inFlight.get(mailbox) ?? 0) >= call.limits.mailbox_concurrent) {
        return refused(concurrencyRefusal(call));
      }
      const charges = mailbox ? [mailboxCharge(mailbox, call.limits)] : chargesOf(call);
      let used = 0;
      for (const one of charges) {
        const answer = budgets.take(one, context.clock.now(), call.limits.count_refused !== 0);
        if (answer.retryAfterSeconds !== undefined) return refused(refusal(one, answer, call));
        used = Math.max(used, answer.used);
      }
      if (mailbox) inFlight.set(mailbox, (inFlight.get(mailbox) ?? 0) + 1);
      return {
        headers: mailbox || isAudit(parsed) ? {} : usageHeaders(call, used),
        done: onceOnly(() => mailbox && inFlight.set(mailbox, (inFlight.get(mailbox) ?? 1) - 1)),
      };
    },
  };
}

function chargesOf(call: Call): readonly Charge[] {
  const { parsed, request, context, limits } = call;
  const { caller } = context;
  const owner = `${caller.appId} ${caller.tenantId}`;
  if (isAudit(parsed)) {
    return [
      {
        key: `audit ${owner}`,
        cost: 1,
        capacity: limits.audit_requests,
        windowSeconds: limits.audit_seconds,
        scope: 'Read',
        information: 'RequestLimitExceeded',
      },
    ];
  }
  if (isConditionalAccess(request)) {
    return [
      {
        key: `conditionalAccess ${caller.tenantId}`,
        cost: 1,
        capacity: limits.conditional_access_requests,
        windowSeconds: limits.conditional_access_seconds,
        scope: 'ReadWrite',
        information: 'RequestLimitExceeded',
        withoutRetryAfter: true,
      },
    ];
  }
  if (isDrivePath(parsed)) {
    return [
      {
        key: `sharePoint ${owner}`,
        cost: sharePointCost(request.method, parsed),
        capacity: limits.sharepoint_units,
        windowSeconds: limits.sharepoint_seconds,
        scope: 'ReadWrite',
        information: 'RequestLimitExceeded',
      },
    ];
  }
  const units = resourceUnits(request.method, parsed);
  const charges: Charge[] = [
    {
      key: `units ${owner}`,
      cost: units,
      capacity: limits.resource_units,
      windowSeconds: limits.resource_unit_seconds,
      scope: 'ReadWrite',
      information: 'ResourceUnitLimitExceeded',
    },
  ];
  if (/(^|,)\s*signInActivity\s*(,|$)/i.test(parsed.query.get('$select') ?? '')) {
    charges.push({
      key: `signInActivity ${owner}`,
      cost: 1,
      capacity: limits.sign_in_activity_requests,
      windowSeconds: limits.sign_in_activity_seconds,
      scope: 'Read',
      information: 'RequestLimitExceeded',
    });
  }
  if (writeUnits(request.method, parsed) > 0) charges.push(writeCharge(call, owner));
  return charges;
}

/** Applications have write budgets of their own, by the accounts they are for. */
function writeCharge({ parsed, request, context, limits }: Call, owner: string): Charge {
  const common = { cost: 1, scope: 'Write', information: 'WriteLimitExceeded' } as const;
  if (parsed.names[0] !== 'applications') {
    return { ...common, key: `writes ${owner}`, capacity: limits.writes, windowSeconds: limits.write_seconds };
  }
  const key = parsed.keys[0];
  const application =
    key &&
    (key.property
      ? context.store.findByKey('application', key.property, key.value)
      : context.store.get('application', key.value));
  const audience = String(application?.['signInAudience'] ?? Buffer.from(request.body).toString('utf8'));
  return /PersonalMicrosoftAccount/.test(audience)
    ? {
        ...common,
        key: `personalApplications ${owner}`,
        capacity: limits.personal_application_writes,
        windowSeconds: limits.personal_application_write_seconds,
      }
    : {
        ...common,
        key: `applications ${owner}`,
        capacity: limits.application_writes,
        windowSeconds: limits.application_write_seconds,
      };
}

function mailboxCharge(mailbox: string, limits: ThrottleLimits): Charge {
  return {
    key: `mailbox ${mailbox}`,
    cost: 1,
    capacity: limits.mailbox_requests,
    windowSeconds: limits.mailbox_seconds,
    scope: 'ReadWrite',
    information: 'RequestLimitExceeded',
  };
}

function mailboxOf({ parsed, context }: Call): string | undefined {
  const [root, second = ''] = parsed.names;
  if (!mailNames.includes(second) || (root !== 'users' && root !== 'me')) return undefined;
  const name = parsed.keys[0]?.value ?? context.caller.objectId;
  const user = context.store.get('user', name) ?? context.store.findByKey('user', 'userPrincipalName', name);
  return `${context.caller.appId} ${user?.id ?? name}`;
}

function isAudit({ names }: ParsedGraphPath): boolean {
  return names[0] === 'auditLogs';
}

/** Looks at the address, because the sandbox knows these routes by their first name only. */
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

function refusal(charge: Charge, answer: BudgetAnswer, call: Call): SandboxResponse {
  const { parsed, request } = call;
  const { caller } = call.context;
  const isDirectory = charge.key.startsWith('units') || charge.information === 'WriteLimitExceeded';
  return {
    status: 429,
    headers: {
      ...(charge.withoutRetryAfter ? {} : { 'retry-after': String(answer.retryAfterSeconds) }),
      ...(isDirectory
        ? {
            'x-ms-resource-unit': String(resourceUnits(request.method, parsed)),
            'x-ms-throttle-limit-percentage': percentage(answer.used),
            'x-ms-throttle-scope': `Tenant_Application/${charge.scope}/${caller.appId}/${caller.tenantId}`,
            'x-ms-throttle-information': charge.information,
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

function refused(response: SandboxResponse): Admission {
  return { refusal: response, headers: {}, done: () => undefined };
}

function percentage(used: number): string {
  return String(Math.round(used * 100) / 100);
}

function onceOnly(action: () => void): () => void {
  let done = false;
  return () => {
    if (!done) action();
    done = true;
  };
}
