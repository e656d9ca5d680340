import type { EntityStore } from '../entity-store.ts';
import type { IdentityRef } from './devops-records.ts';

/** How the organization calls a user or service principal of the directory. */
export function identityOf(objectId: string, directory: EntityStore): IdentityRef {
  const user = directory.get('user', objectId);
  const principal = user ?? directory.get('servicePrincipal', objectId);
  return {
    id: objectId,
    displayName: String(principal?.['displayName'] ?? ''),
    uniqueName: String(user?.['userPrincipalName'] ?? objectId),
  };
}
