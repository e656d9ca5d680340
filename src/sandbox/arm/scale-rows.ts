import type { PlainObject } from '../base/plain-object.ts';
import { localize } from '../seed/localize.ts';
import type { Tenant } from '../seed/tenant.ts';
import { idKey } from './arm-ids.ts';
import type { ArmResource, SubscriptionRecord } from './arm-store.ts';
import { seededSubscriptions } from './seed/create-arm-seed.ts';

const groupName = 'rg-scale';
const type = 'Microsoft.Compute/disks';
const time = '2025-10-01T08:00:00.0000000Z';

/**
 * Generated disks for tests of large reads, created only when they are read. `placeObject('arm', 'scale', { rows:
 * 25000, subscriptions: 3 })` spreads the rows evenly over that many subscriptions.
 */
export function createScaleRows(setting: PlainObject | undefined, tenant: Tenant) {
  const seeded = localize(seededSubscriptions, tenant);
  const rows = Math.min(Number(setting?.['rows'] ?? 0), 1_000_000);
  const wanted = rows > 0 ? Math.max(1, Number(setting?.['subscriptions'] ?? seeded.length)) : 0;
  const more = Array.from({ length: Math.max(0, wanted - seeded.length) }, (_, index) =>
    localize(extra(index + 3), tenant),
  );
  const spread = [...seeded, ...more].slice(0, wanted).map(({ subscriptionId }) => subscriptionId);
  const at = (index: number) => disk(spread[index % spread.length] ?? '', index);
  return {
    /** Subscriptions in addition to the seeded ones. */
    subscriptions: more,
    *groups(): Iterable<ArmResource> {
      for (const subscriptionId of spread) yield group(subscriptionId);
    },
    *resources(): Iterable<ArmResource> {
      for (let index = 0; index < rows; index++) yield at(index);
    },
    find(id: string): ArmResource | undefined {
      const groupId = spread.find((one) => idKey(id) === idKey(group(one).id));
      if (groupId !== undefined) return group(groupId);
      const index = Number(/\/disks\/disk-(\d{6})$/i.exec(id)?.[1] ?? Number.NaN);
      const found = index < rows ? at(index) : undefined;
      return found && idKey(found.id) === idKey(id) ? found : undefined;
    },
  };
}

function extra(number: number): SubscriptionRecord {
  return {
    subscriptionId: `5a11d0c5-7e4a-4c0d-8b0a-5b5c${number.toString(16).padStart(8, '0')}`,
    displayName: `Contoso Scale ${number}`,
    state: 'Enabled',
    tags: {},
    managementGroup: 'mg-contoso-development',
  };
}

function group(subscriptionId: string): ArmResource {
  return {
    id: `/subscriptions/${subscriptionId}/resourceGroups/${groupName}`,
    name: groupName,
    type: 'Microsoft.Resources/resourceGroups',
    location: 'westeurope',
    properties: { provisioningState: 'Succeeded' },
    etag: `"scale-${subscriptionId.slice(-4)}"`,
    createdTime: time,
    changedTime: time,
  };
}

function disk(subscriptionId: string, index: number): ArmResource {
  const name = `disk-${index.toString().padStart(6, '0')}`;
  return {
    id: `/subscriptions/${subscriptionId}/resourceGroups/${groupName}/providers/Microsoft.Compute/disks/${name}`,
    name,
    type,
    location: index % 2 === 0 ? 'westeurope' : 'northeurope',
    tags: { batch: String(index % 100) },
    sku: { name: 'Premium_LRS', tier: 'Premium' },
    properties: { provisioningState: 'Succeeded', diskSizeGB: 32 + (index % 4) * 32, diskState: 'Unattached' },
    etag: `"scale-${index}"`,
    createdTime: time,
    changedTime: time,
  };
}
