import { AppError, type AppErrorOptions } from '../../base/errors.ts';
import { withoutUndefined } from '../../base/without-undefined.ts';

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
    const { code, message, hint, status, retryable, retryAfterMs, upstream, detail, cause } = error;
    const exists = [...this.#things.values()];
    const options: AppErrorOptions = withoutUndefined({
      hint:
        hint === undefined
          ? this.#next.replace(/^Then (.)/, (_, first: string) => first.toUpperCase())
          : `${hint} ${this.#next}`,
      status,
      retryable,
      retryAfterMs,
      upstream,
      detail: { ...detail, exists },
      cause,
    });
    return new AppError(code, `${message} There is now ${exists.join('; ')}.`, options);
  }
}
