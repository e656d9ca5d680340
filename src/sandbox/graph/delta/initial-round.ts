import type { EntityStore, EntityType } from '../../entity-store.ts';
import { trackedRelation } from './delta-options.ts';
import { type DeltaShape, linkEntry, removedEntry } from './delta-shape.ts';
import type { DeltaPosition } from './delta-token.ts';
import type { PagedEntries } from './paged-entries.ts';

const linksPerEntry = 200;

/**
 * The first round: every object, with its links in slices (an object with many links comes several times), then what
 * is deleted and can be restored.
 */
export function* initialEntries(
  type: EntityType,
  position: DeltaPosition,
  shape: DeltaShape,
  store: EntityStore,
): PagedEntries {
  const relation = trackedRelation(position);
  const isWanted = (id: string) => position.ids === undefined || position.ids.includes(id);
  let linksTold = position.linksTold;
  for (const { position: at, entity } of store.scan(type, position.from)) {
    if (!isWanted(entity.id)) continue;
    const targets = relation ? store.links(`${type}.${relation}`, entity.id) : [];
    let body = linksTold === 0 ? shape.whole(entity) : shape.reference(entity.id);
    do {
      const slice = targets.slice(linksTold, linksTold + linksPerEntry);
      const links =
        relation && slice.length > 0 ? { [`${relation}@delta`]: slice.map((id) => linkEntry(id, store)) } : {};
      yield { from: at, linksTold, body: { ...body, ...links } };
      body = shape.reference(entity.id);
      linksTold += linksPerEntry;
    } while (linksTold < targets.length);
    linksTold = 0;
  }
  yield* deletedEntries(type, position, store);
}

/** Deleted objects stand behind the live ones, at positions beyond any of theirs. */
function* deletedEntries(type: EntityType, { from, ids }: DeltaPosition, store: EntityStore): PagedEntries {
  for (const [index, { entity }] of store.deletedItems(type).entries()) {
    const at = deletedBase + index;
    if (at < from || (ids && !ids.includes(entity.id))) continue;
    yield { from: at, linksTold: 0, body: removedEntry(entity.id, 'changed') };
  }
}

/** No tenant of the sandbox has as many live objects. */
const deletedBase = 1_000_000_000;
