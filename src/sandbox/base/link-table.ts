import type { Seed } from '../seed/seed.ts';
import type { Relation } from './entity-store.ts';

interface LinkTableOptions {
  readonly seed: Seed;
  /** Whether an object has been removed. Links to it are hidden until it is restored. */
  readonly isGone: (id: string) => boolean;
  /** A number that grows with every change of the store. */
  readonly version: () => number;
}

/** Changes to one relation, from both ends. */
interface RelationChanges {
  readonly added: Map<string, Set<string>>;
  readonly removed: Map<string, Set<string>>;
  readonly addedBack: Map<string, Set<string>>;
  readonly removedBack: Map<string, Set<string>>;
}

/** The seeded links with the changes of this run. The caller normalizes ids. */
export function createLinkTable({ seed, isGone, version }: LinkTableOptions) {
  const changes = new Map<Relation, RelationChanges>();
  // The latest list is kept for the next page until something changes: a group can contain every user.
  let kept: { readonly key: string; readonly version: number; readonly ids: readonly string[] } | undefined;

  const changesOf = (relation: Relation): RelationChanges => {
    const known = changes.get(relation);
    if (known) return known;
    const made = { added: new Map(), removed: new Map(), addedBack: new Map(), removedBack: new Map() };
    changes.set(relation, made);
    return made;
  };
  const merge = (seeded: readonly string[], added: Set<string> | undefined, removed: Set<string> | undefined) => {
    if (version() === 0) return seeded;
    const remaining = removed?.size ? seeded.filter((id) => !removed.has(id)) : seeded;
    const all = added?.size ? [...remaining, ...added] : remaining;
    return all.filter((id) => !isGone(id));
  };
  const links = (relation: Relation, id: string): readonly string[] => {
    const key = `${relation} ${id}`;
    if (kept?.key === key && kept.version === version()) return kept.ids;
    const change = changes.get(relation);
    const ids = merge(seed.relation(relation)?.links(id) ?? [], change?.added.get(id), change?.removed.get(id));
    kept = { key, version: version(), ids };
    return ids;
  };
  const backlinks = (relation: Relation, id: string): readonly string[] => {
    const change = changes.get(relation);
    return merge(seed.relation(relation)?.backlinks(id) ?? [], change?.addedBack.get(id), change?.removedBack.get(id));
  };
  const isSeeded = (relation: Relation, from: string, to: string) =>
    seed.relation(relation)?.backlinks(to).includes(from) ?? false;

  return {
    links,
    backlinks,
    /** False if the link already existed. */
    link(relation: Relation, from: string, to: string): boolean {
      const change = changesOf(relation);
      const seeded = isSeeded(relation, from, to);
      if (seeded) {
        const wasRemoved = take(change.removed, from, to);
        take(change.removedBack, to, from);
        return wasRemoved;
      }
      if (change.added.get(from)?.has(to)) return false;
      put(change.added, from, to);
      put(change.addedBack, to, from);
      return true;
    },
    unlink(relation: Relation, from: string, to: string): boolean {
      const change = changesOf(relation);
      if (take(change.added, from, to)) return take(change.addedBack, to, from);
      if (!isSeeded(relation, from, to) || change.removed.get(from)?.has(to)) return false;
      put(change.removed, from, to);
      put(change.removedBack, to, from);
      return true;
    },
    reset() {
      changes.clear();
      kept = undefined;
    },
  };
}

function put(map: Map<string, Set<string>>, key: string, value: string): void {
  map.set(key, (map.get(key) ?? new Set()).add(value));
}

function take(map: Map<string, Set<string>>, key: string, value: string): boolean {
  return map.get(key)?.delete(value) ?? false;
}
