/** A place in a text, everywhere in the same way: `line:column`, both from 1, as compilers say it. */
export function positionAt(text: string, offset: number): string {
  const before = text.slice(0, offset);
  const line = before.split('\n').length;
  return `${line}:${offset - before.lastIndexOf('\n')}`;
}
