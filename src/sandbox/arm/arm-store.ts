import type { PlainObject } from '../base/plain-object.ts';
import type { Tenant } from '../seed/tenant.ts';
import { idKey, isSameId } from './arm-ids.ts';

export interface SubscriptionRecord {
  readonly subscriptionId: string;
  readonly displayName: string;
  readonly state: 'Enabled' | 'Warned' | 'PastDue' | 'Disabled';
  readonly tags: Readonly<Record<string, string>>;
  /** Name of its management group. */
  readonly managementGroup: string;
}

export interface ManagementGroupRecord {
  readonly name: string;
  readonly displayName: string;
  /** Name of the parent group; absent for the root group. */
  readonly parent?: string;
}

/** A resource group or resource, as created. Responses can spell its id differently. */
export interface ArmResource {
  readonly id: string;
  readonly name: string;
  /** `Microsoft.Storage/storageAccounts`; nested types include all parts. */
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
  /** Data for the sandbox's data plane that no response shows, such as `{ gremlinRbac: false }`. */
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

/** Actions with wildcards, as in role definitions. */
export interface PermissionSet {
  readonly actions: readonly string[];
  readonly notActions: readonly string[];
  readonly dataActions: readonly string[];
  readonly notDataActions: readonly string[];
}

export interface RoleDefinitionRecord {
  /** GUID. */
  readonly id: string;
  readonly roleName: string;
  readonly description: string;
  readonly permissions: readonly PermissionSet[];
  /** Absent for built-in roles. */
  readonly custom?: {
    /** Ids of management groups, subscriptions and resource groups. */
    readonly assignableScopes: readonly string[];
    /** ISO 8601. */
    readonly createdOn: string;
    readonly updatedOn: string;
  };
}

export interface LockRecord {
  readonly scope: string;
  readonly name: string;
  readonly level: 'CanNotDelete' | 'ReadOnly';
  readonly notes?: string;
}

/** Denies writes by resource type or location. */
export interface PolicyRecord {
  readonly name: string;
  readonly displayName: string;
  readonly scope: string;
  /** Types that cannot be created. */
  readonly deniedTypes?: readonly string[];
  /** Allowed locations; all others are refused. */
  readonly allowedLocations?: readonly string[];
}

export type RegistrationState = 'NotRegistered' | 'Registering' | 'Registered' | 'Unregistering';

/** Behaviour settings that tests place. They accept any members and are not Azure objects. */
export const armSettings = {
  throttleLimits: undefined,
  operationStyle: undefined,
  paging: undefined,
  scale: undefined,
  rolePropagation: undefined,
  workspaceConnections: undefined,
} as const;
type ArmSettingType = keyof typeof armSettings;

/** The Azure resources of the emulated tenant. Ids are case-insensitive. */
export interface ArmStore {
  readonly tenant: Tenant;
  subscriptions(): readonly SubscriptionRecord[];
  subscription(id: string): SubscriptionRecord | undefined;
  managementGroups(): readonly ManagementGroupRecord[];
  resource(id: string): ArmResource | undefined;
  resourceGroups(): Iterable<ArmResource>;
  /** Resources below a scope, including child resources and generated rows. */
  resources(scope?: string): Iterable<ArmResource>;
  /** Returns the resource as stored: an identity gets its ids, and the secrets of a connection are kept apart. */
  putResource(resource: ArmResource): ArmResource;
  /** Removes the resource and everything below it. */
  removeResource(id: string): void;
  readonly roleAssignments: Map<string, RoleAssignmentRecord>;
  /** By id: the built-in roles, then the custom ones. */
  readonly roleDefinitions: Map<string, RoleDefinitionRecord>;
  readonly locks: Map<string, LockRecord>;
  readonly policies: PolicyRecord[];
  registration(subscriptionId: string, namespace: string): RegistrationState;
  setRegistration(subscriptionId: string, namespace: string, state: RegistrationState): void;
  setSubscriptionTags(subscriptionId: string, tags: Readonly<Record<string, string>>): void;
  /** Keys of the root and of the management groups above a scope. */
  scopesAbove(scope: string): ReadonlySet<string>;
  /** Role assignments that apply at a scope: at the scope, above it, and at its management groups. */
  assignmentsAt(scope: string): readonly RoleAssignmentRecord[];
  /** The principal and its groups, including nested ones. */
  membershipsOf(principalId: string): ReadonlySet<string>;
  /** What the stored role assignments allow the principal to do at the scope. */
  permissionsOf(principalId: string, scope: string): readonly PermissionSet[];
  can(principalId: string, action: string, scope: string): boolean;
  /** The same for a data action. Assignments newer than `rolePropagation.seconds` do not apply yet. */
  hasDataRole(principalId: string, resourceId: string, dataAction: string): boolean;
  /** Places an object as given or a setting. */
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

/** A management group and its ancestors, from the bottom up. */
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
