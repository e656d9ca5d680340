import type { Clock } from '../../core/base/clock.ts';
import type { EntityStore } from '../base/entity-store.ts';
import { createPlacement } from '../base/placement.ts';
import { localize, localizeText } from '../seed/localize.ts';
import type { Tenant } from '../seed/tenant.ts';
import { isAllowed } from './access/evaluate.ts';
import { builtInRoles } from './access/role-definitions.ts';
import { idKey, isSameId, isWithin, managementGroupScope, subscriptionIdOf } from './arm-ids.ts';
import {
  type ArmResource,
  type ArmStore,
  armSettings,
  assignmentKey,
  groupsUpFrom,
  lockKey,
  type ManagementGroupRecord,
  type PermissionSet,
  type RegistrationState,
  type RoleAssignmentRecord,
  type SubscriptionRecord,
} from './arm-store.ts';
import { concealSecrets } from './connections/render-connection.ts';
import { createIdentityDirectory } from './identity-directory.ts';
import { armPlacers } from './place-arm-object.ts';
import { createScaleRows } from './scale-rows.ts';
import { type ArmSeed, createArmSeed } from './seed/create-arm-seed.ts';
import { providerCatalogue } from './seed/provider-catalogue.ts';

interface ArmStoreOptions {
  /** Provides service principals and group memberships. */
  readonly directory: EntityStore;
  readonly clock: Clock;
  readonly tenant: Tenant;
}

interface State extends Pick<ArmStore, 'roleAssignments' | 'roleDefinitions' | 'locks' | 'policies'> {
  readonly subscriptions: Map<string, SubscriptionRecord>;
  readonly managementGroups: readonly ManagementGroupRecord[];
  readonly groups: Map<string, ArmResource>;
  readonly resources: Map<string, ArmResource>;
  readonly registrations: Map<string, RegistrationState>;
}

/** Its contents are created on first use, so a sandbox without Azure calls does not pay for them. */
export function createArmStore({ directory, clock, tenant }: ArmStoreOptions): ArmStore {
  let made: State | undefined;
  const state = () => {
    const seed = () => createArmSeed({ principalOf: (appId) => principalOf(localizeText(appId, tenant), directory) });
    made ??= stateOf(localize(seed(), tenant));
    return made;
  };
  const identities = createIdentityDirectory(directory, clock, tenant);
  const scale = () => createScaleRows(placement.settings('scale').at(-1), tenant);

  const store: ArmStore = {
    tenant,
    subscriptions: () => [...state().subscriptions.values(), ...scale().subscriptions],
    subscription: (id) => store.subscriptions().find((one) => isSameId(one.subscriptionId, id)),
    managementGroups: () => state().managementGroups,
    resource: (id) => state().groups.get(idKey(id)) ?? state().resources.get(idKey(id)) ?? scale().find(id),
    *resourceGroups() {
      yield* state().groups.values();
      yield* scale().groups();
    },
    *resources(scope = '/') {
      for (const resource of state().resources.values()) if (isWithin(resource.id, scope)) yield resource;
      for (const resource of scale().resources()) if (isWithin(resource.id, scope)) yield resource;
    },
    putResource(resource) {
      const { groups, resources } = state();
      const stored = concealSecrets(identities.complete(resource, resources.get(idKey(resource.id))));
      (isGroup(stored.id) ? groups : resources).set(idKey(stored.id), stored);
      return stored;
    },
    removeResource(id) {
      const { groups, resources, locks, roleAssignments } = state();
      identities.forget([...resources.values()].filter((one) => isWithin(one.id, id)));
      for (const map of [groups, resources, locks, roleAssignments]) removeWithin<unknown>(map, id);
    },
    get roleAssignments() {
      return state().roleAssignments;
    },
    get roleDefinitions() {
      return state().roleDefinitions;
    },
    get locks() {
      return state().locks;
    },
    get policies() {
      return state().policies;
    },
    registration(subscriptionId, namespace) {
      const placed = state().registrations.get(idKey(`${subscriptionId}/${namespace}`));
      const provider = providerCatalogue.find((one) => isSameId(one.namespace, namespace));
      return placed ?? (provider?.isRegistered === false ? 'NotRegistered' : 'Registered');
    },
    setRegistration(subscriptionId, namespace, value) {
      state().registrations.set(idKey(`${subscriptionId}/${namespace}`), value);
    },
    setSubscriptionTags(subscriptionId, tags) {
      const subscription = state().subscriptions.get(idKey(subscriptionId));
      if (subscription) state().subscriptions.set(idKey(subscriptionId), { ...subscription, tags });
    },
    scopesAbove: (scope) => scopesAbove(scope, store),
    assignmentsAt(scope) {
      const above = store.scopesAbove(scope);
      return [...state().roleAssignments.values()].filter(
        (one) => above.has(idKey(one.scope)) || isWithin(scope, one.scope),
      );
    },
    membershipsOf: (principalId) => membershipsOf(principalId, directory),
    permissionsOf: (principalId, scope) => grantedBy(store.assignmentsAt(scope), principalId, store),
    can: (principalId, action, scope) => isAllowed(store.permissionsOf(principalId, scope), action),
    hasDataRole(principalId, resourceId, dataAction) {
      const wait = Number(placement.settings('rolePropagation').at(-1)?.['seconds'] ?? 0) * 1000;
      const settled = store
        .assignmentsAt(resourceId)
        .filter(({ createdOn }) => wait === 0 || clock.now() - Date.parse(createdOn) >= wait);
      return isAllowed(grantedBy(settled, principalId, store), dataAction, 'data');
    },
    place: (type, object) => placement.place(type, object),
    settings: (type) => placement.settings(type),
    reset() {
      made = undefined;
      placement.clear();
      identities.reset();
    },
  };
  const placement = createPlacement({
    owner: 'arm',
    objects: armPlacers(store, () => state().subscriptions, clock),
    settings: armSettings,
  });
  return store;
}

