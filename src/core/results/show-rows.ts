import type { Rooms } from './answer-budget.ts';
import { type ChosenRows, chooseRows } from './choose-rows.ts';
import { renderCsv } from './csv.ts';
import { fitBodies } from './fit-bodies.ts';
import { fitValue } from './fit-value.ts';
import type { SunkItems } from './item-sink.ts';
import { jsonBytes, type ListFormat, withoutMembers } from './member-sizes.ts';

/** The part of a list that an answer shows. */
export interface ShownRows {
  /** How many of the first items. */
  readonly count: number;
  readonly items: readonly unknown[];
  /** The items as a table, instead. */
  readonly csv?: string;
  /** The first item, whole: it tells what names items here. */
  readonly first: unknown;
  readonly leftOut: Readonly<Record<string, number>>;
  /** Members that are left out because they are empty in all items. */
  readonly empty: readonly string[];
  /** Something is missing in the items that are shown. */
  readonly isReduced: boolean;
  /** A list inside an item has more entries than are here. */
  readonly hasCutLists: boolean;
}

export interface ShowOptions {
  readonly rooms: Rooms;
  readonly format: ListFormat;
  readonly namesMembers: boolean;
  readonly without: readonly string[];
  readonly isBatch: boolean | undefined;
}

type Sunk = Pick<SunkItems, 'head' | 'isAll' | 'columns' | 'dropped'>;

/** Chooses from the first items of a list, or from all of them, what fits. */
export async function showRows(sunk: Sunk, options: ShowOptions): Promise<ShownRows> {
  const { head } = sunk;
  if (options.isBatch) return showBodies(head, options);
  const chosen = chosenFrom(sunk, options);
  const shown = options.format === 'csv' ? await showTable(chosen, sunk, options) : showItems(chosen, sunk, options);
  return { first: head[0], ...shown };
}

function chosenFrom({ head, isAll, dropped }: Sunk, options: ShowOptions): ChosenRows {
  const chosen = chooseRows(head, { ...options, isAll });
  if (dropped === undefined) return chosen;
  // The whole was too much to hold: everything that may go has gone.
  return { ...chosen, leftOut: { ...dropped.shares(dropped.largestFirst()), ...chosen.leftOut } };
}

function showBodies(items: readonly unknown[], { rooms, namesMembers }: ShowOptions): ShownRows {
  const fitted = fitBodies(items, rooms, namesMembers);
  return { ...fitted, count: fitted.items.length, first: undefined, leftOut: {}, empty: [] };
}

function showItems(
  { items, leftOut, empty }: ChosenRows,
  { isAll }: Sunk,
  { rooms, namesMembers }: ShowOptions,
): Omit<ShownRows, 'first'> {
  const isReduced = Object.keys(leftOut).length + empty.length > 0;
  const [only] = items;
  const room = isAll && !isReduced ? rooms.whole : rooms.columns;
  if (items.length !== 1 || jsonBytes(only) <= room) {
    return { count: items.length, items, leftOut, empty, isReduced, hasCutLists: false };
  }
  const giant = fitValue(only, { room: rooms.columns, namesMembers });
  return {
    count: 1,
    items: [giant.data],
    leftOut: { ...leftOut, ...giant.leftOut },
    empty,
    isReduced: true,
    hasCutLists: giant.rows !== undefined || giant.isShortened === true,
  };
}

async function showTable(
  { items, leftOut, empty }: ChosenRows,
  { head, columns, isAll }: Sunk,
  { rooms, without }: ShowOptions,
): Promise<Omit<ShownRows, 'first'>> {
  const table = async (rows: readonly unknown[], names: readonly string[], room: number) =>
    renderCsv(
      rows,
      columns.filter((column) => !names.some((name) => column === name || column.startsWith(`${name}.`))),
      room,
    );
  if (isAll) {
    const given = head.map((item) => withoutMembers(item, without));
    const whole = await table(given, without, rooms.whole);
    if (whole.rows === head.length) return asTable(whole, { items: given, leftOut: pick(leftOut, without), empty: [] });
  }
  const missing = [...Object.keys(leftOut), ...empty];
  const narrow = isAll && (await table(items, missing, rooms.columns));
  const fits = narrow && narrow.rows === head.length;
  return asTable(fits ? narrow : await table(items, missing, rooms.rows), { items, leftOut, empty });
}

function asTable(
  { csv, rows }: { readonly csv: string; readonly rows: number },
  { items, leftOut, empty }: ChosenRows,
): Omit<ShownRows, 'first'> {
  const isReduced = Object.keys(leftOut).length + empty.length > 0;
  return { count: rows, items: items.slice(0, rows), csv, leftOut, empty, isReduced, hasCutLists: false };
}

function pick(shares: Readonly<Record<string, number>>, names: readonly string[]): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(shares).filter(([name]) => names.includes(name)));
}
