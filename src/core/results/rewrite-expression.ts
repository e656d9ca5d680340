import { isRecord } from '../base/guards.ts';

/** A node of a JMESPath syntax tree. */
type Node = Readonly<Record<string, unknown>>;

/**
 * The tree as it was meant, where JMESPath reads what nobody means, and leaves everything out without a word:
 * - `!a.b` and `!a[?b]` are `!(a.b)` and `!(a[?b])`. `!` binds closer, so that `(!a).b` would be a member of true or false.
 * - `a == false` compares with false, and not with a member of that name; likewise `true` and `null`.
 */
export function rewriteExpression<Tree>(tree: Tree): Tree {
  return rewrite(tree) as Tree; // the same kind of tree, with negations moved up and words made literals
}

function rewrite(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(rewrite);
  // Literals are the caller's own data.
  if (!isRecord(node) || node['type'] === 'Literal') return node;
  const rewritten: Node = Object.fromEntries(Object.entries(node).map(([name, child]) => [name, rewrite(child)]));
  if (rewritten['type'] !== 'Comparator') return liftNegation(rewritten);
  return { ...rewritten, left: asLiteral(rewritten['left']), right: asLiteral(rewritten['right']) };
}

const words: ReadonlyMap<unknown, boolean | null> = new Map([
  ['true', true],
  ['false', false],
  ['null', null],
]);

function asLiteral(side: unknown): unknown {
  if (!isRecord(side) || side['type'] !== 'Field' || !words.has(side['name'])) return side;
  return { type: 'Literal', value: words.get(side['name']) };
}

/** Nodes that look into what this member of theirs gives. */
const looksInto: ReadonlyMap<unknown, string> = new Map([
  ['Subexpression', 'left'],
  ['IndexExpression', 'left'],
  ['Projection', 'left'],
  ['FilterProjection', 'left'],
  ['ValueProjection', 'left'],
  ['Flatten', 'child'],
]);

function liftNegation(node: Node): Node {
  const side = looksInto.get(node['type']) ?? '';
  const negation = node[side];
  if (!isRecord(negation) || negation['type'] !== 'NotExpression') return node;
  return { ...negation, child: liftNegation({ ...node, [side]: negation['child'] }) };
}

/** What `<`, `<=`, `>` and `>=` ask of the sign of a difference, by the names of the nodes. */
const orders = {
  LT: (sign: number) => sign < 0,
  LTE: (sign: number) => sign <= 0,
  GT: (sign: number) => sign > 0,
  GTE: (sign: number) => sign >= 0,
};

export type Order = keyof typeof orders;

/** Whether the name of a comparison is one by order. */
export function isOrder(name: string): name is Order {
  return Object.hasOwn(orders, name);
}

/**
 * Compares two numbers, or two texts by their characters, which is the order of dates in ISO 8601. JMESPath itself orders
 * numbers only and answers null for texts, as if no date were ever before another. Null for any other pair.
 */
export function compareByOrder(order: Order, first: unknown, second: unknown): boolean | null {
  if (typeof first === 'number' && typeof second === 'number') return orders[order](first - second);
  if (typeof first !== 'string' || typeof second !== 'string') return null;
  return orders[order](first < second ? -1 : Number(first > second));
}
