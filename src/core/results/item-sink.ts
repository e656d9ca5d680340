import type { ResultStore, ResultWriter } from '../storage/result-store.ts';
import type { Rooms } from './answer-budget.ts';
import { collectColumns } from './csv.ts';
import { type ListFormat, MemberSizes, withoutAllThatMayGo } from './member-sizes.ts';

/** What went in, and where all of it is when it does not fit. */
export interface SunkItems {
  /** All items, those beyond the limit too. */
  readonly items: number;
  /** The first items, as many as an answer can be chosen from. */
  readonly head: readonly unknown[];
  /** The head has all items that were asked for. */
  readonly isAll: boolean;
  /** Names of members that the head lacks because the whole would have been too much to hold. */
  readonly dropped: MemberSizes | undefined;
  readonly columns: readonly string[];
  /** A page was larger than a stored result may be: its last items are in no place. */
  readonly isCut: boolean;
}

export interface ItemSinkOptions {
  /** Whose the list is. */
  readonly caller: string;
  readonly rooms: Rooms;
  readonly format: ListFormat;
  /** The caller has named the members: rows go, and no columns. */
  readonly namesMembers: boolean;
  /** Everything is in memory already, so nothing is gained by letting go of parts of it. */
  readonly holdsAll?: boolean;
}

/** A page, or lines of items, that waits for its place in a stored result. */
type Parcel = { readonly json: Buffer; readonly count: number } | { readonly lines: readonly string[] };

/** Most bytes of a list that are held while it is open whether it can be shown without its largest members. */
const mostHeld = 1024 * 1024;

/**
 * Takes items page by page. While all of them might still be shown, if only without their largest members, they stay in
 * memory; from then on they go to a stored result, and only those that may be shown are kept.
 */
export class ItemSink {
  readonly #store: ResultStore;
  readonly #options: ItemSinkOptions;
  readonly #columns = new Set<string>();
  readonly #sizes: MemberSizes;
  #items = 0;
  #head: unknown[] = [];
  /** Bytes of the head without all that may be left out. */
  #least = 0;
  #isSample = false;
  #isBare = false;
  #parcels: Parcel[] = [];
  #waiting = 0;
  #writer: ResultWriter | undefined;
  #isCut = false;

  constructor(store: ResultStore, options: ItemSinkOptions) {
    this.#store = store;
    this.#options = options;
    this.#sizes = new MemberSizes(options.format);
  }

  get count(): number {
    return this.#items;
  }

  /**
   * `json` is the page that the items are the `value` of, where there is one. Resolves false, and takes nothing, when the
   * stored result has no room for the page.
   */
  async add(items: readonly unknown[], json?: Buffer): Promise<boolean> {
    const parcel: Parcel = json === undefined ? { lines: items.map(toLine) } : { json, count: items.length };
    const bytes = bytesOf(parcel);
    if (!this.#writer && this.#waiting > 0 && this.#waiting + bytes > mostHeld) await this.#startStoring();
    if (this.#writer && bytes > this.#writer.left && this.#items > 0) return false;
    this.#items += items.length;
    if (this.#options.format === 'csv') collectColumns(this.#columns, items);
    for (const item of items) {
      if (this.#isSample) break;
      this.#look(item);
    }
    if (this.#writer) {
      await this.#write(this.#writer, parcel);
    } else {
      this.#parcels.push(parcel);
      this.#waiting += bytes;
      if (this.#isSample) await this.#startStoring();
    }
    return true;
  }

  /** Ends the intake. `beyond` are items that the caller did not ask to see yet: they are stored for a cursor. */
  async finish(beyond: readonly unknown[]): Promise<SunkItems> {
    if (this.#options.format === 'csv') collectColumns(this.#columns, beyond);
    if (beyond.length > 0) {
      await this.#startStoring();
      if (this.#writer) await this.#write(this.#writer, { lines: beyond.map(toLine) });
    }
    this.#items += beyond.length;
    return {
      items: this.#items,
      head: this.#head,
      isAll: !this.#isSample,
      dropped: this.#isBare ? this.#sizes : undefined,
      columns: [...this.#columns],
      isCut: this.#isCut,
    };
  }

  /** The stored result with everything that went in; call `finish` on it. */
  async stored(): Promise<ResultWriter> {
    const writer = await this.#startStoring();
    return writer;
  }

  /** Whether something is stored already. */
  get isStored(): boolean {
    return this.#writer !== undefined;
  }

  async discard(): Promise<void> {
    await this.#writer?.discard();
  }

  /** Keeps the item while it may be shown. */
  #look(item: unknown): void {
    const { rooms, namesMembers, holdsAll = false } = this.#options;
    const before = this.#sizes.bytes;
    const least = this.#sizes.add(item);
    this.#least += namesMembers ? this.#sizes.bytes - before : least;
    this.#head.push(this.#isBare ? withoutAllThatMayGo(item) : item);
    if (holdsAll) return;
    if (this.#least > rooms.whole) {
      this.#isSample = true;
      this.#head = this.#head.slice(0, this.#sampleSize());
    } else if (!this.#isBare && !namesMembers && this.#sizes.bytes > mostHeld) {
      this.#isBare = true;
      this.#head = this.#head.map(withoutAllThatMayGo);
    }
  }

  /** How many items of the head a sample can have at most. */
  #sampleSize(): number {
    const sizes = new MemberSizes(this.#options.format);
    let least = 0;
    for (const [index, item] of this.#head.entries()) {
      least += sizes.add(item);
      if (least > this.#options.rooms.rows && index > 0) return index;
    }
    return this.#head.length;
  }

  async #startStoring(): Promise<ResultWriter> {
    if (this.#writer) return this.#writer;
    const writer = await this.#store.create(this.#options.caller);
    this.#writer = writer;
    for (const parcel of this.#parcels) await this.#write(writer, parcel);
    this.#parcels = [];
    this.#waiting = 0;
    return writer;
  }

  /** Of what the stored result has no room for, the first items are written, and the rest is given up. */
  async #write(writer: ResultWriter, parcel: Parcel): Promise<void> {
    if (bytesOf(parcel) <= writer.left) {
      await ('json' in parcel ? writer.appendPage(parcel.json, parcel.count) : writer.append(parcel.lines));
      return;
    }
    this.#isCut = true;
    const lines = 'lines' in parcel ? parcel.lines : linesOf(parcel.json);
    let end = 0;
    for (let left = writer.left; end < lines.length; end++) {
      left -= Buffer.byteLength(lines[end] ?? '') + 1;
      if (left < 0) break;
    }
    await writer.append(lines.slice(0, end));
    this.#items -= lines.length - end;
  }
}

function bytesOf(parcel: Parcel): number {
  return 'json' in parcel
    ? parcel.json.length
    : parcel.lines.reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0);
}

function linesOf(json: Buffer): readonly string[] {
  // The page was parsed, and its items counted, before it came here.
  const { value } = JSON.parse(json.toString('utf8')) as { value: unknown[] };
  return value.map(toLine);
}

/** An item that JSON cannot express (undefined from a projection) is null, as it would be in an array. */
function toLine(item: unknown): string {
  return JSON.stringify(item) ?? 'null';
}
