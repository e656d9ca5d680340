import { isRecord } from '../base/guards.ts';

/** Bytes of a value as JSON; what JSON cannot express is null, as it would be in an array. */
export function jsonBytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value) ?? 'null');
}

/** A text of this length is worth leaving out. */
const longText = 200;

/** Ids, names and marks tell what an item is: they stay, however long they are. */
const neverLeftOut = /^@|id$|name$/i;

/** Objects, lists and very long texts may be left out; the rest of an item is what people ask for. */
function mayGo(name: string, value: unknown): boolean {
  if (typeof value === 'string') return value.length > longText && !neverLeftOut.test(name);
  return typeof value === 'object' && value !== null && !name.startsWith('@');
}

/** Nothing is lost with it when it is the same in all items. */
function isEmpty(value: unknown): boolean {
  return value === null || value === '' || (Array.isArray(value) && value.length === 0);
}

export type ListFormat = 'json' | 'csv';

/** What the members of some items take, for choosing those that are left out. */
export class MemberSizes {
  readonly #format: ListFormat;
  readonly #nested = new Map<string, number>();
  readonly #texts = new Map<string, number>();
  readonly #empty = new Set<string>();
  readonly #filled = new Set<string>();
  #bytes = 0;

  constructor(format: ListFormat = 'json') {
    this.#format = format;
  }

  /** Bytes of all items, with the separators between them. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Returns the bytes that are left of the item when everything that may go has gone. */
  add(item: unknown): number {
    const bytes = this.#bytesOf(item);
    this.#bytes += bytes;
    if (!isRecord(item)) return bytes;
    let left = bytes;
    for (const [name, value] of Object.entries(item)) {
      if (isEmpty(value)) {
        this.#empty.add(name);
        left -= this.#memberBytes(name, value);
        continue;
      }
      this.#filled.add(name);
      if (!mayGo(name, value)) continue;
      const size = this.#memberBytes(name, value);
      const sizes = typeof value === 'string' ? this.#texts : this.#nested;
      sizes.set(name, (sizes.get(name) ?? 0) + size);
      left -= size;
    }
    return left;
  }

  #bytesOf(item: unknown): number {
    if (this.#format === 'json' || !isRecord(item)) return jsonBytes(item) + 1;
    return Object.entries(item).reduce((sum, [name, value]) => sum + this.#memberBytes(name, value), 2);
  }

  /** A table repeats no names. What it takes exactly is seen when it is written; this is for choosing. */
  #memberBytes(name: string, value: unknown): number {
    return this.#format === 'json' ? jsonBytes(name) + jsonBytes(value) + 2 : jsonBytes(value) + 1;
  }

  /** Members that may be left out: nested ones, the largest first, and then long texts. */
  largestFirst(): readonly string[] {
    const sorted = (sizes: ReadonlyMap<string, number>) => [...sizes].sort((a, b) => b[1] - a[1]).map(([name]) => name);
    return [...new Set([...sorted(this.#nested), ...sorted(this.#texts)])];
  }

  /** Members that are null or empty in all items. */
  emptyInAll(): readonly string[] {
    return [...this.#empty].filter((name) => !this.#filled.has(name) && !neverLeftOut.test(name));
  }

  bytesOf(name: string): number {
    return (this.#nested.get(name) ?? 0) + (this.#texts.get(name) ?? 0);
  }

  /** The first of `largestFirst` without which the items have at most `room` bytes; undefined when that is too little. */
  leaveOut(room: number): readonly string[] | undefined {
    const names: string[] = [];
    let left = this.#bytes;
    for (const name of this.largestFirst()) {
      if (left <= room) break;
      names.push(name);
      left -= this.bytesOf(name);
    }
    return left <= room ? names : undefined;
  }

  /** Percent of all bytes, by name. */
  shares(names: readonly string[]): Readonly<Record<string, number>> {
    const percent = (name: string) => Math.max(1, Math.round((100 * this.bytesOf(name)) / Math.max(1, this.#bytes)));
    return Object.fromEntries(names.map((name) => [name, percent(name)]));
  }
}

/** The item without some members. */
export function withoutMembers(item: unknown, names: readonly string[]): unknown {
  if (names.length === 0 || !isRecord(item)) return item;
  return Object.fromEntries(Object.entries(item).filter(([name]) => !names.includes(name)));
}

/** The item with only what never goes and what is short. */
export function withoutAllThatMayGo(item: unknown): unknown {
  if (!isRecord(item)) return item;
  return Object.fromEntries(Object.entries(item).filter(([name, value]) => !mayGo(name, value)));
}

/** How many of the first items fit `room` bytes of JSON; at least one when there is one. */
export function fittingItems(items: readonly unknown[], room: number): number {
  let bytes = 0;
  for (const [index, item] of items.entries()) {
    bytes += jsonBytes(item) + 1;
    if (bytes > room && index > 0) return index;
  }
  return items.length;
}
