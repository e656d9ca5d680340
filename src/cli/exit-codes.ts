/** Exit codes of the process (docs/command-line.md). */
export const exitCodes = { success: 0, toolError: 1, usage: 2, interrupted: 3 } as const;

/** The command line is wrong: exit code 2, with an example of correct use. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly example: string;

  constructor(message: string, example: string) {
    super(message);
    this.example = example;
  }
}

/** For an unknown word: suggests the one that was probably meant. */
export async function unknownWord(
  kind: 'command' | 'tool',
  word: string,
  known: readonly string[],
  example: string,
): Promise<UsageError> {
  // Loaded when something is wrong.
  const { nearest } = await import('../core/base/nearest.ts');
  const meant = nearest(word, known);
  const end = meant === undefined ? '.' : `; did you mean ${meant}?`;
  return new UsageError(`There is no ${kind} ${JSON.stringify(word.slice(0, 100))}${end}`, example);
}
