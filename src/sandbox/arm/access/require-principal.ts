import { tenant } from '../../seed/tenant.ts';
import type { ArmCall } from '../arm-call.ts';
import { badRequest } from '../arm-error.ts';

const principalTypes: Readonly<Record<string, string>> = {
  user: 'User',
  group: 'Group',
  servicePrincipal: 'ServicePrincipal',
};

/** How long a new principal is not known to the service that assigns roles. */
const replicationMs = 120_000;

/**
 * Type of the principal, looked up in the directory when the caller does not say it; saying it skips the lookup.
 * Source: "Troubleshoot Azure RBAC", PrincipalNotFound.
 */
export function requirePrincipal(
  { context }: Pick<ArmCall, 'context'>,
  principalId: string,
  principalType: string | undefined,
): string {
  if (principalType !== undefined) return principalType;
  const id = principalId.toLowerCase();
  const type = context.store.typeOf(id);
  const known = type && principalTypes[type];
  const createdAt = type && Date.parse(String(context.store.get(type, id)?.['createdDateTime'] ?? ''));
  const isFresh = createdAt !== undefined && context.clock.now() - createdAt < replicationMs;
  if (known && !isFresh) return known;
  throw badRequest(
    'PrincipalNotFound',
    `Principal ${id.replaceAll('-', '')} does not exist in the directory ${tenant.id}. Check that you have the correct principal ID. If you are creating this principal and then immediately assigning a role, this error might be related to a replication delay. In this case, set the role assignment principalType property to a value, such as ServicePrincipal, User, or Group. See https://aka.ms/docs-principaltype`,
  );
}
