import { type GroupDefinition, groupDefinitions, groupIndex } from './groups.ts';
import type { SeedRelation } from './seed.ts';
import type { SeedIds } from './seed-ids.ts';
import { type UserTraits, userTraits } from './user-traits.ts';

export interface GroupRelationOptions {
  readonly users: number;
  readonly devices: number;
  readonly seed: number;
  readonly ids: SeedIds;
}

/** Who is in which group. A group's list is made when somebody first looks; a person's groups never need the lists. */
export function groupMembers({ users, devices, seed, ids }: GroupRelationOptions): SeedRelation {
  const lists = new Map<number, readonly string[]>();
  const membersOf = (definition: GroupDefinition): string[] => {
    const members = (definition.groups ?? []).map((name) => ids.idOf('group', groupIndex(name)));
    if (definition.hasUser) {
      for (const index of usersWhere(definition.hasUser, users, seed)) members.push(ids.idOf('user', index));
    }
    const step = definition.everyNthDevice;
    for (let index = 0; step && index < devices; index += step) members.push(ids.idOf('device', index));
    return members;
  };
  return {
    links(id) {
      const index = ids.indexOf('group', id);
      const definition = index === undefined ? undefined : groupDefinitions[index];
      if (index === undefined || !definition) return [];
      const members = lists.get(index) ?? membersOf(definition);
      lists.set(index, members);
      return members;
    },
    backlinks(id) {
      const found = ids.locate(id);
      if (!found) return [];
      const groups: string[] = [];
      const traits = found.type === 'user' && found.index < users ? userTraits(found.index, seed) : undefined;
      for (const [index, definition] of groupDefinitions.entries()) {
        if (isMember(definition, found, traits)) groups.push(ids.idOf('group', index));
      }
      return groups;
    },
  };
}

function isMember(
  definition: GroupDefinition,
  found: { readonly type: string; readonly index: number },
  traits: UserTraits | undefined,
): boolean {
  if (traits) return definition.hasUser?.(traits) ?? false;
  if (found.type === 'group') return definition.groups?.some((name) => groupIndex(name) === found.index) ?? false;
  if (found.type === 'device') return definition.everyNthDevice ? found.index % definition.everyNthDevice === 0 : false;
  return false;
}

/** The first two employees of a group own it. */
export function groupOwners({ users, seed, ids }: GroupRelationOptions): SeedRelation {
  const lookAt = Math.min(users, 240);
  const ownersOf = groupDefinitions.map(({ hasUser = ({ department }) => department === 'IT' }) => {
    const isOwner = (traits: UserTraits) => traits.kind === 'employee' && traits.enabled && hasUser(traits);
    return [...usersWhere(isOwner, lookAt, seed)].slice(0, 2);
  });
  return {
    links: (id) => (ownersOf[ids.indexOf('group', id) ?? -1] ?? []).map((index) => ids.idOf('user', index)),
    backlinks(id) {
      const user = ids.indexOf('user', id);
      if (user === undefined) return [];
      return ownersOf.flatMap((owners, index) => (owners.includes(user) ? [ids.idOf('group', index)] : []));
    },
  };
}

function* usersWhere(test: (traits: UserTraits) => boolean, users: number, seed: number): Generator<number> {
  for (let index = 0; index < users; index++) {
    if (test(userTraits(index, seed))) yield index;
  }
}
