import type { Entity, EntityStore, EntityType, Relation } from '../../base/entity-store.ts';
import { objectsIn } from '../json-body.ts';

interface Owner {
  readonly type: string;
  readonly entity: Entity;
}

/** Navigation properties stored as links, by `type.property`. */
const links: readonly Relation[] = [
  'administrativeUnit.members',
  'application.federatedIdentityCredentials',
  'application.owners',
  'device.registeredOwners',
  'device.registeredUsers',
  'directoryRole.members',
  'group.appRoleAssignments',
  'group.members',
  'group.owners',
  'orgContact.manager',
  'servicePrincipal.appRoleAssignedTo',
  'servicePrincipal.appRoleAssignments',
  'servicePrincipal.oauth2PermissionGrants',
  'servicePrincipal.owners',
  'user.appRoleAssignments',
  'user.manager',
  'user.oauth2PermissionGrants',
];

const membership: readonly Relation[] = ['group.members', 'administrativeUnit.members', 'directoryRole.members'];

/** Navigation properties that are backlinks. */
const backlinks: Readonly<Record<string, readonly Relation[]>> = {
  directReports: ['user.manager', 'orgContact.manager'],
  memberOf: membership,
  ownedDevices: ['device.registeredOwners'],
  ownedObjects: ['group.owners', 'application.owners', 'servicePrincipal.owners'],
  registeredDevices: ['device.registeredUsers'],
};

/** Navigation properties that repeat another one transitively. */
const transitive: Readonly<Record<string, string>> = {
  transitiveManagers: 'manager',
  transitiveMemberOf: 'memberOf',
  transitiveMembers: 'members',
  transitiveReports: 'directReports',
};

/** Ids of a navigation property; undefined if the sandbox does not know it. */
export function relatedIds(owner: Owner, navigation: string, store: EntityStore): readonly string[] | undefined {
  const { type, entity } = owner;
  const relation = links.find((name) => name === `${type}.${navigation}`);
  if (relation) return store.links(relation, entity.id);
  const back = backlinks[navigation];
  if (back) return back.flatMap((name) => store.backlinks(name, entity.id));
  const repeated = transitive[navigation];
  if (repeated) return closure(owner, repeated, store);
  if (navigation === 'createdObjects') return [];
  if (navigation === 'membersWithLicenseErrors') return membersWithLicenseErrors(entity, store);
  return undefined;
}

/** All objects reachable by repeating a navigation property, nearest first, each once. */
function closure(start: Owner, navigation: string, store: EntityStore): readonly string[] {
  const found = new Set<string>();
  let edge: readonly Owner[] = [start];
  while (edge.length > 0) {
    const ids = edge.flatMap((owner) => relatedIds(owner, navigation, store) ?? []);
    const fresh = new Set(ids.filter((id) => !found.has(id) && id !== start.entity.id));
    for (const id of fresh) found.add(id);
    edge = [...fresh].flatMap((id) => loadWalkable(id, navigation, store));
  }
  return [...found];
}

/** Types with a repeatable navigation property. */
const walkable: Readonly<Record<string, readonly EntityType[]>> = {
  directReports: ['user', 'orgContact'],
  manager: ['user', 'orgContact'],
  memberOf: ['user', 'group', 'device', 'servicePrincipal', 'orgContact'],
  members: ['group', 'administrativeUnit', 'directoryRole'],
};

/** The object if it can lead further. Users in a group have no members, so they are not loaded. */
function loadWalkable(id: string, navigation: string, store: EntityStore): readonly Owner[] {
  const type = store.typeOf(id);
  const entity = type && walkable[navigation]?.includes(type) ? store.get(type, id) : undefined;
  return type && entity ? [{ type, entity }] : [];
}

/** Whether a list must be computed by traversal. */
export function isTransitive(navigation: string): boolean {
  return navigation in transitive;
}

function membersWithLicenseErrors(group: Entity, store: EntityStore): readonly string[] {
  return store
    .links('group.members', group.id)
    .filter((id) =>
      objectsIn(store.get('user', id)?.['licenseAssignmentStates']).some(
        ({ assignedByGroup, error }) => assignedByGroup === group.id && typeof error === 'string' && error !== 'None',
      ),
    );
}

/** The linked objects of a relation. */
export function linkedEntities(
  relation: Relation,
  id: string,
  type: EntityType,
  store: EntityStore,
): readonly Entity[] {
  return store
    .links(relation, id)
    .map((one) => store.get(type, one))
    .filter((one) => one !== undefined);
}
