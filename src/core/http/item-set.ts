/** 64 bits of a text; two texts of a list of a million share them with a chance of one in forty million. */
function fingerprint(text: string): readonly [number, number] {
  let high = 0xdeadbeef;
  let low = 0x41c6ce57;
  const { length } = text;
  // Two characters at a time: lists are long, and this runs for every item.
  for (let at = 0; at + 1 < length; at += 2) {
    const pair = text.charCodeAt(at) | (text.charCodeAt(at + 1) << 16);
    high = Math.imul(high ^ pair, 2654435761);
    high ^= high >>> 15;
    low = Math.imul(low ^ pair, 1597334677);
    low ^= low >>> 13;
  }
  if (length % 2 === 1) {
    high = Math.imul(high ^ text.charCodeAt(length - 1), 2654435761);
    low = Math.imul(low ^ text.charCodeAt(length - 1), 1597334677);
  }
  high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909);
  low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909);
  return [high >>> 0, low >>> 0 || 1];
}

const initialSlots = 1024;

/** A set of texts that remembers 8 bytes for each: 100,000 ids take 2 MiB, whatever their length. */
export class TextSet {
  #slots = new Uint32Array(initialSlots * 2);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Adds a text; false when it was there. */
  add(text: string): boolean {
    if (this.#size * 2 >= this.#slots.length / 2) {
      this.#grow();
    }
    const [high, low] = fingerprint(text);
    return this.#insert(high, low);
  }

  clear(): void {
    this.#slots = new Uint32Array(initialSlots * 2);
    this.#size = 0;
  }

  /** A slot is two numbers; the second is never 0, which marks a free one. */
  #insert(high: number, low: number): boolean {
    const slots = this.#slots;
    const mask = slots.length / 2 - 1;
    for (let slot = low & mask; ; slot = (slot + 1) & mask) {
      const taken = slots[slot * 2 + 1];
      if (taken === 0) {
        slots[slot * 2] = high;
        slots[slot * 2 + 1] = low;
        this.#size += 1;
        return true;
      }
      if (taken === low && slots[slot * 2] === high) {
        return false;
      }
    }
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new Uint32Array(old.length * 2);
    this.#size = 0;
    for (let at = 0; at < old.length; at += 2) {
      const low = old[at + 1] ?? 0;
      if (low !== 0) {
        this.#insert(old[at] ?? 0, low);
      }
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
    if (typeof id === 'string' && id.length >= uniqueIdLength) {
      return this.#texts.add(id);
    }
    return id === undefined || id === null || this.#texts.add(JSON.stringify(item));
  }
}
