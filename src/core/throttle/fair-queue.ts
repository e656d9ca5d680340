/** A queue with one line for each caller; the lines are served in turn, and replays before everybody. */
export class FairQueue<Item> {
  readonly #replays: Item[] = [];
  /** In the order in which the callers are served next. */
  readonly #lines = new Map<string, Item[]>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(item: Item, caller: string, isReplay: boolean): void {
    this.#size += 1;
    if (isReplay) {
      this.#replays.push(item);
      return;
    }
    const line = this.#lines.get(caller);
    if (line === undefined) {
      this.#lines.set(caller, [item]);
    } else {
      line.push(item);
    }
  }

  /** Who is next; stays in the queue. */
  peek(): Item | undefined {
    const [replay] = this.#replays;
    if (replay !== undefined) return replay;
    for (const line of this.#lines.values()) {
      return line[0];
    }
    return undefined;
  }

  /** Takes the one that `peek` shows; its caller goes to the end. */
  shift(): Item | undefined {
    if (this.#size === 0) return undefined;
    this.#size -= 1;
    if (this.#replays.length > 0) return this.#replays.shift();
    for (const [caller, line] of this.#lines) {
      const item = line.shift();
      this.#lines.delete(caller);
      if (line.length > 0) this.#lines.set(caller, line);
      return item;
    }
    return undefined;
  }

  /** Takes somebody out who no longer wants to wait. */
  remove(item: Item, caller: string): void {
    const line = this.#replays.includes(item) ? this.#replays : this.#lines.get(caller);
    const at = line?.indexOf(item) ?? -1;
    if (line === undefined || at < 0) return;
    line.splice(at, 1);
    this.#size -= 1;
    if (line.length === 0) this.#lines.delete(caller);
  }

  /** Everybody who waits, in no particular order. */
  items(): Item[] {
    return [...this.#replays, ...[...this.#lines.values()].flat()];
  }

  /** Empties the queue. */
  drain(): Item[] {
    const items: Item[] = [];
    for (let item = this.shift(); item !== undefined; item = this.shift()) {
      items.push(item);
    }
    return items;
  }
}
