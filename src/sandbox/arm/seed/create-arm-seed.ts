import { createHash } from 'node:crypto';
import { appIds } from '../../seed/sandbox-credentials.ts';
import { tenant } from '../../seed/tenant.ts';
import { roleIds } from '../access/role-definitions.ts';
import { groupScope, managementGroupScope, subscriptionScope } from '../arm-ids.ts';
import type {
  ArmResource,
  LockRecord,
  ManagementGroupRecord,
  PolicyRecord,
  RoleAssignmentRecord,
  SubscriptionRecord,
} from '../arm-store.ts';
import { dataGroupId, developmentGroups, productionGroups } from './resource-groups.ts';
import type { ArmSeedContext, GroupSeed, ResourceSeed } from './resource-seed.ts';

/** The tenant's Azure resources before the first write. */
export interface ArmSeed {
  readonly subscriptions: readonly SubscriptionRecord[];
  readonly managementGroups: readonly ManagementGroupRecord[];
  readonly resourceGroups: readonly ArmResource[];
  readonly resources: readonly ArmResource[];
  readonly roleAssignments: readonly RoleAssignmentRecord[];
  readonly locks: readonly LockRecord[];
  readonly policies: readonly PolicyRecord[];
}

const createdTime = '2025-09-01T08:00:00.0000000Z';

const managementGroups: readonly ManagementGroupRecord[] = [
  { name: tenant.id, displayName: 'Tenant Root Group' },
  { name: 'mg-contoso', displayName: 'Contoso', parent: tenant.id },
  { name: 'mg-contoso-production', displayName: 'Production', parent: 'mg-contoso' },
  { name: 'mg-contoso-development', displayName: 'Development', parent: 'mg-contoso' },
];

export const seededSubscriptions: readonly SubscriptionRecord[] = [
  {
    subscriptionId: tenant.subscriptionId,
    displayName: 'Contoso Production',
    state: 'Enabled',
    tags: { environment: 'production' },
    managementGroup: 'mg-contoso-production',
  },
  {
    subscriptionId: tenant.secondSubscriptionId,
    displayName: 'Contoso Development',
    state: 'Enabled',
    tags: { environment: 'development' },
    managementGroup: 'mg-contoso-development',
  },
];

export function createArmSeed(context: ArmSeedContext): ArmSeed {
  const placed = [
    ...productionGroups(context).map((group) => ({ subscriptionId: tenant.subscriptionId, group })),
    ...developmentGroups().map((group) => ({ subscriptionId: tenant.secondSubscriptionId, group })),
  ];
  return {
    subscriptions: seededSubscriptions,
    managementGroups,
    resourceGroups: placed.map(({ subscriptionId, group }) => groupOf(subscriptionId, group)),
    resources: placed.flatMap(({ subscriptionId, group }) =>
      group.resources.map((resource) => resourceOf(subscriptionId, group, resource)),
    ),
    roleAssignments: roleAssignments(context),
    locks: [
      {
        scope: groupScope(tenant.subscriptionId, 'rg-contoso-protected'),
        name: 'keep-keys',
        level: 'CanNotDelete',
        notes: 'Signing keys of the shop',
      },
    ],
    policies: [
      {
        name: 'allowed-locations',
        displayName: 'Allowed locations',
        scope: subscriptionScope(tenant.subscriptionId),
        allowedLocations: ['westeurope', 'northeurope', 'swedencentral', 'germanywestcentral', 'global'],
      },
    ],
  };
}

function groupOf(subscriptionId: string, { name, location, tags }: GroupSeed): ArmResource {
  const id = groupScope(subscriptionId, name);
  return {
    id,
    name,
    type: 'Microsoft.Resources/resourceGroups',
    location,
    ...(tags ? { tags } : {}),
    properties: { provisioningState: 'Succeeded' },
    ...stamps(id),
  };
}

function resourceOf(subscriptionId: string, group: GroupSeed, seed: ResourceSeed): ArmResource {
  const { type, name, location, ...rest } = seed;
  const [namespace = '', ...types] = type.split('/');
  const names = name.split('/');
  const path = types.map((part, index) => `${part}/${names[index] ?? ''}`).join('/');
  const id = `${groupScope(subscriptionId, group.name)}/providers/${namespace}/${path}`;
  const isChild = types.length > 1;
  return {
    id,
    name: names.at(-1) ?? name,
    type,
    ...(isChild ? {} : { location: location ?? group.location }),
    ...rest,
    ...stamps(id),
  };
}

function stamps(id: string) {
  return {
    createdTime,
    changedTime: createdTime,
    etag: `"${createHash('sha256').update(id).digest('hex').slice(0, 24)}"`,
  };
}

/**
 * The sandbox identity is Contributor of both subscriptions (one directly, one through its management group), can
 * assign roles, and has the data roles. `tenantry-limited` sees the production subscription but lacks the data roles.
 */
function roleAssignments({ principalOf }: ArmSeedContext): readonly RoleAssignmentRecord[] {
  const production = subscriptionScope(tenant.subscriptionId);
  const development = subscriptionScope(tenant.secondSubscriptionId);
  const main = principalOf(appIds.sandbox);
  const limited = principalOf(appIds.limited);
  const readOnly = principalOf(appIds.readOnly);
  const orders = `${dataGroupId}/providers/Microsoft.ServiceBus/namespaces/sb-contoso-orders`;
  const invoices = `${dataGroupId}/providers/Microsoft.Storage/storageAccounts/stcontosodata/blobServices/default/containers/invoices`;
  const rows: readonly (readonly [principalId: string, roleId: string, scope: string, description?: string])[] = [
    [main, roleIds.contributor, production],
    [main, roleIds.contributor, managementGroupScope('mg-contoso-development')],
    [main, roleIds.userAccessAdministrator, managementGroupScope('mg-contoso')],
    [main, roleIds.blobContributor, production],
    [main, roleIds.busOwner, production],
    [main, roleIds.searchServiceContributor, production],
    [main, roleIds.searchDataContributor, production],
    [main, roleIds.blobContributor, development],
    [limited, roleIds.reader, production],
    [limited, roleIds.busReceiver, `${orders}/queues/orders`, 'Receives orders, nothing else'],
    [limited, roleIds.blobReader, invoices, 'Reads one container'],
    [readOnly, roleIds.reader, managementGroupScope('mg-contoso')],
  ];
  return rows.map(([principalId, roleId, scope, description], index) => ({
    name: `5a11d0c5-7e4a-4c0d-8b0a-a551${(index + 1).toString(16).padStart(8, '0')}`,
    scope,
    roleId,
    principalId,
    principalType: 'ServicePrincipal',
    ...(description === undefined ? {} : { description }),
    createdOn: createdTime,
  }));
}
