export interface LineReaderOptions {
  readonly onLine: (line: Buffer) => void;
  /** Told once of a line that is too long, when it ends; with its beginning. */
  readonly onTooLong: (head: Buffer, most: number) => void;
  /** Longest line in bytes. Default 10 MiB. */
  readonly most?: number;
}

const headBytes = 1024;

/** Cuts a stream of bytes into lines. A line that is too long is passed over without being kept. */
export class LineReader {
  readonly #options: LineReaderOptions;
  readonly #most: number;
  /** What came of the line that has not ended yet; of one that is too long, its beginning. */
  #parts: Buffer[] = [];
  #sizeBytes = 0;

  constructor(options: LineReaderOptions) {
    this.#options = options;
    this.#most = options.most ?? 10 * 1_048_576;
  }

  push(chunk: Buffer): void {
    let from = 0;
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, from)) {
      this.#keep(chunk.subarray(from, at));
      from = at + 1;
      this.#end();
    }
    this.#keep(chunk.subarray(from));
  }

  #keep(part: Buffer): void {
    if (part.length === 0) return;
    const wasTooLong = this.#sizeBytes > this.#most;
    this.#sizeBytes += part.length;
    if (wasTooLong) return;
    this.#parts.push(part);
    // A copy: a part of it would keep all of the line.
    if (this.#sizeBytes > this.#most) this.#parts = [Buffer.from(Buffer.concat(this.#parts).subarray(0, headBytes))];
  }

  #end(): void {
    const line = this.#parts.length === 1 && this.#parts[0] ? this.#parts[0] : Buffer.concat(this.#parts);
    const isTooLong = this.#sizeBytes > this.#most;
    this.#parts = [];
    this.#sizeBytes = 0;
    if (isTooLong) {
      this.#options.onTooLong(line, this.#most);
    } else {
      this.#options.onLine(line);
    }
  }
}
