import type { EntityChange, EntityStore, EntityType } from '../../entity-store.ts';
import { trackedRelation } from './delta-options.ts';
import { type DeltaShape, linkEntry, removedEntry } from './delta-shape.ts';
import type { DeltaPosition } from './delta-token.ts';
import type { PagedEntries } from './paged-entries.ts';

/** Everything that happened to one object within a round. */
interface ObjectChanges {
  readonly id: string;
  /** Created or restored: told as a whole. */
  isNew: boolean;
  readonly properties: Set<string>;
  /** Last thing that happened to each link of the tracked relation. */
  readonly links: Map<string, 'linked' | 'unlinked'>;
}

/** A later round: each object that changed once, with what is left of its changes at the end of the round. */
export function* changeEntries(
  type: EntityType,
  position: DeltaPosition,
  shape: DeltaShape,
  store: EntityStore,
  isMinimal: boolean,
): PagedEntries {
  const relation = trackedRelation(position);
  const changes = store
    .changes(type, position.since)
    .filter(({ sequence, id }) => sequence <= position.until && (!position.ids || position.ids.includes(id)));
  const objects = [...collect(changes, relation).values()];
  for (const [index, object] of objects.entries()) {
    if (index < position.from) continue;
    const body = bodyOf(object, { type, position, shape, store, isMinimal, relation });
    if (body) yield { from: index, linksTold: 0, body };
  }
}

function collect(changes: readonly EntityChange[], relation: string | undefined): ReadonlyMap<string, ObjectChanges> {
  const objects = new Map<string, ObjectChanges>();
  for (const { id, kind, properties, target } of changes) {
    const object = objects.get(id) ?? { id, isNew: false, properties: new Set<string>(), links: new Map() };
    objects.set(id, object);
    if (kind === 'created' || kind === 'restored') object.isNew = true;
    if (kind === 'updated') for (const property of properties) object.properties.add(property);
    if ((kind === 'linked' || kind === 'unlinked') && target !== undefined && properties[0] === relation) {
      object.links.set(target, kind);
    }
    if (kind === 'softDeleted' || kind === 'deleted') object.properties.add('deletedDateTime');
  }
  return objects;
}

interface BodyOptions {
  readonly type: EntityType;
  readonly position: DeltaPosition;
  readonly shape: DeltaShape;
  readonly store: EntityStore;
  readonly isMinimal: boolean;
  readonly relation: string | undefined;
}

function bodyOf(object: ObjectChanges, options: BodyOptions): Record<string, unknown> | undefined {
  const { type, position, shape, store, isMinimal, relation } = options;
  const entity = store.get(type, object.id);
  if (!entity) {
    const isRestorable = store.deletedItems(type).some((item) => item.entity.id === object.id);
    return removedEntry(object.id, isRestorable ? 'changed' : 'deleted');
  }
  const changed = [...object.properties].filter((name) => !position.select || position.select.includes(name));
  if (!object.isNew && changed.length === 0 && object.links.size === 0) return undefined;
  const links =
    relation && object.links.size > 0
      ? { [`${relation}@delta`]: [...object.links].map(([id, kind]) => linkEntry(id, store, kind === 'unlinked')) }
      : {};
  const body = isMinimal && !object.isNew ? shape.only(entity, changed) : shape.whole(entity);
  return { ...body, ...links };
}
