// Names in the packed catalog are words with spaces: `created date time` is `createdDateTime`. English words pack better
// (the dictionary of brotli knows them), and without their spaces they are the names in lower case.

/** `createdDateTime` to `created date time`. Throws on text that has spaces already. */
export function toSpacedWords(text: string): string {
  if (text.includes(' ')) throw new Error(`A name has a space: ${text.slice(0, 100)}`);
  return text.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

/** The inverse of `toSpacedWords`. */
export function fromSpacedWords(text: string): string {
  return text.replaceAll(/ (.)/g, (_, letter: string) => letter.toUpperCase());
}

/** The name in lower case, without making the name. */
export function lowerName(spaced: string): string {
  return spaced.includes(' ') ? spaced.replaceAll(' ', '') : spaced;
}
