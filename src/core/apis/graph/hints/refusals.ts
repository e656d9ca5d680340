import { quoted } from '../../../base/plain-text.ts';
import type { FailedAnswer } from '../../../http/api-descriptor.ts';
import type { OperationPermissions, PermissionIndex } from '../permissions.ts';
import type { HintRule } from './hint-rule.ts';

const scopes: Readonly<Record<string, string>> = {
  tenant_application: 'of this app in this tenant',
  application: 'of this app in all tenants',
  tenant: 'of all apps of this tenant',
};

/** `x-ms-throttle-scope`: `Tenant_Application/ReadWrite/{app}/{tenant}`. https://learn.microsoft.com/graph/throttling-limits */
function throttleHint({ headers }: FailedAnswer): string {
  const [scope = '', kind = ''] = (headers['x-ms-throttle-scope'] ?? '').split('/');
  const whose = scopes[scope.toLowerCase()];
  const what = kind.toLowerCase() === 'write' ? 'write budget' : 'budget';
  const advice = 'Call again after the given time, ask for fewer or larger pages, or use graph_batch.';
  return whose === undefined ? advice : `The ${what} ${whose} is used up. ${advice}`;
}

export const throttlingHints: readonly HintRule[] = [
  {
    status: 429,
    message: /MailboxConcurrency/i,
    reading: {
      hint: 'A mailbox accepts four requests at a time: call again, with fewer at once for the same mailbox.',
    },
  },
  { status: 429, reading: (failure) => ({ hint: throttleHint(failure) }) },
  { status: 509, reading: { hint: 'The bandwidth budget is used up: call again later, with less data.' } },
];

function joined(names: readonly string[]): string {
  return names.join(' and ');
}

/** Names what an operation needs, for apps and for people. */
function describePermissions({ application, delegated }: OperationPermissions): string {
  if (application.length === 0) {
    return `${joined(delegated)} (only on behalf of a signed-in person; apps cannot do this)`;
  }
  const same = joined(application) === joined(delegated);
  return same ? joined(application) : `${joined(application)} (on behalf of a person: ${joined(delegated)})`;
}

/** The permission that a refusal names itself. */
function namedPermission({ message }: FailedAnswer): string | undefined {
  const text = /required Microsoft Graph permission\(s\):\s*([A-Za-z.,\s]+?)\s+to call/i.exec(message)?.[1];
  const names = text?.split(/\s*,\s*/).filter((name) => /^[A-Za-z]+(?:\.[A-Za-z]+)+$/.test(name)) ?? [];
  return names.length === 0 ? undefined : names.map((name) => quoted(name)).join(' or ');
}

function grantHint(needed: string): string {
  return `Grant ${needed} to the app registration and consent again; Tenantry fetches a new token by itself.`;
}

/** Refusals: permission, licence of the tenant, claims challenge. https://learn.microsoft.com/graph/permissions-reference */
export function permissionHints(permissions: PermissionIndex): readonly HintRule[] {
  return [
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
    {
      status: 401,
      message: /invalid audience/i,
      reading: { hint: 'The token is for another resource or cloud: check the cloud and the token of the connection.' },
    },
    {
      status: 403,
      message: /not in the allowed roles/i,
      reading: {
        hint: 'The signed-in person needs a directory role too, such as Reports Reader or Security Reader.',
      },
    },
    {
      status: [401, 403],
      path: /^\/?invitations\b/i,
      reading: { code: 'permission_denied', hint: grantHint('User.Invite.All') },
    },
    {
      status: 403,
      path: /^\/?auditlogs\b/i,
      reading: { hint: grantHint('AuditLog.Read.All') },
    },
    {
      status: 403,
      reading: (failure) => {
        const { method, wirePath } = failure.request;
        const known = permissions.leastPrivileged(method, wirePath);
        const needed = namedPermission(failure) ?? (known === undefined ? undefined : describePermissions(known));
        return needed === undefined
          ? { hint: 'Look up the least-privileged permission of this operation in the Graph reference and grant it.' }
          : { hint: grantHint(needed) };
      },
    },
    {
      status: 402,
      reading: { hint: 'This API is metered: set up billing for the app, or use another API.' },
    },
  ];
}
