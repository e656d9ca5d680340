import { type GraphError, unsupportedQuery } from '../graph-error.ts';
import { checkLiteral } from './filter-literals.ts';
import { type FilterNode, type FilterPath, pathsOf } from './filter-parser.ts';
import { badFilter } from './filter-tokens.ts';
import {
  type FilterMark,
  type FilterSupport,
  filterSupportOf,
  hasEndsWith,
  isCountable,
} from './filterable-properties.ts';
import type { ListRules } from './list-rules.ts';
import { findProperty, memberTypesOf, unknownProperty } from './select.ts';

export interface FilterScope {
  readonly type: string;
  readonly rules: ListRules;
  /** `ConsistencyLevel: eventual` was sent. */
  readonly isEventual: boolean;
  /** The header and `$count=true` (or the `/$count` segment). */
  readonly isAdvanced: boolean;
}

const maxOrClauses = 15;
const maxHeight = 3;

/**
 * Refuses valid filters that the service does not support. Sources: "Advanced query capabilities on Microsoft Entra ID
 * objects" and "Use the $filter query parameter".
 */
export function checkFilter(node: FilterNode, scope: FilterScope): void {
  if (scope.rules.isRelationship && !scope.isAdvanced) {
    throw unsupportedQuery('The specified filter to the reference property query is currently not supported.');
  }
  checkNode(node, scope, []);
  checkSignInActivity(node, scope);
  if (!scope.isAdvanced && scope.rules.kind === 'directory') checkSize(node);
}

/** Sign-in activity comes from another store, so it must be filtered alone. */
function checkSignInActivity(node: FilterNode, scope: FilterScope): void {
  if (node.kind !== 'and' && node.kind !== 'or') return;
  const paths = pathsOf(node);
  const isActivity = (path: FilterPath) => path[0]?.toLowerCase() === 'signinactivity';
  if (paths.some(isActivity) && !paths.every(isActivity)) throw unsupportedClause('signInActivity', scope);
}

/** The collection of the enclosing `any`, if there is one. */
type Lambda = { readonly path: FilterPath; readonly variable: string };

function checkNode(node: FilterNode, scope: FilterScope, lambdas: readonly Lambda[]): void {
  switch (node.kind) {
    case 'and':
    case 'or':
      checkNode(node.left, scope, lambdas);
      checkNode(node.right, scope, lambdas);
      return;
    case 'not':
      checkNode(node.inner, scope, lambdas);
      requireMark('A', 'not', '', scope);
      return;
    case 'any':
      if (lambdas.length > 0) throw badFilter('Any is not supported inside of any.');
      if (!node.inner) throw unsupportedClause(node.path.join('/'), scope);
      checkNode(node.inner, scope, [{ path: node.path, variable: node.variable }]);
      return;
    case 'all':
      throw unsupportedClause(node.path.join('/'), scope);
    case 'compare':
      checkCompare(node, scope, lambdas);
      return;
    case 'in': {
      const path = tablePath(node.path, lambdas);
      for (const value of node.values) checkLiteral(path, value, 'eq', scope.type);
      requireMark(supportOf(path, scope).eq, 'in', path, scope);
      return;
    }
    case 'text':
      checkText(node, scope, lambdas);
      return;
  }
}

function checkCompare(
  node: FilterNode & { readonly kind: 'compare' },
  scope: FilterScope,
  lambdas: readonly Lambda[],
): void {
  const { operator, value } = node;
  if (node.path.at(-1) === '$count') {
    checkCount(node, scope);
    return;
  }
  const path = tablePath(node.path, lambdas);
  const support = supportOf(path, scope);
  checkLiteral(path, value, operator, scope.type);
  if (value.kind === 'null' && scope.rules.kind !== 'audit') {
    requireMark(operator === 'ne' ? advancedOnly(support.isNull) : support.isNull, operator, path, scope);
    return;
  }
  switch (operator) {
    case 'eq':
      requireMark(support.eq, operator, path, scope);
      return;
    case 'ne':
      requireMark(advancedOnly(support.eq), operator, path, scope);
      return;
    case 'ge':
    case 'le':
      requireMark(support.range, operator, path, scope);
      return;
    case 'gt':
    case 'lt':
      // Only the audit logs support these; the directory has `ge` and `le`.
      requireMark(scope.rules.kind === 'audit' ? support.range : '-', operator, path, scope);
      return;
    case 'has':
      throw unsupportedClause(path, scope);
  }
}

/** `x/$count eq 0` has its own list and is advanced. */
function checkCount(node: FilterNode & { readonly kind: 'compare' }, scope: FilterScope): void {
  const collection = node.path.slice(0, -1).join('/');
  const isEquality = node.operator === 'eq' || node.operator === 'ne';
  const wanted = node.value.kind === 'number' ? Number(node.value.value) : Number.NaN;
  const isKnown = memberTypesOf(scope.type).some((type) => isCountable(type, collection, wanted));
  requireMark(isEquality && isKnown ? 'A' : '-', node.operator, collection, scope);
}

