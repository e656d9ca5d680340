const quote = 0x22;
const newline = 0x0a;

/** From this byte on, rows have so many columns. */
export interface RowWidth {
  readonly offset: number;
  readonly columns: number;
}

/**
 * A table whose first rows lack columns that came with later ones: the same with another header, and an empty cell for
 * every column that a row lacks. `widths` begins behind the old header, and goes up.
 */
export async function* widenRows(
  pieces: AsyncIterable<Buffer>,
  widths: readonly RowWidth[],
  { header, columns }: { readonly header: string; readonly columns: number },
): AsyncGenerator<Buffer, void> {
  yield Buffer.from(header, 'utf8');
  const widener = new Widener();
  let position = 0;
  for await (const piece of pieces) {
    for (const [index, width] of widths.entries()) {
      const from = Math.max(0, width.offset - position);
      const to = Math.min(piece.length, (widths[index + 1]?.offset ?? Number.POSITIVE_INFINITY) - position);
      if (from < to) yield widener.widen(piece.subarray(from, to), columns - width.columns);
    }
    position += piece.length;
  }
}

/** Adds cells to rows that come in pieces. */
class Widener {
  #isQuoted = false;

  widen(bytes: Buffer, missing: number): Buffer {
    if (missing === 0) return bytes;
    const cells = Buffer.from(','.repeat(missing));
    const parts: Buffer[] = [];
    let from = 0;
    for (let index = 0; index < bytes.length; index++) {
      const byte = bytes[index];
      if (byte === quote) this.#isQuoted = !this.#isQuoted;
      if (byte !== newline || this.#isQuoted) continue;
      parts.push(bytes.subarray(from, index), cells);
      from = index;
    }
    parts.push(bytes.subarray(from));
    return Buffer.concat(parts);
  }
}
