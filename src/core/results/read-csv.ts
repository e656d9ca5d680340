/** The cells of a text, row by row, as RFC 4180 writes them. Line ends may be of either kind. */
export function readCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let position = 0;
  while (position < text.length || row.length > 0) {
    const { cell, end } = text[position] === '"' ? quotedCell(text, position) : plainCell(text, position);
    row.push(cell);
    position = end + 1;
    if (text[end] === ',') continue;
    rows.push(row);
    row = [];
    if (text.startsWith('\r\n', end)) position += 1;
  }
  return rows;
}

interface ReadCell {
  readonly cell: string;
  /** Where its comma or line end is, or the end of the text. */
  readonly end: number;
}

function plainCell(text: string, start: number): ReadCell {
  let end = start;
  while (end < text.length && !',\r\n'.includes(text[end] ?? '')) end += 1;
  return { cell: text.slice(start, end), end };
}

function quotedCell(text: string, start: number): ReadCell {
  let close = text.indexOf('"', start + 1);
  while (close >= 0 && text[close + 1] === '"') close = text.indexOf('"', close + 2);
  const to = close < 0 ? text.length : close;
  const { cell: rest, end } = plainCell(text, to + 1);
  return { cell: text.slice(start + 1, to).replaceAll('""', '"') + rest, end: Math.min(end, text.length) };
}

/** The rows of a table as items, by the names of its header; undefined where the text is no table. */
export function itemsOfCsv(text: string): readonly Readonly<Record<string, string>>[] | undefined {
  const [header = [], ...rows] = readCsv(text.replace(/^\ufeff/, ''));
  const isTable = header.length > 1 && new Set(header).size === header.length && rows.length > 0;
  if (!isTable || rows.some((row) => row.length !== header.length)) return undefined;
  return rows.map((row) => Object.fromEntries(header.map((name, place) => [name, row[place] ?? ''])));
}