function stateOf(seed: ArmSeed): State {
  return {
    subscriptions: new Map(seed.subscriptions.map((one) => [idKey(one.subscriptionId), one])),
    managementGroups: seed.managementGroups,
    groups: new Map(seed.resourceGroups.map((one) => [idKey(one.id), one])),
    resources: new Map(seed.resources.map((one) => [idKey(one.id), one])),
    roleAssignments: new Map(seed.roleAssignments.map((one) => [assignmentKey(one), one])),
    roleDefinitions: new Map(builtInRoles.map((role) => [role.id, role])),
    locks: new Map(seed.locks.map((one) => [lockKey(one), one])),
    policies: [...seed.policies],
    registrations: new Map(),
  };
}

function isGroup(id: string): boolean {
  return /^\/subscriptions\/[^/]+\/resourceGroups\/[^/]+$/i.test(id);
}

function removeWithin<T>(map: Map<string, T>, scope: string): void {
  for (const key of map.keys()) if (isWithin(key, scope)) map.delete(key);
}

function principalOf(appId: string, directory: EntityStore): string {
  return directory.findByKey('servicePrincipal', 'appId', appId)?.id ?? '';
}

/** Ids of the management groups above a scope. */
function scopesAbove(scope: string, store: ArmStore): ReadonlySet<string> {
  const subscriptionId = subscriptionIdOf(scope);
  const named = /^\/providers\/Microsoft\.Management\/managementGroups\/([^/]+)/i.exec(scope)?.[1];
  const first = subscriptionId === undefined ? named : store.subscription(subscriptionId)?.managementGroup;
  return new Set(['/', ...groupsUpFrom(first, store).map(({ name }) => idKey(managementGroupScope(name)))]);
}

function membershipsOf(principalId: string, directory: EntityStore): ReadonlySet<string> {
  const found = new Set([principalId]);
  for (const id of found) for (const group of directory.backlinks('group.members', id)) found.add(group);
  return found;
}

/** What those of the assignments allow that are the principal's, by itself or as a member. */
function grantedBy(
  assignments: readonly RoleAssignmentRecord[],
  principalId: string,
  { roleDefinitions, membershipsOf }: Pick<ArmStore, 'roleDefinitions' | 'membershipsOf'>,
): readonly PermissionSet[] {
  const principals = membershipsOf(principalId);
  return assignments
    .filter((assignment) => principals.has(assignment.principalId))
    .flatMap(({ roleId }) => roleDefinitions.get(idKey(roleId))?.permissions ?? []);
}
