/** Replaces the text between `<!-- generated:name -->` and `<!-- /generated:name -->`; throws when the marks are missing. */
export function replaceSection(document: string, name: string, content: string): string {
  const open = `<!-- generated:${name} -->`;
  const close = `<!-- /generated:${name} -->`;
  const start = document.indexOf(open);
  const end = document.indexOf(close);
  if (start < 0 || end < start) throw new Error(`The marks ${open} and ${close} are missing or swapped.`);
  return `${document.slice(0, start)}${open}\n\n${content.trim()}\n\n${document.slice(end)}`;
}

/** A Markdown table; pipes and line breaks in cells are escaped. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll(/\s*\n\s*/g, ' ')).join(' | ')} |`;
  return [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n');
}
