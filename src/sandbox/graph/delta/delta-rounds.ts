import type { Entity, EntityChange, EntityStore, EntityType } from '../../base/entity-store.ts';
import { createProjector } from '../reads/projection.ts';
import { type DeltaPosition, trackedRelation } from './delta-position.ts';

type Body = Readonly<Record<string, unknown>>;

/** One element of a delta response, with the position of a page that begins with it. */
export interface PagedEntry {
  readonly from: number;
  readonly linksTold: number;
  readonly body: Body;
}

const linksPerEntry = 200;
/** Deleted objects come after the live ones, from a position that no sandbox tenant reaches. */
const deletedBase = 1_000_000_000;

/**
 * The first round: every object with its links in slices (an object with many links appears several times), then
 * deleted objects that can be restored.
 */
export function* initialEntries(type: EntityType, position: DeltaPosition, store: EntityStore): Generator<PagedEntry> {
  const { select, ids, from } = position;
  const relation = trackedRelation(position);
  const isWanted = (id: string) => ids === undefined || ids.includes(id);
  const show = createShape(type, select);
  let linksTold = position.linksTold;
  for (const { position: at, entity } of store.scan(type, from)) {
    if (!isWanted(entity.id)) continue;
    const targets = relation ? store.links(`${type}.${relation}`, entity.id) : [];
    let body = linksTold === 0 ? show(entity) : { id: entity.id };
    do {
      const slice = targets.slice(linksTold, linksTold + linksPerEntry);
      const links =
        relation && slice.length > 0 ? { [`${relation}@delta`]: slice.map((id) => linkEntry(id, store)) } : {};
      yield { from: at, linksTold, body: { ...body, ...links } };
      body = { id: entity.id };
      linksTold += linksPerEntry;
    } while (linksTold < targets.length);
    linksTold = 0;
  }
  for (const [index, { entity }] of store.deletedItems(type).entries()) {
    const at = deletedBase + index;
    if (at >= from && isWanted(entity.id)) yield { from: at, linksTold: 0, body: removedEntry(entity.id, 'changed') };
  }
}

/** A later round: each changed object once, with the net result of its changes. */
export function* changeEntries(
  type: EntityType,
  position: DeltaPosition,
  store: EntityStore,
  isMinimal: boolean,
): Generator<PagedEntry> {
  const { since, until, ids, from } = position;
  const relation = trackedRelation(position);
  const changes = store
    .changes(type, since)
    .filter(({ sequence, id }) => sequence <= until && (!ids || ids.includes(id)));
  const objects = [...collect(changes, relation).values()];
  for (const [index, object] of objects.entries()) {
    if (index < from) continue;
    const body = changedEntry(object, { type, select: position.select, store, isMinimal, relation });
    if (body) yield { from: index, linksTold: 0, body };
  }
}

/** All changes to one object within a round. */
interface ObjectChanges {
  readonly id: string;
  /** Created or restored, so the whole object is returned. */
  isNew: boolean;
  readonly properties: Set<string>;
  /** Last change to each link of the tracked relation. */
  readonly links: Map<string, 'linked' | 'unlinked'>;
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

interface EntryOptions {
  readonly type: EntityType;
  readonly select: readonly string[] | undefined;
  readonly store: EntityStore;
  readonly isMinimal: boolean;
  readonly relation: string | undefined;
}

function changedEntry(object: ObjectChanges, options: EntryOptions): Body | undefined {
  const { type, select, store, isMinimal, relation } = options;
  const entity = store.get(type, object.id);
  if (!entity) {
    const isRestorable = store.deletedItems(type).some((item) => item.entity.id === object.id);
    return removedEntry(object.id, isRestorable ? 'changed' : 'deleted');
  }
  const changed = [...object.properties].filter((name) => !select || select.includes(name));
  if (!object.isNew && changed.length === 0 && object.links.size === 0) return undefined;
  const body = createShape(type, isMinimal && !object.isNew ? changed : select)(entity);
  if (!relation || object.links.size === 0) return body;
  const links = [...object.links].map(([id, kind]) => linkEntry(id, store, kind === 'unlinked'));
  return { ...body, [`${relation}@delta`]: links };
}

/** Returns the selected or default properties of an object, always with its id. */
function createShape(type: EntityType, select: readonly string[] | undefined): (entity: Entity) => Body {
  const project = createProjector({ select, withType: false });
  return (entity) => ({ ...project({ type, entity }), id: entity.id });
}

/** A removed object: `changed` if it can be restored, otherwise `deleted`. */
function removedEntry(id: string, reason: 'changed' | 'deleted'): Body {
  return { id, '@removed': { reason } };
}

/** The other end of a link, as in `members@delta`. */
function linkEntry(id: string, store: EntityStore, isRemoved = false): Body {
  const type =
    store.typeOf(id) ?? store.deletedItems().find(({ entity }) => entity.id === id)?.type ?? 'directoryObject';
  return { '@odata.type': `#microsoft.graph.${type}`, id, ...(isRemoved ? { '@removed': { reason: 'deleted' } } : {}) };
}
