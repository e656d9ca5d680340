/**
 * Characters that a person cannot see and a model can: format controls, tags, fillers. Joiners stay where a script or
 * an emoji needs them, and so do the two variation selectors that choose between text and emoji.
 * Source: Unicode property Default_Ignorable_Code_Point, with bidirectional controls.
 */
const invisible =
  /(?![\ufe0e\ufe0f])(?!(?<=(?!\p{Script=Latin})[\p{L}\p{M}]|\p{Extended_Pictographic}|\ufe0f|[\u{1f3fb}-\u{1f3ff}])[\u200c\u200d](?=\p{L}|\p{Extended_Pictographic}))\p{Default_Ignorable_Code_Point}/gu;

const mayBeInvisible = /\p{Default_Ignorable_Code_Point}/u;

/** The text without invisible characters; the same string when it has none. */
export function withoutInvisible(text: string): string {
  return mayBeInvisible.test(text) ? text.replace(invisible, '') : text;
}
