import { delay } from '../base/delay.ts';

/** Lines that wait while they cannot be written; older ones are given up. */
const mostWaiting = 10_000;

interface Waiting {
  readonly line: string;
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

export interface GatheredLinesOptions {
  /** How long lines are gathered for one write, in milliseconds. */
  readonly gatherMs: number;
  /** Writes some lines in their order, all or none. */
  readonly write: (lines: readonly string[]) => Promise<void>;
}

/** Gathers the lines of a log for a moment, so that writing costs next to nothing for each of many calls. */
export class GatheredLines {
  readonly #options: GatheredLinesOptions;
  /** Aborts when nobody should wait for more lines. */
  readonly #closing = new AbortController();
  #waiting: Waiting[] = [];
  #writing: Promise<void> | undefined;

  constructor(options: GatheredLinesOptions) {
    this.#options = options;
  }

  /** Resolves when the line is written. */
  add(line: string): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#waiting.push({ line, done: resolve, failed: reject });
    if (this.#waiting.length > mostWaiting) this.#waiting.shift()?.failed(new Error('Too many lines wait.'));
    this.#writing ??= this.#writeAll();
    return promise;
  }

  /** Writes what waits, without gathering more. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#writing;
  }

  async #writeAll(): Promise<void> {
    const { gatherMs, write } = this.#options;
    await delay(gatherMs, this.#closing.signal).catch(() => undefined);
    while (this.#waiting.length > 0) {
      const lines = this.#waiting;
      this.#waiting = [];
      try {
        await write(lines.map(({ line }) => line));
        for (const { done } of lines) done();
      } catch (error) {
        for (const { failed } of lines) failed(error);
      }
    }
    this.#writing = undefined;
  }
}
