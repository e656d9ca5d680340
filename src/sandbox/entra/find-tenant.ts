import { isGuid } from '../base/guards.ts';
import { tenant } from '../seed/tenant.ts';
import { OAuthError } from './oauth-error.ts';

const sharedEndpoints = ['common', 'organizations', 'consumers'];

/** `shared` for `/common`, `/organizations`, `/consumers`; throws for tenants that do not exist. */
export function findTenant(segment: string): 'own' | 'shared' {
  const name = segment.toLowerCase();
  const own: readonly string[] = [tenant.id, tenant.domain, tenant.initialDomain];
  if (own.includes(name)) return 'own';
  if (sharedEndpoints.includes(name)) return 'shared';
  if (isGuid(name) || /^[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(name)) {
    throw new OAuthError(
      90002,
      'invalid_request',
      `Tenant '${segment}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud. Check with your subscription administrator, this may happen if there are no active subscriptions for the tenant.`,
    );
  }
  throw new OAuthError(
    900023,
    'invalid_request',
    `Specified tenant identifier '${segment}' is neither a valid DNS name, nor a valid external domain.`,
  );
}
