import type { Entity } from '../../base/entity-store.ts';
import { compileFilter, type EntityPredicate, type RelatedEntities } from '../query/filter-evaluator.ts';
import { timePropertyOf } from '../query/filterable-properties.ts';
import type { ListQuery } from '../query/list-query.ts';
import { compareSortKeys, type OrderByTerm, sortKeysOf } from '../query/order-by.ts';
import { compileSearch } from '../query/search.ts';
import type { EntitySource, PositionedEntity, ReadContext } from './entity-source.ts';
import { relatedIds } from './relationships.ts';
import { isEntityType } from './resolve-entity.ts';

/** The entities of a source that match a query, in its order. */
export interface Selection {
  scan(from: number): Iterable<PositionedEntity>;
  count(): number;
}

/**
 * Applies filter, search, and order. Without an order, the source is read lazily from the position; a sorted list is
 * kept for later pages.
 */
export function selectEntities(source: EntitySource, query: ListQuery, context: ReadContext): Selection {
  const accept = predicateOf(query, source, context);
  const terms = query.orderBy ?? newestFirst(source.type);
  if (terms) {
    const name = `${context.store.sequence} ${source.name} ${query.fingerprint}`;
    return sortedSelection(source, () => context.lists.get(name, () => sortIds(source, accept, terms)));
  }
  if (!accept) return source;
  return {
    *scan(from) {
      for (const item of source.scan(from)) if (accept(item.entity)) yield item;
    },
    count() {
      let count = 0;
      for (const { entity } of source.scan(0)) if (accept(entity)) count += 1;
      return count;
    },
  };
}

function predicateOf({ filter, search }: ListQuery, source: EntitySource, context: ReadContext) {
  const passes = filter && compileFilter(filter, relatedIn(source.type, context));
  const matches = search && compileSearch(search);
  return passes && matches ? (entity: Entity) => passes(entity) && matches(entity) : (passes ?? matches);
}

/** Filters can use navigation properties: `ownedObjects/$count eq 0`. */
function relatedIn(type: string, { store }: ReadContext): RelatedEntities {
  return (entity, name) => {
    const ids = relatedIds({ type, entity }, name, store);
    return ids?.flatMap((id) => {
      const found = name === 'federatedIdentityCredentials' ? name.slice(0, -1) : store.typeOf(id);
      const other = found && isEntityType(found) ? store.get(found, id) : undefined;
      return other ? [other] : [];
    });
  };
}

/** The audit logs are read newest first. */
function newestFirst(type: string) {
  const property = timePropertyOf(type);
  return property ? [{ property, descending: true }] : undefined;
}

function sortedSelection(source: EntitySource, all: () => readonly string[]): Selection {
  return {
    *scan(from) {
      const ids = all();
      for (let position = from; position < ids.length; position++) {
        const found = source.load(ids[position] ?? '');
        if (found) yield { ...found, position };
      }
    },
    count: () => all().length,
  };
}

/** Keeps the ids of a sorted list, not its objects, which can be hundreds of thousands. */
function sortIds(
  source: EntitySource,
  accept: EntityPredicate | undefined,
  terms: readonly OrderByTerm[],
): readonly string[] {
  const items: { readonly id: string; readonly keys: readonly string[] }[] = [];
  for (const { entity } of source.scan(0)) {
    if (!accept || accept(entity)) items.push({ id: entity.id, keys: sortKeysOf(entity, terms) });
  }
  const compare = compareSortKeys(terms);
  return items.sort((left, right) => compare(left.keys, right.keys)).map(({ id }) => id);
}
