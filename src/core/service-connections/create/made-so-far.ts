import { AppError } from '../../base/errors.ts';

/** What exists because of a call, in words, so that a failure can tell it. */
export class MadeSoFar {
  readonly #things = new Map<string, string>();
  readonly #next: string;

  /** `next`: how to go on from what exists. */
  constructor(next: string) {
    this.#next = next;
  }

  /** The same kind of thing replaces what was said about it before. */
  add(kind: string, words: string): void {
    this.#things.set(kind, words);
  }

  /** The failure with what exists and how to go on. Failures before that, and those that are not ours, stay as they are. */
  explain(error: unknown): unknown {
    if (!(error instanceof AppError) || this.#things.size === 0) return error;
    const { message, hint } = error;
    const exists = [...this.#things.values()];
    return error.with({
      message: `${message} There is now ${exists.join('; ')}.`,
      hint:
        hint === undefined
          ? this.#next.replace(/^Then (.)/, (_, first: string) => first.toUpperCase())
          : `${hint} ${this.#next}`,
      detail: { exists },
    });
  }
}
