import stringWidth from 'string-width';
import { shownLine } from '../../core/base/clean-text.ts';

/** Between two columns. */
const gap = 2;
/** No column is cut below this. */
const narrowest = 8;
/** Nor a name below this, and an id below the length of a GUID: part of one is of no use. */
const narrowestOf: Readonly<Record<string, number>> = { id: 36, displayName: 20, name: 20 };

export interface TableOptions {
  /** Columns of the terminal; undefined where nothing limits a line. */
  readonly width?: number | undefined;
}

/**
 * Rows as aligned columns below their titles. Cells may be text of strangers: each is one line, and nothing in it moves the
 * cursor. What is too wide ends with an ellipsis; columns at the end that do not fit at all are named below.
 */
export function textTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  { width }: TableOptions = {},
): string {
  const lines = [header, ...rows].map((cells) => header.map((_, column) => shownLine(cells[column] ?? '')));
  const widest = header.map((_, column) => Math.max(...lines.map((cells) => stringWidth(cells[column] ?? ''))));
  const least = header.map((name, column) => Math.min(widest[column] ?? 0, leastOf(name)));
  const widths = width === undefined ? widest : columnWidths(widest, least, width);
  const text = lines.map((cells) =>
    widths
      .map((columns, column) => padded(cells[column] ?? '', columns))
      .join(' '.repeat(gap))
      .trimEnd(),
  );
  const left = header.slice(widths.length);
  return [...text, ...(left.length === 0 ? [] : ['', `Columns not shown: ${left.join(', ')}.`])].join('\n');
}

/** One line within the width, with an ellipsis where it was cut. */
export function cutLine(text: string, width: number | undefined): string {
  const line = shownLine(text);
  if (width === undefined || stringWidth(line) <= width) return line;
  let [cut, columns] = ['', 0];
  for (const { segment } of new Intl.Segmenter().segment(line)) {
    columns += stringWidth(segment);
    if (columns > width - 1) break;
    cut += segment;
  }
  return `${cut.trimEnd()}…`;
}

/** What a terminal shows on one line; undefined where the output goes elsewhere. */
export function widthOf({ isTTY, columns }: Pick<NodeJS.WriteStream, 'isTTY' | 'columns'>): number | undefined {
  return isTTY ? columns || 80 : undefined;
}

function leastOf(name: string): number {
  return Object.hasOwn(narrowestOf, name) ? (narrowestOf[name] ?? narrowest) : narrowest;
}

function padded(text: string, columns: number): string {
  const cut = cutLine(text, columns);
  return cut + ' '.repeat(columns - stringWidth(cut));
}

/** As many of the first columns as fit at their narrowest; what is left over goes to those that need more. */
function columnWidths(widest: readonly number[], least: readonly number[], width: number): readonly number[] {
  const total = (columns: readonly number[]) => columns.reduce((sum, one) => sum + one + gap, -gap);
  let shown = widest.length;
  while (shown > 1 && total(least.slice(0, shown)) > width) shown -= 1;
  const widths = least.slice(0, shown);
  for (let spare = width - total(widths); spare > 0; spare -= 1) {
    const next = narrowestWanting(widths, widest);
    if (next === undefined) break;
    widths[next] = (widths[next] ?? 0) + 1;
  }
  return widths;
}

function narrowestWanting(widths: readonly number[], widest: readonly number[]): number | undefined {
  const wanting = widths.flatMap((columns, column) => (columns < (widest[column] ?? 0) ? [{ columns, column }] : []));
  return wanting.sort((a, b) => a.columns - b.columns)[0]?.column;
}
