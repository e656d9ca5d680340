import type { Entity } from '../../entity-store.ts';
import type { GraphCallContext } from '../parsed-path.ts';
import { timePropertyOf } from '../query/audit-properties.ts';
import { compileFilter, type EntityPredicate, type RelatedEntities } from '../query/filter-evaluator.ts';
import type { ListQuery } from '../query/list-query.ts';
import { compareBy } from '../query/order-by.ts';
import { compileSearch } from '../query/search.ts';
import { type EntitySource, isEntityType, type PositionedEntity } from './entity-source.ts';
import { relatedIds } from './relationships.ts';

/** The entities that a query leaves of a source, in the order that it asks for. */
export interface Selection {
  scan(from: number): Iterable<PositionedEntity>;
  count(): number;
}

/**
 * Applies filter, search and order. Without an order the source is read from the position on and no further than the
 * page needs; a sorted list is sorted for each page.
 */
export function selectEntities(source: EntitySource, query: ListQuery, context: GraphCallContext): Selection {
  const accept = predicateOf(query, source, context);
  const terms = query.orderBy ?? newestFirst(source.type);
  if (terms) return sortedSelection(source, accept, terms);
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

function predicateOf(
  { filter, search }: ListQuery,
  source: EntitySource,
  context: GraphCallContext,
): EntityPredicate | undefined {
  const tests = [
    ...(filter ? [compileFilter(filter, relatedIn(source.type, context))] : []),
    ...(search ? [compileSearch(search)] : []),
  ];
  return tests.length > 0 ? (entity) => tests.every((test) => test(entity)) : undefined;
}

/** Filters may ask for the objects behind a navigation property: `ownedObjects/$count eq 0`. */
function relatedIn(type: string, { store }: GraphCallContext): RelatedEntities {
  return (entity, name) => {
    const ids = relatedIds({ type, entity }, name, store);
    return ids?.flatMap((id) => {
      const found = name === 'federatedIdentityCredentials' ? name.slice(0, -1) : store.typeOf(id);
      const other = found && isEntityType(found) ? store.get(found, id) : undefined;
      return other ? [other] : [];
    });
  };
}

/** The audit logs are read from the newest entry. */
function newestFirst(type: string) {
  const property = timePropertyOf(type);
  return property ? [{ property, descending: true }] : undefined;
}

function sortedSelection(
  source: EntitySource,
  accept: EntityPredicate | undefined,
  terms: Parameters<typeof compareBy>[0],
): Selection {
  let sorted: readonly PositionedEntity[] | undefined;
  const all = () => {
    sorted ??= sortEntities(
      [...source.scan(0)].filter(({ entity }) => !accept || accept(entity)),
      compareBy(terms),
    );
    return sorted;
  };
  return {
    *scan(from) {
      for (const [index, item] of all().slice(from).entries()) yield { ...item, position: from + index };
    },
    count: () => all().length,
  };
}

function sortEntities(
  items: readonly PositionedEntity[],
  compare: (left: Entity, right: Entity) => number,
): readonly PositionedEntity[] {
  return items.toSorted((left, right) => compare(left.entity, right.entity));
}
