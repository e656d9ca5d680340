/**
 * Controls, line separators, broken Unicode, and format characters that turn or hide text. Joiners stay: scripts and
 * emoji need them.
 */
const notOnALine = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]|(?![\u200c\u200d])\p{Cf}/u;

/** Whether a text is one line that shows all that is in it. */
export function isPlainLine(text: string): boolean {
  return !notOnALine.test(text);
}

/** The same for a text of several lines. */
export function isPlainText(text: string): boolean {
  return isPlainLine(text.replaceAll(/[\t\n\r]/g, ' '));
}
