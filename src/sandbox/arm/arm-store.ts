import type { PlainObject } from '../base/guards.ts';
import { idKey } from './arm-ids.ts';
import type {
  ArmResource,
  LockRecord,
  ManagementGroupRecord,
  PermissionSet,
  PolicyRecord,
  RoleAssignmentRecord,
  SubscriptionRecord,
} from './arm-records.ts';

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
export type ArmSettingType = keyof typeof armSettings;

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
