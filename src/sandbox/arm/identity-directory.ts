import type { Clock } from '../../core/base/clock.ts';
import { guidOf } from '../base/clock-and-ids.ts';
import type { EntityStore } from '../base/entity-store.ts';
import type { PlainObject } from '../base/plain-object.ts';
import { type FederatedTrust, trustOf } from '../entra/client-assertion.ts';
import { identityPrincipal } from '../seed/managed-identities.ts';
import type { Tenant } from '../seed/tenant.ts';
import { timestamp } from '../seed/timestamp.ts';
import { isSameId, isWithin } from './arm-ids.ts';
import type { ArmResource } from './arm-store.ts';

export const identityType = 'Microsoft.ManagedIdentity/userAssignedIdentities';
export const identityCredentialType = `${identityType}/federatedIdentityCredentials`;

/** Keeps user-assigned identities and their service principals in step, whichever way they are written or removed. */
export function createIdentityDirectory(directory: EntityStore, clock: Clock, tenant: Pick<Tenant, 'id'>) {
  let made = 0;
  return {
    /** The resource to store: an identity gets its ids; everything else stays as given. */
    complete(resource: ArmResource, existing: ArmResource | undefined): ArmResource {
      if (!isSameId(resource.type, identityType)) return resource;
      // The ids are read-only: those in the body are ignored.
      const { clientId, principalId } = existing?.properties ?? {};
      if (typeof clientId === 'string' && typeof principalId === 'string') {
        return withIds(resource, { tenantId: tenant.id, principalId, clientId });
      }
      made += 1;
      const names = {
        resourceId: resource.id,
        clientId: guidOf(`client ${made} ${resource.id}`),
        principalId: guidOf(`principal ${made} ${resource.id}`),
        createdAt: timestamp(clock.now()),
      };
      directory.insert('servicePrincipal', identityPrincipal(names));
      const { clientId: ownId, principalId: ownPrincipal } = names;
      return withIds(resource, { tenantId: tenant.id, principalId: ownPrincipal, clientId: ownId });
    },
    /** Removes the identities' service principals. */
    forget(removed: Iterable<ArmResource>): void {
      for (const { type, properties } of removed) {
        if (isSameId(type, identityType)) directory.purge('servicePrincipal', String(properties['principalId']));
      }
    },
    reset() {
      made = 0;
    },
  };
}

function withIds(resource: ArmResource, ids: PlainObject): ArmResource {
  const { provisioningState: _, ...properties } = resource.properties;
  return { ...resource, properties: { isolationScope: 'None', ...properties, ...ids } };
}

/** What the identity with the client id trusts; undefined if there is no such identity. */
export function identityTrusts(
  resources: Iterable<ArmResource>,
  clientId: string,
): readonly FederatedTrust[] | undefined {
  const all = [...resources];
  const identity = all.find(
    ({ type, properties }) => isSameId(type, identityType) && isSameId(String(properties['clientId']), clientId),
  );
  if (!identity) return undefined;
  return all
    .filter(({ id, type }) => isSameId(type, identityCredentialType) && isWithin(id, identity.id))
    .map(({ properties }) => trustOf(properties));
}
