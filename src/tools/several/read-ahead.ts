/** Bytes of pages that wait for their turn, of all connections together. */
const mostBytes = 32 * 1024 * 1024;

/**
 * Room for pages that were read while an earlier connection is not done. Where it is full, the connections behind wait with
 * the page that they have: memory does not grow with the length of the lists.
 */
export class ReadAhead {
  #left: number;
  #freed = Promise.withResolvers<void>();

  constructor(bytes: number = mostBytes) {
    this.#left = bytes;
  }

  /** Takes room for a page; false, and takes none, where it is too large for what is left. */
  take(bytes: number): boolean {
    if (bytes > this.#left) return false;
    this.#left -= bytes;
    return true;
  }

  give(bytes: number): void {
    this.#left += bytes;
    this.wake();
  }

  /** Lets those that wait look again. */
  wake(): void {
    this.#freed.resolve();
    this.#freed = Promise.withResolvers<void>();
  }

  /** Resolves when there may be more room than now. */
  freed(): Promise<void> {
    return this.#freed.promise;
  }
}
