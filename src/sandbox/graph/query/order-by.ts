import type { Entity } from '../../base/entity-store.ts';
import { badRequest, unsupportedQuery } from '../graph-error.ts';
import type { FilterScope } from './filter-rules.ts';
import { timePropertyOf } from './filterable-properties.ts';
import { findProperty, unknownProperty } from './select.ts';

export interface OrderByTerm {
  readonly property: string;
  readonly descending: boolean;
}

/** Properties to sort by. Source: "Advanced query capabilities on Microsoft Entra ID objects", sections on `$orderby`. */
const byDefault: Readonly<Record<string, readonly string[]>> = {
  user: ['displayName', 'userPrincipalName'],
  group: ['displayName'],
};

const dates = ['createdDateTime', 'deletedDateTime'];

const advanced: Readonly<Record<string, readonly string[]>> = {
  user: ['displayName', 'userPrincipalName', ...dates],
  group: ['displayName', ...dates],
  application: ['displayName', ...dates],
  servicePrincipal: ['displayName', ...dates],
  administrativeUnit: ['displayName', ...dates],
  device: ['displayName', 'approximateLastSignInDateTime', ...dates],
  orgContact: ['displayName', 'createdDateTime'],
  directoryObject: ['displayName'],
};

/** Terms of an `$orderby`; throws 400 if a property cannot be sorted, or not in this mode. */
export function parseOrderBy(text: string, scope: FilterScope, hasFilterOrSearch: boolean): readonly OrderByTerm[] {
  const terms = text.split(',').map((one) => {
    const term = parseTerm(one, scope.type);
    if (!term) throw badRequest(`Syntax error at position 0 in '${text}'.`);
    return term;
  });
  if (scope.rules.kind === 'audit') {
    if (terms.some(({ property }) => property !== timePropertyOf(scope.type))) throw unsupportedSort();
    return terms;
  }
  const sortable = scope.isAdvanced ? advanced : byDefault;
  const needsAdvanced = hasFilterOrSearch || scope.rules.isRelationship;
  if (needsAdvanced && !scope.isAdvanced) throw unsupportedSort();
  if (terms.some(({ property }) => !sortable[scope.type]?.includes(property))) throw unsupportedSort();
  return terms;
}

/** A property and its direction; undefined for anything else. */
export function parseTerm(text: string, type: string): OrderByTerm | undefined {
  const [match, name = '', direction] = /^\s*([\w/]+)(?:\s+(asc|desc))?\s*$/i.exec(text) ?? [];
  if (match === undefined) return undefined;
  const property = findProperty(type, name.split('/', 1)[0] ?? '');
  if (!property) throw unknownProperty(name, type);
  return { property: name.includes('/') ? name : property, descending: direction?.toLowerCase() === 'desc' };
}

function unsupportedSort() {
  return unsupportedQuery('Sorting not supported for current query.');
}

/** The sort key of an entity. Entities without the property come first. */
export function sortKeysOf(entity: Entity, terms: readonly OrderByTerm[]): readonly string[] {
  return terms.map(({ property }) => String(entity[property] ?? ''));
}

/** Compares sort keys; strings in natural order, ignoring case. */
export function compareSortKeys(
  terms: readonly OrderByTerm[],
): (left: readonly string[], right: readonly string[]) => number {
  const collator = new Intl.Collator('en', { sensitivity: 'base' });
  return (left, right) => {
    for (const [index, { descending }] of terms.entries()) {
      const order = collator.compare(left[index] ?? '', right[index] ?? '');
      if (order !== 0) return descending ? -order : order;
    }
    return 0;
  };
}
