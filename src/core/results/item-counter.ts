import { isRecord } from '../base/guards.ts';
import { compileExpression, type ExpressionArgument } from './expression.ts';
import { membersReadOfItem, readsByName } from './members-read.ts';
import { forgetSeen } from './projection.ts';

/** How often a key came up; null where an item has none. */
export interface Group {
  readonly key: unknown;
  readonly count: number;
}

/** Counts items by what an expression gives for each of them. Its memory grows with the groups, not with the items. */
export interface ItemCounter {
  /** As the caller wrote it. */
  readonly expression: string;
  add(items: readonly unknown[]): void;
  /** The largest first, then by key. */
  groups(): readonly Group[];
  /** Items that were counted. */
  counted(): number;
  /** Items with other keys, which came after there were as many groups as are kept. */
  uncounted(): number;
  /** Members that the expression reads, and that no item has. */
  unseen(): readonly string[];
}

/** Most groups, and most bytes of their keys. Those that are there by then are counted to the end. */
const groupLimits = { most: 50_000, mostKeyBytes: 16 * 1024 * 1024 };

const countBy: ExpressionArgument = {
  argument: 'count_by',
  forms: 'It is evaluated on each item: use a form such as department, status.errorCode or properties.state.',
  formsWithNull: "A member is null or missing in some items: give it a value first, as in lower(mail || '').",
};

/** All that such an expression reads of an item, or nothing where that is not known. Throws as `createItemCounter` does. */
export async function membersCounted(expression: string): Promise<readonly string[]> {
  const { tree } = await compileExpression(expression, countBy);
  return readsByName(tree) ? membersReadOfItem(tree) : [];
}

/** Compiles `count_by`, or throws `invalid_argument`. */
export async function createItemCounter(expression: string, limits = groupLimits): Promise<ItemCounter> {
  const { tree, applyTo } = await compileExpression(expression, countBy);
  const unseen = new Set(membersReadOfItem(tree));
  const groups = new Map<string, { readonly key: unknown; count: number }>();
  let bytes = 0;
  let uncounted = 0;
  let counted = 0;
  const count = (item: unknown) => {
    const key = sorted(applyTo(item, 1) ?? null);
    const name = JSON.stringify(key) ?? 'null';
    const known = groups.get(name);
    if (known === undefined && (groups.size >= limits.most || bytes + name.length > limits.mostKeyBytes)) {
      uncounted += 1;
      return;
    }
    counted += 1;
    if (known !== undefined) {
      known.count += 1;
      return;
    }
    bytes += name.length;
    groups.set(name, { key, count: 1 });
  };
  return {
    expression,
    add(items) {
      forgetSeen(unseen, items);
      for (const item of items) count(item);
    },
    groups: () =>
      [...groups]
        .sort(
          ([oneName, one], [otherName, other]) =>
            other.count - one.count || compareKeys(one, other, oneName, otherName),
        )
        .map(([, { key, count }]) => ({ key, count })),
    counted: () => counted,
    uncounted: () => uncounted,
    unseen: () => [...unseen],
  };
}

/** Numbers by size, everything else by its JSON. */
function compareKeys(one: Pick<Group, 'key'>, other: Pick<Group, 'key'>, oneName: string, otherName: string): number {
  if (typeof one.key === 'number' && typeof other.key === 'number') return one.key - other.key;
  return oneName < otherName ? -1 : 1;
}

/** The same value for objects that differ only in the order of their members. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isRecord(value)) return value;
  const byName = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return Object.fromEntries(byName.map(([name, one]) => [name, sorted(one)]));
}
