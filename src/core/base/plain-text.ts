/**
 * No controls, line separators, broken Unicode, or format characters that turn or hide text. Joiners are allowed:
 * scripts and emoji need them.
 */
export const plainLine = /^(?:[^\p{Cc}\p{Zl}\p{Zp}\p{Cs}\p{Cf}]|[\u200c\u200d])*$/u;

/** Whether a text is one line without hidden characters. */
export function isPlainLine(text: string): boolean {
  return plainLine.test(text);
}

/** The same for a text of several lines. */
export function isPlainText(text: string): boolean {
  return isPlainLine(text.replaceAll(/[\t\n\r]/g, ' '));
}

/** Longest name that is quoted in full. */
const longestName = 100;

/**
 * Names of things in the tenant, for a message: quoted, without invisible characters, and cut. Other people choose them,
 * so they must not appear in a hint.
 */
export function quoteNames(names: readonly string[]): string {
  return names.map(quoteName).join(', ');
}

function quoteName(name: string): string {
  const visible = name.slice(0, longestName + 1).replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '');
  return JSON.stringify(visible.length > longestName ? `${visible.slice(0, longestName)}…` : visible);
}

/** A line for a person to decide on: nothing in it can start a new line, move the cursor, or be invisible. */
export function visibleLine(text: string): string {
  const oneLine = text.toWellFormed().replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ');
  return oneLine.replace(/[\p{Cf}\p{Co}\p{Cn}\p{Default_Ignorable_Code_Point}]/gu, '');
}

/** A name or value in backticks, which nothing in it can close. */
export function inBackticks(text: string): string {
  return `\`${visibleLine(text).replaceAll('`', "'")}\``;
}

/** Characters that every pattern for names accepts. */
const anyCharacters = 'aaa';

/**
 * The first character of a text that a pattern for names forbids, in words; undefined when the pattern is not for names or
 * something else is wrong with the text.
 */
export function badCharacter(text: string, pattern: RegExp): string | undefined {
  const fits = (character: string) => pattern.test(`${anyCharacters}${character}${anyCharacters}`);
  if (!fits('a')) return undefined;
  const characters = [...text.slice(0, 1_000)];
  const at = characters.findIndex((character) => !fits(character));
  const bad = characters[at];
  return bad === undefined ? undefined : `the character ${shown(bad)} at position ${at + 1} is not allowed`;
}

/** Quoted, or by its number when it is invisible. */
function shown(character: string): string {
  const isVisible = character === ' ' || /[^\p{C}\p{Z}\p{M}]/u.test(character);
  const number = character.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0');
  return isVisible ? JSON.stringify(character) : `U+${number}`;
}
