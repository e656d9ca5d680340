import { cleanText } from './clean-text.ts';

/**
 * No controls, line separators, broken Unicode or its replacement, or format characters that turn or hide text. Joiners are allowed:
 * scripts and emoji need them.
 */
export const plainLine = /^(?:[^\p{Cc}\p{Zl}\p{Zp}\p{Cs}\p{Cf}\ufffd]|[\u200c\u200d])*$/u;

/** Whether a text is one line without hidden characters. */
export function isPlainLine(text: string): boolean {
  return plainLine.test(text);
}

/** The same for a text of several lines. */
export function isPlainText(text: string): boolean {
  return isPlainLine(text.replaceAll(/[\t\n\r]/g, ' '));
}

/** Longest text that is quoted in full, where the caller does not say otherwise. */
const longestQuote = 200;

/**
 * A text that the service or somebody in the tenant chose, for a sentence of ours: in backticks, which nothing in it can
 * close, on one line, without hidden characters, and cut. The only way for such a text into a message, hint or note.
 */
export function quoted(text: string | undefined, longest = longestQuote): string {
  if (text === undefined || text === '') return '(none)';
  // Cut first, so that the work does not grow with what a service sends.
  const line = text
    .slice(0, longest * 2 + 1)
    .replace(/[\t\n\r\u2028\u2029]+/g, ' ')
    .replace(/[\p{Cc}\p{Cs}]/gu, '')
    .replaceAll('`', "'");
  const { text: visible } = cleanText(line.trim());
  const shown = visible.length > longest ? `${visible.slice(0, longest).toWellFormed()}…` : visible;
  return `\`${shown}\``;
}

/** Several of them, separated by commas. */
export function quoteNames(names: readonly string[]): string {
  return names.map((name) => quoted(name, longestName)).join(', ');
}

const longestName = 100;

/** Names that stand for all of them in an answer. */
const mostNames = 5;

/** The same for lists that may be long: the first of them, and how many more there are. */
export function quoteFewNames(names: readonly string[]): string {
  const more = names.length - mostNames;
  return `${quoteNames(names.slice(0, mostNames))}${more > 0 ? ` and ${more} more` : ''}`;
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
