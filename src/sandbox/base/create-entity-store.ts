import type { Clock } from '../../core/base/clock.ts';
import type { Seed } from '../seed/seed.ts';
import { timestamp } from '../seed/timestamp.ts';
import {
  type DeletedEntity,
  type Entity,
  type EntityChange,
  type EntityStore,
  type EntityType,
  entityTypes,
} from './entity-store.ts';
import { createLinkTable } from './link-table.ts';
import { createObjectTable } from './object-table.ts';

interface EntityStoreOptions {
  readonly seed: Seed;
  readonly clock: Clock;
}

/** The tenant's objects on top of a seed: all state of a run except tokens and counters. */
export function createEntityStore({ seed, clock }: EntityStoreOptions): EntityStore {
  const objects = createObjectTable(seed);
  const log = createChangeLog();
  const links = createLinkTable({ seed, isGone: objects.isGone, version: () => log.sequence });
  const deleted = new Map<string, DeletedEntity>();
  const fillDeletedItems = () => {
    deleted.clear();
    for (const item of seed.deletedItems) deleted.set(item.entity.id, item);
  };
  fillDeletedItems();

  return {
    get: (type, id) => objects.read(type, normalizeId(id)),
    findByKey: objects.findByKey,
    typeOf: (id) => objects.typeOf(normalizeId(id)),
    scan: (type, from = 0) => objects.scan(type, from),
    count: objects.count,
    insert(type, given) {
      const entity = { ...given, id: normalizeId(given.id) };
      objects.write(type, entity);
      log.note({ type, id: entity.id, kind: 'created', properties: Object.keys(given) });
    },
    update(type, id, properties) {
      const entity = objects.read(type, normalizeId(id));
      if (!entity) throw new RangeError(`there is no ${type} ${id}`);
      const updated: Entity = { ...entity, ...properties, id: entity.id };
      objects.write(type, updated);
      log.note({ type, id: entity.id, kind: 'updated', properties: Object.keys(properties) });
      return updated;
    },
    softDelete(type, rawId) {
      const entity = objects.read(type, normalizeId(rawId));
      if (!entity) return;
      objects.remove(type, entity.id);
      const deletedAt = clock.now();
      const deletedDateTime = timestamp(deletedAt);
      deleted.set(entity.id, { type, entity: { ...entity, deletedDateTime }, deletedAt });
      log.note({ type, id: entity.id, kind: 'softDeleted', properties: [] });
    },
    purge(type, rawId) {
      const id = normalizeId(rawId);
      if (!deleted.delete(id) && !objects.read(type, id)) return;
      objects.remove(type, id);
      log.note({ type, id, kind: 'deleted', properties: [] });
    },
    restore(id) {
      const item = deleted.get(normalizeId(id));
      if (!item) return undefined;
      const entity: Entity = { ...item.entity, deletedDateTime: null };
      deleted.delete(entity.id);
      objects.write(item.type, entity);
      log.note({ type: item.type, id: entity.id, kind: 'restored', properties: [] });
      return entity;
    },
    deletedItems: (type) => [...deleted.values()].filter((item) => type === undefined || item.type === type),
    links: (relation, id) => links.links(relation, normalizeId(id)),
    backlinks: (relation, id) => links.backlinks(relation, normalizeId(id)),
    link(relation, from, to) {
      if (links.link(relation, normalizeId(from), normalizeId(to))) log.note(linkChange('linked', relation, from, to));
    },
    unlink(relation, from, to) {
      const removed = links.unlink(relation, normalizeId(from), normalizeId(to));
      if (removed) log.note(linkChange('unlinked', relation, from, to));
      return removed;
    },
    changes: (type, after) => log.after(type, after),
    get sequence() {
      return log.sequence;
    },
    reset() {
      objects.reset();
      links.reset();
      log.reset();
      fillDeletedItems();
    },
  };
}

/** All changes by type, in order. */
function createChangeLog() {
  const changes = new Map<EntityType, EntityChange[]>();
  let sequence = 0;
  return {
    note(change: Omit<EntityChange, 'sequence'>) {
      sequence += 1;
      const ofType = changes.get(change.type) ?? [];
      ofType.push({ sequence, ...change });
      changes.set(change.type, ofType);
    },
    after(type: EntityType, after: number): readonly EntityChange[] {
      const ofType = changes.get(type) ?? [];
      return ofType.slice(ofType.findLastIndex((change) => change.sequence <= after) + 1);
    },
    get sequence() {
      return sequence;
    },
    reset() {
      changes.clear();
      sequence = 0;
    },
  };
}

function linkChange(kind: 'linked' | 'unlinked', relation: string, from: string, to: string) {
  const [typeName = '', property = ''] = relation.split('.');
  const type = entityTypes.find((one) => one === typeName);
  if (!type) throw new RangeError(`${relation} is not a relation`);
  return { type, id: normalizeId(from), kind, properties: [property], target: normalizeId(to) };
}

/** GUIDs are case-insensitive; other ids, such as those of Outlook, are not. */
function normalizeId(id: string): string {
  return id.length === 36 && id[8] === '-' ? id.toLowerCase() : id;
}