function checkText(node: FilterNode & { readonly kind: 'text' }, scope: FilterScope, lambdas: readonly Lambda[]): void {
  const path = tablePath(node.path, lambdas);
  const support = supportOf(path, scope);
  if (node.value.kind !== 'string') {
    throw badFilter(
      `No function signature for the function with name '${node.name.toLowerCase()}' matches the specified arguments.`,
    );
  }
  if (node.name === 'startsWith') {
    requireMark(support.startsWith, node.name, path, scope);
  } else if (node.name === 'endsWith') {
    requireMark(hasEndsWith(path) ? 'A' : '-', node.name, path, scope);
  } else {
    throw unsupportedClause(path, scope);
  }
}

/** In a mixed list, a property can be filtered if the table of any type has it. */
function supportOf(path: string, scope: FilterScope): FilterSupport {
  for (const member of memberTypesOf(scope.type)) {
    const support = filterSupportOf(member, path);
    if (support) return support;
  }
  const [first = ''] = path.split('/');
  if (!findProperty(scope.type, first)) throw unknownProperty(first, scope.type, 'Invalid filter clause: ');
  throw unsupportedClause(path, scope);
}

function requireMark(mark: FilterMark, operator: string, path: string, scope: FilterScope): void {
  if (scope.rules.kind === 'audit' && mark !== '-') return;
  if (mark === '-' || (mark === 'O' && scope.isEventual)) throw unsupportedClause(path, scope);
  if (mark === 'A' && !scope.isAdvanced) throw missingParameters(operator);
}

/** 400 for a query that needs the advanced parameters. Source: "Advanced query capabilities", error handling. */
export function missingParameters(operator: string): GraphError {
  return unsupportedQuery(
    `Operator '${operator}' is not supported because the required parameters might be missing. Try adding $count=true query parameter and ConsistencyLevel:eventual header. Refer to https://aka.ms/graph-docs/advanced-queries for more information`,
  );
}

function advancedOnly(mark: FilterMark): FilterMark {
  return mark === 'D' || mark === 'A' ? 'A' : '-';
}

/** Path as in the tables, where the variable of an `any` is replaced by the collection. */
function tablePath(path: FilterPath, lambdas: readonly Lambda[]): string {
  const lambda = lambdas.find(({ variable }) => variable === path[0]);
  return lambda ? [...lambda.path, 'any', ...path.slice(1)].join('/') : path.join('/');
}

function checkSize(node: FilterNode): void {
  const clauses = largestOr(node);
  if (clauses > maxOrClauses) {
    throw unsupportedQuery(
      `Too many child clauses specified in search filter expression containing 'OR' operators: ${clauses}. Max allowed: ${maxOrClauses}`,
    );
  }
  const height = heightOf(node);
  if (height > maxHeight) {
    throw unsupportedQuery(`Search filter expression has excessive height: ${height}. Max allowed: ${maxHeight}.`);
  }
}

/** Number of clauses in the largest `or` (or `in`) of an expression. */
function largestOr(node: FilterNode): number {
  if (node.kind === 'in') return node.values.length;
  if (node.kind === 'or') {
    const clauses = flatten(node, 'or');
    const own = clauses.reduce((sum, clause) => sum + (clause.kind === 'in' ? clause.values.length : 1), 0);
    return Math.max(own, ...clauses.map(largestOr));
  }
  return Math.max(0, ...childrenOf(node).map(largestOr));
}

/** Nesting levels of an expression; a chain of the same operator is one level. */
function heightOf(node: FilterNode): number {
  if (node.kind === 'and' || node.kind === 'or') return 1 + Math.max(...flatten(node, node.kind).map(heightOf));
  return node.kind === 'not' ? heightOf(node.inner) : 1;
}

function flatten(node: FilterNode, kind: 'and' | 'or'): readonly FilterNode[] {
  return node.kind === kind ? [...flatten(node.left, kind), ...flatten(node.right, kind)] : [node];
}

function childrenOf(node: FilterNode): readonly FilterNode[] {
  if (node.kind === 'and' || node.kind === 'or') return [node.left, node.right];
  if (node.kind === 'not') return [node.inner];
  return (node.kind === 'any' || node.kind === 'all') && node.inner ? [node.inner] : [];
}

function unsupportedClause(path: string, { type }: FilterScope): GraphError {
  const property = path.replaceAll('/any', '');
  const resource = type.charAt(0).toUpperCase() + type.slice(1);
  return unsupportedQuery(
    `Unsupported or invalid query filter clause specified for property '${property}' of resource '${resource}'.`,
  );
}
