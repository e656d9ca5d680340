import type { Seed } from '../seed/seed.ts';
import type { Entity, EntityType } from './entity-store.ts';

/** Key properties of each type. */
const keyProperties: Readonly<Partial<Record<EntityType, readonly string[]>>> = {
  user: ['userPrincipalName', 'mail', 'mailNickname'],
  group: ['uniqueName', 'mailNickname', 'mail', 'displayName'],
  device: ['deviceId'],
  application: ['appId', 'uniqueName'],
  servicePrincipal: ['appId'],
  subscribedSku: ['skuId', 'skuPartNumber'],
  directoryRole: ['roleTemplateId'],
};

/** Changes of this run to objects of one type. */
interface Overlay {
  /** Changed and new objects by id. */
  readonly entities: Map<string, Entity>;
  /** Ids of removed objects, seeded or new. */
  readonly gone: Set<string>;
  /** New objects, in positions after the seed. Removed ones leave a gap. */
  readonly added: (string | undefined)[];
  readonly addedPosition: Map<string, number>;
  /** `property value` → ids that have ever had the value; readers must check. */
  readonly byKey: Map<string, Set<string>>;
}

/** The live objects: the seed with the changes of this run on top. The caller normalizes ids. */
export function createObjectTable(seed: Seed) {
  const overlays = new Map<EntityType, Overlay>();
  const goneIds = new Set<string>();
  const overlayOf = (type: EntityType): Overlay => {
    const known = overlays.get(type);
    if (known) return known;
    const made: Overlay = {
      entities: new Map(),
      gone: new Set(),
      added: [],
      addedPosition: new Map(),
      byKey: new Map(),
    };
    overlays.set(type, made);
    return made;
  };
  const read = (type: EntityType, id: string): Entity | undefined => {
    if (goneIds.has(id)) return undefined;
    const changed = overlays.get(type)?.entities.get(id);
    if (changed) return changed;
    const position = seed.collection(type).positionOf(id);
    return position === undefined ? undefined : seed.collection(type).at(position);
  };
  return {
    read,
    /** Writes a changed, new, or restored object. A restored object keeps its position. */
    write(type: EntityType, entity: Entity): void {
      const overlay = overlayOf(type);
      overlay.entities.set(entity.id, entity);
      overlay.gone.delete(entity.id);
      goneIds.delete(entity.id);
      indexKeys(overlay, type, entity);
      if (seed.collection(type).positionOf(entity.id) !== undefined) return;
      const position = overlay.addedPosition.get(entity.id) ?? overlay.added.length;
      overlay.added[position] = entity.id;
      overlay.addedPosition.set(entity.id, position);
    },
    remove(type: EntityType, id: string): void {
      const overlay = overlayOf(type);
      overlay.gone.add(id);
      goneIds.add(id);
      overlay.entities.delete(id);
      const position = overlay.addedPosition.get(id);
      if (position !== undefined) overlay.added[position] = undefined;
    },
    findByKey(type: EntityType, property: string, value: string): Entity | undefined {
      for (const id of overlays.get(type)?.byKey.get(`${property} ${value.toLowerCase()}`) ?? []) {
        const entity = read(type, id);
        if (sameKey(entity?.[property], value)) return entity;
      }
      const collection = seed.collection(type);
      const position = collection.positionOfKey(property, value);
      const entity = position === undefined ? undefined : read(type, collection.at(position).id);
      return sameKey(entity?.[property], value) ? entity : undefined;
    },
    typeOf(id: string): EntityType | undefined {
      if (goneIds.has(id)) return undefined;
      for (const [type, overlay] of overlays) {
        if (overlay.entities.has(id)) return type;
      }
      return seed.locate(id)?.type;
    },
    scan: (type: EntityType, from: number) => scanObjects(seed.collection(type), () => overlays.get(type), from),
    count(type: EntityType): number {
      const { gone = [], added = [], addedPosition } = overlays.get(type) ?? {};
      const removedFromSeed = [...gone].filter((id) => !addedPosition?.has(id)).length;
      return seed.collection(type).size - removedFromSeed + added.filter((id) => id !== undefined).length;
    },
    /** Whether this run has removed the object. */
    isGone: (id: string) => goneIds.has(id),
    reset() {
      overlays.clear();
      goneIds.clear();
    },
  };
}

function indexKeys(overlay: Overlay, type: EntityType, entity: Entity): void {
  for (const property of keyProperties[type] ?? []) {
    const value = entity[property];
    if (typeof value !== 'string') continue;
    const key = `${property} ${value.toLowerCase()}`;
    overlay.byKey.set(key, (overlay.byKey.get(key) ?? new Set()).add(entity.id));
  }
}

function* scanObjects(collection: ReturnType<Seed['collection']>, overlayOf: () => Overlay | undefined, from: number) {
  for (let position = from; position < collection.size; position++) {
    const overlay = overlayOf();
    const seeded = collection.at(position);
    if (!overlay?.gone.has(seeded.id)) yield { position, entity: overlay?.entities.get(seeded.id) ?? seeded };
  }
  for (let index = Math.max(0, from - collection.size); index < (overlayOf()?.added.length ?? 0); index++) {
    const overlay = overlayOf();
    const entity = overlay?.entities.get(overlay.added[index] ?? '');
    if (entity) yield { position: collection.size + index, entity };
  }
}

function sameKey(found: unknown, wanted: string): boolean {
  return typeof found === 'string' && found.toLowerCase() === wanted.toLowerCase();
}
