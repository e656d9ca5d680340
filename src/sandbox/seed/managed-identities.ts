import type { Entity } from '../base/entity-store.ts';
import { newServicePrincipal } from '../graph/writes/new-objects.ts';
import { tenant } from './tenant.ts';

/** A user-assigned managed identity, as known to both Entra and Resource Manager. */
export interface ManagedIdentityNames {
  /** ARM id. */
  readonly resourceId: string;
  readonly clientId: string;
  readonly principalId: string;
  /** ISO 8601. */
  readonly createdAt: string;
}

/** The seeded identity. */
export const seededIdentity: Omit<ManagedIdentityNames, 'principalId'> = {
  resourceId: `/subscriptions/${tenant.subscriptionId}/resourceGroups/rg-contoso-web/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-contoso-shop`,
  clientId: '5a11d0c5-7e4a-4c0d-8b0a-3a4c00000001',
  createdAt: '2025-09-01T08:00:00Z',
};

/** Its service principal, without an application and with the resource's name. */
export function identityPrincipal({ resourceId, clientId, principalId, createdAt }: ManagedIdentityNames): Entity {
  const displayName = resourceId.split('/').at(-1) ?? resourceId;
  return newServicePrincipal({
    id: principalId,
    appId: clientId,
    displayName,
    appDisplayName: null,
    alternativeNames: ['isExplicit=True', resourceId],
    createdDateTime: createdAt,
    servicePrincipalNames: [clientId, `https://identity.azure.net/${clientId}`],
    servicePrincipalType: 'ManagedIdentity',
  });
}
