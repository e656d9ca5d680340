import type { SeedRelation } from './seed.ts';
import type { SeedIds } from './seed-ids.ts';
import { emergencyIndex } from './user-traits.ts';

const reportsPerManager = 8;

/** The reporting line: a tree with the chief executive at the top and up to eight direct reports per manager. */
export function managerRelation(users: number, ids: SeedIds): SeedRelation {
  // Guests and the emergency account stand outside; their places in the tree are passed over.
  const isOutside = (index: number) => index === emergencyIndex || (index >= 4 && index % 20 === 7);
  const childrenOf = (index: number): number[] => {
    const first = index * reportsPerManager + 1;
    const places = Array.from({ length: reportsPerManager }, (_, place) => first + place).filter((one) => one < users);
    return places.flatMap((place) => (isOutside(place) ? childrenOf(place) : [place]));
  };
  return {
    links(id) {
      let index = ids.indexOf('user', id);
      if (index === undefined || index >= users || index === 0 || isOutside(index)) return [];
      do index = Math.floor((index - 1) / reportsPerManager);
      while (isOutside(index));
      return [ids.idOf('user', index)];
    },
    backlinks(id) {
      const index = ids.indexOf('user', id);
      if (index === undefined || index >= users || isOutside(index)) return [];
      return childrenOf(index).map((child) => ids.idOf('user', child));
    },
  };
}
