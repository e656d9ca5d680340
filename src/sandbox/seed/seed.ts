import type { Entity, EntityType, Relation } from '../base/entity-store.ts';
import type { SeedIds } from './seed-ids.ts';
import { timestamp } from './timestamp.ts';

/** The inputs of the whole seed. */
export interface SeedScope {
  /** Number of users. */
  readonly users: number;
  /** Seed of the generator. */
  readonly seed: number;
  readonly ids: SeedIds;
  /** Start of the sandbox clock, milliseconds. */
  readonly now: number;
  /** Milliseconds that the clock has moved since, in whole days: two reads close together see the same. */
  daysPassed(): number;
}

/** When the directory was last synchronised: shortly before the sandbox started. ISO 8601. */
export function lastSyncOf({ now }: Pick<SeedScope, 'now'>): string {
  return timestamp(now - 17 * 60_000);
}

/** All seeded objects of one type, each created on demand from its position or a key. */
export interface SeedCollection {
  readonly size: number;
  at(position: number): Entity;
  /** Position of an id (GUIDs in lower case), or undefined. */
  positionOf(id: string): number | undefined;
  /** Position by alternate key; undefined if the property is not a key or no object has the value. */
  positionOfKey(property: string, value: string): number | undefined;
}

/** Both directions of a seeded navigation property. */
export interface SeedRelation {
  links(id: string): readonly string[];
  backlinks(id: string): readonly string[];
}

/** The tenant before the first write. */
export interface Seed {
  collection(type: EntityType): SeedCollection;
  relation(relation: Relation): SeedRelation | undefined;
  /** Type and position of any seeded id. */
  locate(id: string): { readonly type: EntityType; readonly position: number } | undefined;
  /** Objects deleted before the sandbox started. */
  readonly deletedItems: readonly { readonly type: EntityType; readonly entity: Entity; readonly deletedAt: number }[];
}

/** A collection of objects that already exist. */
export function listCollection(entities: readonly Entity[], keys: readonly string[] = []): SeedCollection {
  const positions = new Map(entities.map((entity, position) => [entity.id, position]));
  const byKey = new Map(
    keys.map((key) => [key, new Map(entities.map((entity, position) => [keyOf(entity[key]), position]))]),
  );
  return {
    size: entities.length,
    at(position) {
      const entity = entities[position];
      if (!entity) throw new RangeError(`no seeded object at ${position}`);
      return entity;
    },
    positionOf: (id) => positions.get(id),
    positionOfKey: (property, value) => byKey.get(property)?.get(value.toLowerCase()),
  };
}

/** A list collection that is created on first use. */
export function lazyCollection(create: () => SeedCollection): SeedCollection {
  const collection = once(create);
  return {
    get size() {
      return collection().size;
    },
    at: (position) => collection().at(position),
    positionOf: (id) => collection().positionOf(id),
    positionOfKey: (property, value) => collection().positionOfKey(property, value),
  };
}

/** A relation from a list of pairs, in their order. */
export function pairRelation(pairs: readonly (readonly [from: string, to: string])[]): SeedRelation {
  const forward = Map.groupBy(pairs, ([from]) => from);
  const backward = Map.groupBy(pairs, ([, to]) => to);
  return {
    links: (id) => forward.get(id)?.map(([, to]) => to) ?? [],
    backlinks: (id) => backward.get(id)?.map(([from]) => from) ?? [],
  };
}

/** A relation that is created on first use. */
export function lazyRelation(create: () => SeedRelation): SeedRelation {
  const relation = once(create);
  return { links: (id) => relation().links(id), backlinks: (id) => relation().backlinks(id) };
}

export function once<T>(create: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: create() };
    return made.value;
  };
}

function keyOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value.toLowerCase() : undefined;
}
