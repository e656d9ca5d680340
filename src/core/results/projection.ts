import { isRecord } from '../base/guards.ts';
import { compileExpression } from './expression.ts';
import { membersRead } from './members-read.ts';

/** A compiled JMESPath expression on `{ value: [...] }`. */
export interface Projection {
  /**
   * True when applying it to each page and joining the results gives the same as applying it to the whole list, as for
   * `value[].id` or `value[?accountEnabled].{id: id}`. Then memory stays flat however long the list is.
   */
  readonly perPage: boolean;
  apply(items: readonly unknown[]): unknown;
  /** The same expression on data of any shape: a single object, the body of a batch item. */
  applyTo(data: unknown): unknown;
  /** Members that the expression reads of each item, and that none of those it was applied to has. */
  unseen(): readonly string[];
}

/** Compiles an expression, or throws `invalid_argument` that says where it is wrong. */
export async function compileProjection(expression: string): Promise<Projection> {
  const { tree, applyTo } = await compileExpression(expression, {
    argument: 'project',
    forms: 'Use a form such as value[].{id:id,name:displayName}, value[?mail].userPrincipalName or length(value).',
    formsWithNull:
      "A member is null or missing in some items: test it first, as in value[?mail && contains(mail, 'x')] or sort_by(value[?mail], &mail).",
  });
  const unseen = new Set(membersRead(tree));
  return {
    perPage: isStream(tree),
    apply(items) {
      forgetSeen(unseen, items);
      return applyTo({ value: items }, items.length);
    },
    applyTo: (data) => applyTo(data, 0),
    unseen: () => [...unseen],
  };
}

/** Takes names out that one of the items has. */
export function forgetSeen(unseen: Set<string>, items: readonly unknown[]): void {
  for (const item of unseen.size === 0 ? [] : items) {
    for (const name of unseen) if (isRecord(item) && Object.hasOwn(item, name)) unseen.delete(name);
  }
}

/** Whether a syntax tree is a chain of projections that begins at the list itself. */
function isStream(node: unknown): boolean {
  if (!isRecord(node)) return false;
  switch (node['type']) {
    case 'Field':
      return node['name'] === 'value';
    case 'Flatten':
      return isStream(node['child']);
    case 'Projection':
      return isStream(node['left']) && !mentionsRoot(node['right']);
    case 'FilterProjection':
      return isStream(node['left']) && !mentionsRoot(node['right']) && !mentionsRoot(node['condition']);
    default:
      return false;
  }
}

/** `$` is the whole document, which a single page is not. */
function mentionsRoot(node: unknown): boolean {
  if (Array.isArray(node)) return node.some(mentionsRoot);
  if (!isRecord(node)) return false;
  return node['type'] === 'Root' || Object.values(node).some(mentionsRoot);
}
