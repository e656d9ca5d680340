import { localCaller } from '../base/caller.ts';
import type { ConnectionRecord } from '../record/connection.ts';

type Limited = Pick<ConnectionRecord, 'id' | 'owner' | 'identity' | 'settings'>;

/**
 * What shares concurrency and budgets: `rate_limit_key` of the settings, or base URL, app and tenant. Connections of two
 * owners share nothing: who only names the app or the key of another one must not feel, or slow down, what that one does.
 */
export function limiterKey(record: Limited, base: string): string {
  const { settings } = record;
  return settings.rate_limit_key === undefined
    ? `${base} ${identityEnd(record)}`
    : ownKey(settings.rate_limit_key, record);
}

/** Whether a key is one of the connection's, whatever the API. */
export function isLimiterKeyOf(key: string, record: Limited): boolean {
  const { settings } = record;
  if (settings.rate_limit_key !== undefined) return key === ownKey(settings.rate_limit_key, record);
  return key.endsWith(` ${identityEnd(record)}`);
}

function identityEnd(record: Limited): string {
  const { id, identity } = record;
  return ownKey(`${identity.client_id ?? id} ${identity.tenant_id ?? ''}`.trimEnd(), record);
}

/** The person at this machine and the configuration are one. */
function ownKey(key: string, { owner }: Limited): string {
  return owner === localCaller.id ? key : `${key} of ${owner}`;
}
