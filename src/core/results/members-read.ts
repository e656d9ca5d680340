import { isRecord } from '../base/guards.ts';

/**
 * The members that a JMESPath expression reads of the items of `{ value: [...] }`, by the syntax tree: `a` and `b` of
 * `value[?a].{x: b.c}`. Without annotations such as `@removed`, which only some items have.
 */
export function membersRead(tree: unknown): readonly string[] {
  return withoutAnnotations(partsOnItems(tree).flatMap(firstFields));
}

/** The same for an expression that is evaluated on each item itself: `a` and `b` of `a || b.c`. */
export function membersReadOfItem(tree: unknown): readonly string[] {
  return withoutAnnotations(firstFields(tree));
}

/** Nodes of expressions that read an item by the names of its members alone. */
const byName: ReadonlySet<unknown> = new Set([
  'Field',
  'Subexpression',
  'IndexExpression',
  'Index',
  'Function',
  'OrExpression',
  'AndExpression',
  'NotExpression',
  'Comparator',
  'MultiSelectList',
  'MultiSelectHash',
  'KeyValuePair',
]);

/** Whether `membersReadOfItem` is all that an expression reads: it takes no item as a whole. */
export function readsByName(node: unknown): boolean {
  if (Array.isArray(node)) return node.every(readsByName);
  if (!isRecord(node)) return true;
  // What a literal holds is no part of the tree.
  if (node['type'] === 'Literal') return true;
  return byName.has(node['type']) && Object.values(node).every(readsByName);
}

function withoutAnnotations(names: readonly string[]): readonly string[] {
  return [...new Set(names)].filter((name) => !name.startsWith('@'));
}

/** The parts of a tree that are evaluated on each item: what follows `value[]`, `value[*]` and `value[?…]`. */
function partsOnItems(node: unknown): readonly unknown[] {
  if (Array.isArray(node)) return node.flatMap(partsOnItems);
  if (!isRecord(node)) return [];
  const { type, left, right, condition } = node;
  const isProjection = type === 'Projection' || type === 'FilterProjection';
  if (isProjection && isItems(left)) return [condition, right];
  return Object.values(node).flatMap(partsOnItems);
}

function isItems(node: unknown): boolean {
  if (!isRecord(node)) return false;
  if (node['type'] === 'Flatten') return isItems(node['child']);
  return node['type'] === 'Field' && node['name'] === 'value';
}

/** Nodes whose right side works on what the left one gives. */
const chains: ReadonlySet<unknown> = new Set([
  'Subexpression',
  'IndexExpression',
  'Pipe',
  'Projection',
  'FilterProjection',
  'ValueProjection',
]);

/** Nodes that join what is evaluated on one and the same value. */
const joints: ReadonlySet<unknown> = new Set([
  'AndExpression',
  'OrExpression',
  'NotExpression',
  'Comparator',
  'Function',
  'MultiSelectHash',
  'MultiSelectList',
  'KeyValuePair',
  'Flatten',
]);

/** The fields that a tree reads of the value that it is evaluated on. */
function firstFields(node: unknown): readonly string[] {
  if (Array.isArray(node)) return node.flatMap(firstFields);
  if (!isRecord(node)) return [];
  const { type, name, left, right, child, children, value } = node;
  if (type === 'Field') return typeof name === 'string' ? [name] : [];
  if (chains.has(type)) return firstFields(left);
  return joints.has(type) ? [left, right, child, children, value].flatMap(firstFields) : [];
}
