import type { Rooms } from './answer-budget.ts';
import { fittingItems, type ListFormat, MemberSizes, withoutMembers } from './member-sizes.ts';

export interface RowsOptions {
  readonly rooms: Rooms;
  /** The caller has named the members: none is left out. */
  readonly namesMembers: boolean;
  /** Members that are left out in any case, as in the part of the list before. */
  readonly without?: readonly string[];
  /** Rows of a table take less than items of JSON. Default json. */
  readonly format?: ListFormat;
  /** False when these are only the first items of a list that is known not to fit. Default true. */
  readonly isAll?: boolean;
}

export interface ChosenRows {
  /** The first items, without what was left out of them. */
  readonly items: readonly unknown[];
  /** Members that were left out of all items, with their percent of all bytes. */
  readonly leftOut: Readonly<Record<string, number>>;
  /** Members that are null or empty in all items, and were left out because something had to be. */
  readonly empty: readonly string[];
}

/** A sample of fewer items than this says too little about a list. */
const goodSample = 5;
/** A member with a smaller part of the bytes that are left makes no room for another item. */
const worthLeavingOut = 0.2;

/**
 * Columns go before rows: the largest nested members are left out of all items until the rest fits. Where that is not
 * enough, the first items are a sample, whole unless a few members take most of its room.
 */
export function chooseRows(
  items: readonly unknown[],
  { rooms, namesMembers, without = [], isAll = true, format = 'json' }: RowsOptions,
): ChosenRows {
  const given = items.map((item) => withoutMembers(item, without));
  const sizes = sizesOf(items, format);
  const always = sizes.shares(without.filter((name) => sizes.bytesOf(name) > 0));
  const rest = without.length === 0 ? sizes : sizesOf(given, format);
  if (isAll && rest.bytes <= rooms.whole) return { items: given, leftOut: always, empty: [] };
  const empty = namesMembers ? [] : rest.emptyInAll();
  const filled = given.map((item) => withoutMembers(item, empty));
  const filledSizes = sizesOf(filled, format);
  const names = namesMembers ? undefined : filledSizes.leaveOut(rooms.columns);
  if (isAll && names !== undefined) {
    const items = filled.map((item) => withoutMembers(item, names));
    return { items, leftOut: { ...always, ...sizes.shares(names) }, empty };
  }
  const sampleNames = namesMembers ? [] : sampleWithout(filled, rooms.rows, format);
  const sample = filled.map((item) => withoutMembers(item, sampleNames));
  return {
    // Where a table ends is seen when it is written.
    items: format === 'csv' ? sample : sample.slice(0, fittingItems(sample, rooms.rows)),
    leftOut: { ...always, ...sizes.shares(sampleNames) },
    empty,
  };
}

function sampleWithout(items: readonly unknown[], room: number, format: ListFormat): readonly string[] {
  const names: string[] = [];
  const sample = items.slice(0, goodSample);
  // Only the sample counts: in a long list, the member that fills the first item is a small part of the whole.
  const sizes = sizesOf(sample, format);
  let bytes = sizes.bytes;
  for (const name of sizes.largestFirst()) {
    const left = sample.map((item) => withoutMembers(item, names));
    if (fittingItems(left, room) >= sample.length) break;
    if (sizes.bytesOf(name) < bytes * worthLeavingOut) break;
    names.push(name);
    bytes -= sizes.bytesOf(name);
  }
  return names;
}

function sizesOf(items: readonly unknown[], format: ListFormat): MemberSizes {
  const sizes = new MemberSizes(format);
  for (const item of items) sizes.add(item);
  return sizes;
}
