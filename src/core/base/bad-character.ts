/** Stands for any character that a name may have. */
const plain = 'aaa';

/**
 * The first character of a text that a pattern for names forbids, in words; undefined where the pattern is none for
 * names, or something else is wrong with the text.
 */
export function badCharacter(text: string, pattern: RegExp): string | undefined {
  const fits = (character: string) => pattern.test(`${plain}${character}${plain}`);
  if (!fits('a')) return undefined;
  const characters = [...text.slice(0, 1_000)];
  const at = characters.findIndex((character) => !fits(character));
  const bad = characters[at];
  return bad === undefined ? undefined : `the character ${shown(bad)} at position ${at + 1} is not allowed`;
}

/** Quoted; by its number where it cannot be seen. */
function shown(character: string): string {
  const isVisible = character === ' ' || /[^\p{C}\p{Z}\p{M}]/u.test(character);
  const number = character.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0');
  return isVisible ? JSON.stringify(character) : `U+${number}`;
}
