/** A place in a text, in the same words everywhere: lines and columns count from 1. */
export function placeAt(line: number, column: number): string {
  return `line ${line}, column ${column}`;
}

export function positionAt(text: string, offset: number): string {
  const before = text.slice(0, offset);
  return placeAt(before.split('\n').length, offset - before.lastIndexOf('\n'));
}
