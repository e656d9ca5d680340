import type { Entity, EntityStore, EntityType } from '../../entity-store.ts';
import { entityTypes } from '../../entity-store.ts';
import { badRequest, notModelled, requestBadRequest } from '../graph-error.ts';
import type { ParsedGraphPath } from '../parsed-path.ts';
import type { KeptLists } from './kept-lists.ts';
import { licenseDetailsOf } from './license-details.ts';
import { isTransitive, relatedIds } from './relationships.ts';
import { resolveEntity } from './resolve-entity.ts';

/** An entity with the type that it has in the model. */
export interface TypedEntity {
  readonly type: string;
  readonly entity: Entity;
}

export interface PositionedEntity extends TypedEntity {
  readonly position: number;
}

/** The entities that a path addresses, in a stable order, read one by one. */
export interface EntitySource {
  /** Name that distinguishes this list from every other one of the tenant. */
  readonly name: string;
  /** Type that properties are checked against: `directoryObject` for mixed lists. */
  readonly type: string;
  scan(from: number): Iterable<PositionedEntity>;
  count(): number;
  has(id: string): boolean;
  /** The entity of an id that is in the list. */
  load(id: string): TypedEntity | undefined;
}

/** Finds the list behind a collection path. Throws 404 when its owner does not exist. */
export function createEntitySource(parsed: ParsedGraphPath, store: EntityStore, lists: KeptLists): EntitySource {
  if (parsed.names[0] === 'directory' && parsed.names[1] === 'deletedItems') return deletedItemsSource(parsed, store);
  const ownerKey = parsed.keys[0];
  if (!ownerKey) return setSource(parsed.type ?? '', store);
  const owner = resolveEntity(parsed.names, ownerKey, store);
  const navigation = parsed.names.at(-1) ?? '';
  const name = `${owner.type}/${owner.entity.id}/${navigation}/${parsed.cast ?? ''}`;
  if (navigation === 'licenseDetails') {
    const details = licenseDetailsOf(owner.entity, store).map((entity) => ({ type: 'licenseDetails', entity }));
    return listSource(name, 'licenseDetails', details);
  }
  const find = () => relatedIds(owner, navigation, store);
  const ids = isTransitive(navigation) ? lists.get(`${store.sequence} ${name} ids`, () => find() ?? []) : find();
  if (!ids) throw notModelled(`GET ${parsed.template}`);
  return idSource({ name, ids, parsed, store });
}

function setSource(type: string, store: EntityStore): EntitySource {
  if (!isEntityType(type)) {
    // `/directoryObjects` has no list of its own, only objects by id and functions.
    throw requestBadRequest('The specified resource type is not supported for this query.');
  }
  return {
    name: type,
    type,
    *scan(from) {
      for (const { position, entity } of store.scan(type, from)) yield { position, entity, type };
    },
    count: () => store.count(type),
    has: (id) => store.get(type, id) !== undefined,
    load(id) {
      const entity = store.get(type, id);
      return entity && { type, entity };
    },
  };
}

function deletedItemsSource(parsed: ParsedGraphPath, store: EntityStore): EntitySource {
  const { cast } = parsed;
  if (!cast || !isEntityType(cast)) {
    throw badRequest(
      'The request must name the type of the deleted items, e.g. /directory/deletedItems/microsoft.graph.user.',
    );
  }
  const items = store.deletedItems(cast).map(({ type, entity }) => ({ type, entity }));
  return listSource(`deletedItems/${cast}`, cast, items);
}

interface IdSourceOptions {
  readonly name: string;
  readonly ids: readonly string[];
  readonly parsed: ParsedGraphPath;
  readonly store: EntityStore;
}

/** The entities of a list of ids; a cast leaves those of its type. */
function idSource({ name, ids, parsed, store }: IdSourceOptions): EntitySource {
  const { cast } = parsed;
  const fixedType = isEntityType(parsed.type ?? '') && !cast ? parsed.type : undefined;
  const load = (id: string): TypedEntity | undefined => {
    const type = fixedType ?? store.typeOf(id);
    const entity = type && isEntityType(type) ? store.get(type, id) : undefined;
    return type && entity && (!cast || cast === type) ? { type, entity } : undefined;
  };
  return {
    name,
    type: parsed.type ?? 'directoryObject',
    *scan(from) {
      for (let position = from; position < ids.length; position++) {
        const found = load(ids[position] ?? '');
        if (found) yield { position, ...found };
      }
    },
    count: () => ids.filter((id) => load(id) !== undefined).length,
    has: (id) => ids.includes(id) || ids.includes(id.toLowerCase()),
    load,
  };
}

function listSource(name: string, type: string, items: readonly TypedEntity[]): EntitySource {
  return {
    name,
    type,
    *scan(from) {
      for (const [index, item] of items.slice(from).entries()) yield { position: from + index, ...item };
    },
    count: () => items.length,
    has: (id) => items.some(({ entity }) => entity.id === id),
    load: (id) => items.find(({ entity }) => entity.id === id),
  };
}

export function isEntityType(type: string): type is EntityType {
  return entityTypes.some((name) => name === type);
}
