import type { PlainObject } from '../base/plain-object.ts';
import { idKey, isSameId } from './arm-ids.ts';

export interface SubscriptionRecord {
  readonly subscriptionId: string;
  readonly displayName: string;
  readonly state: 'Enabled' | 'Warned' | 'PastDue' | 'Disabled';
  readonly tags: Readonly<Record<string, string>>;
  /** Name of the management group that it is in. */
  readonly managementGroup: string;
}

export interface ManagementGroupRecord {
  readonly name: string;
  readonly displayName: string;
  /** Name of the group above it; the root group has none. */
  readonly parent?: string;
}

/** A resource group or a resource, as it was created. Answers may spell its id differently. */
export interface ArmResource {
  readonly id: string;
  readonly name: string;
  /** `Microsoft.Storage/storageAccounts`, nested types with all their parts. */
  readonly type: string;
  readonly location?: string;
  readonly kind?: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly sku?: PlainObject;
  readonly identity?: PlainObject;
  readonly plan?: PlainObject;
  readonly zones?: readonly string[];
  readonly managedBy?: string;
  readonly properties: PlainObject;
  readonly etag: string;
  readonly createdTime: string;
  readonly changedTime: string;
  /** What the data plane of the sandbox knows and no answer shows, e.g. `{ gremlinRbac: false }`. */
  readonly traits?: PlainObject;
}

export interface RoleAssignmentRecord {
  /** GUID. */
  readonly name: string;
  /** `/subscriptions/…`, `/providers/Microsoft.Management/managementGroups/…`, a resource id, or `/`. */
  readonly scope: string;
  /** GUID of the role definition. */
  readonly roleId: string;
  readonly principalId: string;
  readonly principalType: string;
  readonly description?: string;
  readonly condition?: string;
  readonly conditionVersion?: string;
  /** ISO 8601. */
  readonly createdOn: string;
}

/** Actions with wildcards, as role definitions hold them. */
export interface PermissionSet {
  readonly actions: readonly string[];
  readonly notActions: readonly string[];
  readonly dataActions: readonly string[];
  readonly notDataActions: readonly string[];
}

export interface RoleDefinitionRecord extends PermissionSet {
  readonly id: string;
  readonly roleName: string;
  readonly description: string;
}

export interface LockRecord {
  readonly scope: string;
  readonly name: string;
  readonly level: 'CanNotDelete' | 'ReadOnly';
  readonly notes?: string;
}

/** Denies writes of resource types, or of resources without a tag. */
export interface PolicyRecord {
  readonly name: string;
  readonly displayName: string;
  readonly scope: string;
  /** Types that may not be created. */
  readonly deniedTypes?: readonly string[];
  /** Locations that are allowed; every other one is refused. */
  readonly allowedLocations?: readonly string[];
}

export type RegistrationState = 'NotRegistered' | 'Registering' | 'Registered' | 'Unregistering';

/** Behaviour that tests place, with whatever members: read by the service, no objects of Azure. */
export const armSettings = {
  throttleLimits: undefined,
  operationStyle: undefined,
  paging: undefined,
  scale: undefined,
  rolePropagation: undefined,
  workspaceConnections: undefined,
} as const;
type ArmSettingType = keyof typeof armSettings;

/** The Azure side of the emulated tenant. Ids are looked up without regard to case. */
export interface ArmStore {
  subscriptions(): readonly SubscriptionRecord[];
  subscription(id: string): SubscriptionRecord | undefined;
  managementGroups(): readonly ManagementGroupRecord[];
  /** A resource or a resource group. */
  resource(id: string): ArmResource | undefined;
  resourceGroups(): Iterable<ArmResource>;
  /** Resources, children and generated rows included, below a scope. */
  resources(scope?: string): Iterable<ArmResource>;
  /** Gives the resource as it was stored: an identity gets its ids, a connection keeps its secrets apart. */
  putResource(resource: ArmResource): ArmResource;
  /** Removes the resource and all that lies below it. */
  removeResource(id: string): void;
  readonly roleAssignments: Map<string, RoleAssignmentRecord>;
  readonly locks: Map<string, LockRecord>;
  readonly policies: PolicyRecord[];
  /** Registration of a namespace in a subscription. */
  registration(subscriptionId: string, namespace: string): RegistrationState;
  setRegistration(subscriptionId: string, namespace: string, state: RegistrationState): void;
  /** Tags that a subscription was given. */
  setSubscriptionTags(subscriptionId: string, tags: Readonly<Record<string, string>>): void;
  /** Role assignments that count at a scope: there, above it, and of its management groups. */
  assignmentsAt(scope: string): readonly RoleAssignmentRecord[];
  /** The principal and the groups that it is in, directly or through other groups. */
  membershipsOf(principalId: string): ReadonlySet<string>;
  /** What the principal may do at the scope, by stored role assignments. */
  permissionsOf(principalId: string, scope: string): readonly PermissionSet[];
  can(principalId: string, action: string, scope: string): boolean;
  /** The same for a data action; assignments younger than `rolePropagation.seconds` do not count yet. */
  hasDataRole(principalId: string, resourceId: string, dataAction: string): boolean;
  /** Places an object as given, or a setting. */
  place(type: string, object: PlainObject): void;
  settings(type: ArmSettingType): readonly PlainObject[];
  reset(): void;
}

export function assignmentKey({ scope, name }: Pick<RoleAssignmentRecord, 'scope' | 'name'>): string {
  return idKey(`${scope === '/' ? '' : scope}/providers/Microsoft.Authorization/roleAssignments/${name}`);
}

export function lockKey({ scope, name }: Pick<LockRecord, 'scope' | 'name'>): string {
  return idKey(`${scope}/providers/Microsoft.Authorization/locks/${name}`);
}

/** A management group and those above it, from the bottom up. */
export function groupsUpFrom(
  first: string | undefined,
  { managementGroups }: Pick<ArmStore, 'managementGroups'>,
): readonly Pick<ManagementGroupRecord, 'name' | 'displayName'>[] {
  const chain: Pick<ManagementGroupRecord, 'name' | 'displayName'>[] = [];
  for (let name = first; name !== undefined && chain.length < 20; ) {
    const own = name;
    const group = managementGroups().find((one) => isSameId(one.name, own));
    chain.push({ name: own, displayName: group?.displayName ?? own });
    name = group?.parent;
  }
  return chain;
}
