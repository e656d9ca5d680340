import type { PlainObject } from '../base/guards.ts';

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
