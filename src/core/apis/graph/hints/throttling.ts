import type { FailedAnswer } from '../../../http/api-descriptor.ts';
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
    reading: { hint: 'A mailbox takes four requests at a time: call again, with fewer at once for the same mailbox.' },
  },
  { status: 429, reading: (failure) => ({ hint: throttleHint(failure) }) },
  { status: 509, reading: { hint: 'The bandwidth budget is used up: call again later, with less data.' } },
];
