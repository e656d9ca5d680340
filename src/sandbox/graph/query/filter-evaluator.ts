import type { Entity } from '../../base/entity-store.ts';
import type { CompareOperator, FilterNode, FilterPath, TextFunction } from './filter-parser.ts';
import type { Literal } from './filter-tokens.ts';

export type EntityPredicate = (entity: Entity) => boolean;

/** Entities of a navigation property; undefined if the name is not a navigation property. */
export type RelatedEntities = (entity: Entity, name: string) => readonly Entity[] | undefined;

/** What a name in the filter refers to: the entity, or the element of a lambda's variable. */
interface Scope {
  readonly entity: Entity;
  readonly variables: ReadonlyMap<string, unknown>;
}

/** Compiles a filter into a predicate. Strings are compared ignoring case, as the directory does. */
export function compileFilter(node: FilterNode, related: RelatedEntities = () => undefined): EntityPredicate {
  const test = compile(node, related);
  const variables = new Map<string, unknown>();
  return (entity) => test({ entity, variables });
}

function compile(node: FilterNode, related: RelatedEntities): (scope: Scope) => boolean {
  switch (node.kind) {
    case 'and': {
      const [left, right] = [compile(node.left, related), compile(node.right, related)];
      return (scope) => left(scope) && right(scope);
    }
    case 'or': {
      const [left, right] = [compile(node.left, related), compile(node.right, related)];
      return (scope) => left(scope) || right(scope);
    }
    case 'not': {
      const inner = compile(node.inner, related);
      return (scope) => !inner(scope);
    }
    case 'compare':
      return (scope) => compare(resolve(scope, node.path, related), node.operator, node.value);
    case 'in':
      return (scope) => {
        const actual = resolve(scope, node.path, related);
        return node.values.some((value) => compare(actual, 'eq', value));
      };
    case 'text':
      return (scope) => testText(resolve(scope, node.path, related), node.name, String(node.value.value));
    case 'any':
    case 'all':
      return compileLambda(node, related);
  }
}

function compileLambda(
  node: FilterNode & { readonly kind: 'any' | 'all' },
  related: RelatedEntities,
): (scope: Scope) => boolean {
  const inner = node.inner ? compile(node.inner, related) : () => true;
  return (scope) => {
    const items = resolve(scope, node.path, related);
    const list = Array.isArray(items) ? items : [];
    const test = (item: unknown) =>
      inner({ entity: scope.entity, variables: new Map([...scope.variables, [node.variable, item]]) });
    return node.kind === 'any' ? list.some(test) : list.every(test);
  };
}

function resolve(scope: Scope, path: FilterPath, related: RelatedEntities): unknown {
  const [first = '', ...rest] = path;
  if (scope.variables.has(first)) return follow(scope.variables.get(first), rest);
  const others = related(scope.entity, first);
  if (others) {
    if (rest[0] === '$count') return others.length;
    return rest.length === 0 ? others : follow(others[0], rest);
  }
  return follow(scope.entity, path);
}

function follow(start: unknown, path: FilterPath): unknown {
  let value = start;
  for (const name of path) {
    if (name === '$count') return Array.isArray(value) ? value.length : 0;
    if (typeof value !== 'object' || value === null) return null;
    value = propertyOf(value, name);
  }
  return value ?? null;
}

/** Property by exact name, otherwise ignoring case. */
function propertyOf(value: object, name: string): unknown {
  if (name in value) return Reflect.get(value, name);
  const found = Object.keys(value).find((key) => key.toLowerCase() === name.toLowerCase());
  return found === undefined ? null : Reflect.get(value, found);
}

function compare(actual: unknown, operator: CompareOperator, literal: Literal): boolean {
  const isComparable = actual !== null && actual !== undefined && literal.value !== null;
  const order = isComparable ? orderOf(actual, literal) : Number.NaN;
  switch (operator) {
    case 'eq':
      return isEqual(actual, literal);
    case 'ne':
      return !isEqual(actual, literal);
    case 'gt':
      return order > 0;
    case 'ge':
      return order >= 0;
    case 'lt':
      return order < 0;
    case 'le':
      return order <= 0;
    case 'has':
      return false;
  }
}

function isEqual(actual: unknown, literal: Literal): boolean {
  if (literal.value === null) return actual === null || actual === undefined;
  if (actual === null || actual === undefined) return false;
  if (literal.kind === 'date') return orderOf(actual, literal) === 0;
  if (literal.kind === 'boolean' || literal.kind === 'number') return actual === literal.value;
  return String(actual).toLowerCase() === String(literal.value).toLowerCase();
}

function orderOf(actual: unknown, literal: Literal): number {
  if (literal.kind === 'date') return Date.parse(String(actual)) - Date.parse(String(literal.value));
  if (literal.kind === 'number') return Number(actual) - Number(literal.value);
  return String(actual).toLowerCase().localeCompare(String(literal.value).toLowerCase());
}

function testText(actual: unknown, name: TextFunction, wanted: string): boolean {
  if (typeof actual !== 'string') return false;
  const [text, part] = [actual.toLowerCase(), wanted.toLowerCase()];
  if (name === 'startsWith') return text.startsWith(part);
  return name === 'endsWith' ? text.endsWith(part) : text.includes(part);
}
