const initialSlots = 1024;

/** A set of texts that remembers 8 bytes for each: 100,000 ids take 2 MiB, whatever their length. */
export class TextSet {
  #slots = new Uint32Array(initialSlots * 2);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /**
   * Adds a text; false when it was there. Compares 64 bits of it: two texts of a list of a million share them with a
   * chance of one in forty million. Runs for every item of every list, hence two characters at a time and no helpers.
   */
  add(text: string): boolean {
    if (this.#size * 4 >= this.#slots.length) this.#grow();
    const { length } = text;
    let high = 0xdeadbeef ^ length;
    let low = 0x41c6ce57;
    for (let at = 0; at < length; at += 2) {
      // Past the end charCodeAt gives NaN, which counts as 0 here.
      const pair = text.charCodeAt(at) | (text.charCodeAt(at + 1) << 16);
      high = Math.imul(high ^ pair, 2654435761);
      low = ((low << 7) | (low >>> 25)) + (pair ^ (high >>> 15));
    }
    high = Math.imul(high ^ (high >>> 16), 2246822507) ^ low;
    low = Math.imul(low ^ (low >>> 15), 3266489909);
    low ^= low >>> 13;
    return this.#insert(high >>> 0, low >>> 0 || 1);
  }

  clear(): void {
    this.#slots = new Uint32Array(initialSlots * 2);
    this.#size = 0;
  }

  /** A slot is two numbers; the second is never 0, which marks a free one. */
  #insert(high: number, low: number): boolean {
    const slots = this.#slots;
    const mask = slots.length - 1;
    for (let slot = (low << 1) & mask; ; slot = (slot + 2) & mask) {
      const taken = slots[slot + 1];
      if (taken === 0) {
        slots[slot] = high;
        slots[slot + 1] = low;
        this.#size += 1;
        return true;
      }
      if (taken === low && slots[slot] === high) return false;
    }
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new Uint32Array(old.length * 4);
    this.#size = 0;
    for (let at = 0; at < old.length; at += 2) {
      const low = old[at + 1] ?? 0;
      if (low !== 0) this.#insert(old[at] ?? 0, low);
    }
  }
}

/** Ids this long are unique wherever they come from; shorter ones (counters, times) only within their parent. */
const uniqueIdLength = 32;

/** Recognises items of a list that were there before. Items without an id are never recognised. */
export class ItemSet {
  readonly #texts = new TextSet();

  /** Whether any item had an id, so that repeats can be told at all. */
  get canTell(): boolean {
    return this.#texts.size > 0;
  }

  /** Adds an item; false when it was there. */
  add(item: unknown): boolean {
    const id = typeof item === 'object' && item !== null && 'id' in item ? item.id : undefined;
    if (typeof id === 'string' && id.length >= uniqueIdLength) return this.#texts.add(id);
    return id === undefined || id === null || this.#texts.add(JSON.stringify(item));
  }
}
