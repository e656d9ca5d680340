import type { Entity } from '../../base/entity-store.ts';
import { unsupportedQuery } from '../graph-error.ts';
import type { ParsedGraphPath } from '../parsed-path.ts';
import { compileFilter } from './filter-evaluator.ts';
import { parseFilter, pathsOf } from './filter-parser.ts';
import { findProperty, unknownProperty } from './select.ts';

// What lists have in common whose items are made from other objects when they are read: no advanced queries, one page.

/** Throws 400 for a system option that the list does not take. */
export function checkOptions({ query }: ParsedGraphPath, known: readonly string[]): void {
  for (const name of query.keys()) {
    if (name.startsWith('$') && !known.includes(name)) {
      throw unsupportedQuery(`The query option '${name}' is not supported for this resource.`);
    }
  }
}

/** Whether `$filter` lets an item through. Throws 400 for a property that the type does not have. */
export function filterOf({ query, type = '' }: ParsedGraphPath): (entity: Entity) => boolean {
  const text = query.get('$filter');
  if (text === undefined) return () => true;
  const filter = parseFilter(text);
  for (const path of pathsOf(filter)) {
    if (!findProperty(type, path[0] ?? '')) throw unknownProperty(path.join('/'), type);
  }
  return compileFilter(filter);
}
