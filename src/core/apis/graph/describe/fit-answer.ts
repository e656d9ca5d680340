/** Room of an answer, in characters of JSON: below 1,500 tokens, names of properties being dense. */
const mostCharacters = 4_000;

/** How many names each list of an answer may have, from generous to scarce. */
const sizes = [60, 40, 28, 20, 14, 9, 5, 3, 1] as const;

/** The fullest answer that fits: `build` is asked for one with ever shorter lists. */
export function fitAnswer<Answer extends object>(build: (most: number) => Answer): Answer {
  let answer = build(sizes[0]);
  for (const most of sizes.slice(1)) {
    if (JSON.stringify(answer).length <= mostCharacters) break;
    answer = build(most);
  }
  return answer;
}

/** The first `most` names, and how many more there are where some are left out. */
export function shortened(names: readonly string[], most: number): readonly string[] {
  return names.length <= most ? names : [...names.slice(0, most), `+${names.length - most} more`];
}
