import { isRecord } from '../base/guards.ts';
import { shortened } from './answer-budget.ts';
import { chooseRows } from './choose-rows.ts';
import { jsonBytes } from './member-sizes.ts';

/** What may be done to a value so that it fits. */
export interface FitOptions {
  readonly room: number;
  /** For the first elements of a list that does not fit in any way. Default: `room`. */
  readonly rows?: number;
  /** The caller has named the members: none of them is left out, lists and texts in them are shortened. */
  readonly namesMembers: boolean;
}

/** A value that fits, and what is missing in it. */
export interface Fitted {
  readonly data: unknown;
  /** Members that were left out, with their percent of all bytes. */
  readonly leftOut?: Readonly<Record<string, number>>;
  /** Elements of its list, where not all are here. */
  readonly rows?: { readonly shown: number; readonly of: number };
  /** Long texts and lists inside were shortened. */
  readonly isShortened?: boolean;
}

/** Names under which answers keep what they are about as a list. */
const listNames = ['value', 'responses', 'requests'];

/** Any value in at most `room` bytes of JSON: members go before elements, and those before parts of texts. */
export function fitValue(data: unknown, options: FitOptions): Fitted {
  const { room, namesMembers } = options;
  if (jsonBytes(data) <= room) return { data };
  if (Array.isArray(data)) return fitList(data, options, (items) => items);
  if (!isRecord(data)) return { data: squeezed(data, room), isShortened: true };
  for (const name of listNames) {
    const list = data[name];
    if (!Array.isArray(list) || list.length === 0) continue;
    const around = jsonBytes({ ...data, [name]: [] });
    if (around > room / 2) continue;
    const inner = { ...options, room: room - around, rows: Math.min(options.rows ?? room, room - around) };
    return fitList(list, inner, (items) => ({ ...data, [name]: items }));
  }
  const reduced = namesMembers ? { data } : leaveOutMembers(data, room);
  if (jsonBytes(reduced.data) <= room) return reduced;
  return { ...reduced, data: squeezed(reduced.data, room), isShortened: true };
}

function fitList(
  list: readonly unknown[],
  { room, rows = room, namesMembers }: FitOptions,
  wrap: (items: readonly unknown[]) => unknown,
): Fitted {
  const chosen = chooseRows(list, { rooms: { whole: room, columns: room, rows }, namesMembers });
  const [first] = chosen.items;
  const isGiant = chosen.items.length === 1 && jsonBytes(first) > room;
  const inner = isGiant ? fitValue(first, { room: room - 4, namesMembers }) : undefined;
  const leftOut = { ...chosen.leftOut, ...inner?.leftOut };
  return {
    data: wrap(inner ? [inner.data] : chosen.items),
    ...(Object.keys(leftOut).length > 0 ? { leftOut } : {}),
    ...(chosen.items.length < list.length ? { rows: { shown: chosen.items.length, of: list.length } } : {}),
    ...(inner?.isShortened || inner?.rows ? { isShortened: true } : {}),
  };
}

/** Deeper members are told apart only this far down: `properties.siteConfig.appSettings`. */
const deepest = 3;

interface Candidate {
  readonly path: readonly string[];
  readonly bytes: number;
}

/** The object without its largest nested members. Of one that holds nearly everything, its own members go. */
function leaveOutMembers(data: Readonly<Record<string, unknown>>, room: number): Fitted {
  const all = jsonBytes(data);
  const candidates = candidatesIn(data, [], room).sort((a, b) => b.bytes - a.bytes);
  const leftOut: Record<string, number> = {};
  let reduced = data;
  let left = all;
  for (const { path, bytes } of candidates) {
    if (left <= room) break;
    reduced = withoutPath(reduced, path);
    left -= bytes;
    leftOut[path.join('.')] = Math.max(1, Math.round((100 * bytes) / all));
  }
  return { data: reduced, leftOut };
}

function candidatesIn(data: Readonly<Record<string, unknown>>, above: readonly string[], room: number): Candidate[] {
  return Object.entries(data).flatMap(([name, value]): Candidate[] => {
    if (typeof value !== 'object' || value === null) return [];
    const path = [...above, name];
    const bytes = jsonBytes(value) + jsonBytes(name) + 2;
    const holdsNearlyAll = isRecord(value) && bytes > room / 2 && path.length < deepest;
    const inner = holdsNearlyAll ? candidatesIn(value, path, room) : [];
    return inner.length > 0 ? inner : [{ path, bytes }];
  });
}

function withoutPath(
  data: Readonly<Record<string, unknown>>,
  [name = '', ...deeper]: readonly string[],
): Readonly<Record<string, unknown>> {
  const child = data[name];
  if (deeper.length > 0 && isRecord(child)) return { ...data, [name]: withoutPath(child, deeper) };
  const { [name]: _, ...rest } = data;
  return rest;
}

/** Steps from slightly shortened to hardly anything: share of the room for a text, and elements of a list. */
const steps = [
  [0.5, 100],
  [0.25, 40],
  [0.1, 20],
  [0.05, 10],
  [0.02, 5],
  [0.01, 2],
] as const;

/** The value with long texts and lists shortened, so far as it takes. */
function squeezed(value: unknown, room: number): unknown {
  if (jsonBytes(value) <= room) return value;
  if (typeof value === 'string') return shortened(value, room);
  for (const [share, elements] of steps) {
    const smaller = shorten(
      value,
      { text: Math.max(40, Math.floor(room * share)), elements, members: elements * 3 },
      6,
    );
    if (jsonBytes(smaller) <= room) return smaller;
  }
  return shortened(JSON.stringify(value) ?? 'null', room);
}

/** The value with nothing left out and texts so short that it fits, if texts are what makes it long. */
export function withShortTexts(value: unknown, room: number): unknown {
  let smaller = value;
  for (const text of [200, 80, 30, 12]) {
    if (jsonBytes(smaller) <= room) break;
    smaller = shorten(value, { text, elements: Number.POSITIVE_INFINITY, members: Number.POSITIVE_INFINITY }, 20);
  }
  return smaller;
}

interface Shortening {
  readonly text: number;
  readonly elements: number;
  readonly members: number;
}

function shorten(value: unknown, most: Shortening, depth: number): unknown {
  if (typeof value === 'string') return shortened(value, most.text);
  if (typeof value !== 'object' || value === null) return value;
  if (depth === 0) return shortened(JSON.stringify(value), most.text);
  if (Array.isArray(value)) return value.slice(0, most.elements).map((one) => shorten(one, most, depth - 1));
  const entries = Object.entries(value).slice(0, most.members);
  return Object.fromEntries(entries.map(([key, child]) => [shortened(key, 200), shorten(child, most, depth - 1)]));
}
