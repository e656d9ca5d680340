/**
 * Controls, line separators, broken Unicode, and format characters that turn or hide text. Joiners stay: scripts and
 * emoji need them.
 */
const notOnALine = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]|(?![\u200c\u200d])\p{Cf}/u;

/** Whether a text is one line without hidden characters. */
export function isPlainLine(text: string): boolean {
  return !notOnALine.test(text);
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
