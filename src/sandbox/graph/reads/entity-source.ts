import type { Entity, EntityStore } from '../../base/entity-store.ts';
import { badRequest, notModelled, requestBadRequest } from '../graph-error.ts';
import { objectsIn } from '../json-body.ts';
import type { GraphCallContext, ParsedGraphPath } from '../parsed-path.ts';
import { isTransitive, relatedIds } from './relationships.ts';
import { isEntityType, resolveEntity } from './resolve-entity.ts';

/** An entity with its model type. */
export interface TypedEntity {
  readonly type: string;
  readonly entity: Entity;
}

export interface PositionedEntity extends TypedEntity {
  readonly position: number;
}

/** The entities that a path addresses, in a stable order, read lazily. */
export interface EntitySource {
  /** Name of the list, unique in the tenant. */
  readonly name: string;
  /** Type for checking properties; `directoryObject` for mixed lists. */
  readonly type: string;
  scan(from: number): Iterable<PositionedEntity>;
  count(): number;
  has(id: string): boolean;
  /** An entity of the list by id. */
  load(id: string): TypedEntity | undefined;
}

/** Ids computed for a first page (sorted, or from nested groups), kept for later pages. */
export interface KeptLists {
  /** The list of that name; created if it is not (or no longer) kept. */
  get(name: string, create: () => readonly string[]): readonly string[];
}

/** What reads use: their view of the store, and the lists kept for later pages. */
export interface ReadContext extends GraphCallContext {
  readonly lists: KeptLists;
}

/** Finds the list of a collection path. Throws 404 if its owner does not exist. */
export function createEntitySource(parsed: ParsedGraphPath, { store, lists }: ReadContext): EntitySource {
  if (parsed.names[0] === 'directory' && parsed.names[1] === 'deletedItems') return deletedItemsSource(parsed, store);
  if (parsed.keys.length === 0) return setSource(parsed.type ?? '', store);
  const owner = resolveEntity(parsed, store);
  const navigation = parsed.names.at(-1) ?? '';
  const name = `${owner.type}/${owner.entity.id}/${navigation}/${parsed.cast ?? ''}`;
  if (navigation === 'licenseDetails') return listSource(name, navigation, licenseDetailsOf(owner.entity, store));
  const find = () => relatedIds(owner, navigation, store);
  const ids = isTransitive(navigation) ? lists.get(`${store.sequence} ${name} ids`, () => find() ?? []) : find();
  if (!ids) throw notModelled(`GET ${parsed.template}`);
  return idSource(name, ids, parsed, store);
}

function setSource(type: string, store: EntityStore): EntitySource {
  if (!isEntityType(type)) {
    // `/directoryObjects` has only objects by id and functions, not a list.
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

function deletedItemsSource({ cast }: ParsedGraphPath, store: EntityStore): EntitySource {
  if (!cast || !isEntityType(cast)) {
    throw badRequest(
      'The request must name the type of the deleted items, e.g. /directory/deletedItems/microsoft.graph.user.',
    );
  }
  const items = store.deletedItems(cast).map(({ entity }) => entity);
  return listSource(`deletedItems/${cast}`, cast, items);
}

/** The entities of a list of ids; a cast keeps those of its type. */
function idSource(name: string, ids: readonly string[], parsed: ParsedGraphPath, store: EntityStore): EntitySource {
  const { type: declared = 'directoryObject', cast } = parsed;
  const fixedType = isEntityType(declared) && !cast ? declared : undefined;
  const load = (id: string): TypedEntity | undefined => {
    const type = fixedType ?? store.typeOf(id);
    const entity = type && store.get(type, id);
    return type && entity && (!cast || cast === type) ? { type, entity } : undefined;
  };
  return {
    name,
    type: declared,
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

function listSource(name: string, type: string, entities: readonly Entity[]): EntitySource {
  const load = (id: string) => {
    const entity = entities.find((one) => one.id === id);
    return entity && { type, entity };
  };
  return {
    name,
    type,
    *scan(from) {
      for (const [index, entity] of entities.slice(from).entries()) yield { position: from + index, type, entity };
    },
    count: () => entities.length,
    has: (id) => load(id) !== undefined,
    load,
  };
}

/** `licenseDetails` of a user: the assigned products with the plans of the subscription. */
function licenseDetailsOf(user: Entity, store: EntityStore): readonly Entity[] {
  return objectsIn(user['assignedLicenses']).flatMap(({ skuId, disabledPlans }) => {
    const sku = typeof skuId === 'string' ? store.findByKey('subscribedSku', 'skuId', skuId) : undefined;
    if (!sku) return [];
    const disabled = Array.isArray(disabledPlans) ? disabledPlans : [];
    const servicePlans = objectsIn(sku['servicePlans']).map((plan) =>
      disabled.includes(plan['servicePlanId']) ? { ...plan, provisioningStatus: 'Disabled' } : plan,
    );
    const id = Buffer.from(`${user.id}/${String(skuId)}`).toString('base64url');
    return [{ id, skuId, skuPartNumber: sku['skuPartNumber'], servicePlans }];
  });
}

const maxLists = 8;

export function createKeptLists(): KeptLists {
  const lists = new Map<string, readonly string[]>();
  return {
    get(name, create) {
      const list = lists.get(name) ?? create();
      lists.delete(name);
      lists.set(name, list);
      const [oldest] = lists.keys();
      if (lists.size > maxLists && oldest !== undefined) lists.delete(oldest);
      return list;
    },
  };
}
