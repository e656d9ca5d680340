/** The command line was used wrongly: exit code 2, with what would be right. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly example: string;

  constructor(message: string, example: string) {
    super(message);
    this.example = example;
  }
}
