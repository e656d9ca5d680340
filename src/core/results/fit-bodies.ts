import { isRecord } from '../base/guards.ts';
import type { Rooms } from './answer-budget.ts';
import { type Fitted, fitValue } from './fit-value.ts';
import { jsonBytes } from './member-sizes.ts';

/** The items of a batch that are shown. */
export interface FittedBodies {
  readonly items: readonly unknown[];
  /** Something is missing in a body. */
  readonly isReduced: boolean;
  /** A list in a body has more entries than are here. */
  readonly hasCutLists: boolean;
}

/** What an item of a batch takes at least, with a body of which something is seen. */
const leastBody = 300;
/** What `reduced` takes in an item. */
const reducedBytes = 150;

/**
 * The items of a batch share one room: small bodies stand as they are, and the others get equal parts of what is left.
 * Where there are too many for that, the first ones are shown.
 */
export function fitBodies(items: readonly unknown[], rooms: Rooms, namesMembers: boolean): FittedBodies {
  const sizes = items.map((item) => ({ around: jsonBytes(withBody(item, null)) + 1, body: bodyBytes(item) }));
  const all = sizes.reduce((sum, { around, body }) => sum + around + body, 0);
  if (all <= rooms.whole) return { items, isReduced: false, hasCutLists: false };
  const shown = sizes.slice(0, rowsIn(sizes, rooms.columns));
  const room = rooms.columns - shown.reduce((sum, { around }) => sum + around, 0);
  const share = Math.max(
    leastBody,
    equalPart(
      shown.map(({ body }) => body),
      room,
    ),
  );
  const fitted = items.slice(0, shown.length).map((item, index) => {
    const { body = 0 } = sizes[index] ?? {};
    if (body <= share || !isRecord(item)) return { item, cut: undefined };
    const cut = fitValue(item['body'], { room: share - reducedBytes, namesMembers });
    const shownBody = cut.rows === undefined ? cut.data : withoutLink(cut.data);
    return { item: { ...item, body: shownBody, reduced: describeCut(cut) }, cut };
  });
  return {
    items: fitted.map(({ item }) => item),
    isReduced: fitted.some(({ cut }) => cut !== undefined),
    hasCutLists: fitted.some(({ cut }) => cut?.rows !== undefined || cut?.isShortened === true),
  };
}

/** How many of the first items fit, if each long body is cut to the least. */
function rowsIn(sizes: ReadonlyArray<{ readonly around: number; readonly body: number }>, room: number): number {
  let used = 0;
  for (const [index, { around, body }] of sizes.entries()) {
    used += around + Math.min(body, leastBody);
    if (used > room && index > 0) return index;
  }
  return sizes.length;
}

/** The part of each of those that need more than it, when the others get what they need. */
function equalPart(needs: readonly number[], room: number): number {
  let left = room;
  const sorted = needs.toSorted((a, b) => a - b);
  for (const [index, need] of sorted.entries()) {
    const part = Math.floor(left / (sorted.length - index));
    if (need > part) return part;
    left -= need;
  }
  return room;
}

/** What is missing in a body, in the words of the item: `{ shown: 3, of: 100, left_out: { web: 12 } }`. */
function describeCut({ leftOut, rows, isShortened }: Fitted): Readonly<Record<string, unknown>> {
  const names = Object.entries(leftOut ?? {}).slice(0, 3);
  return {
    ...rows,
    ...(names.length > 0 ? { left_out: Object.fromEntries(names) } : {}),
    ...(isShortened ? { shortened: true } : {}),
  };
}

/** The next page begins behind rows that are not shown: nobody may read on there. */
function withoutLink(body: unknown): unknown {
  if (!isRecord(body)) return body;
  const { '@odata.nextLink': _, nextLink: __, ...rest } = body;
  return rest;
}

function bodyBytes(item: unknown): number {
  return isRecord(item) ? jsonBytes(item['body'] ?? null) : 0;
}

function withBody(item: unknown, body: unknown): unknown {
  return isRecord(item) ? { ...item, body } : item;
}
