import { AppError, endedBy } from '../base/errors.ts';

export interface MadeSoFarOptions {
  /** Begins the sentence about what exists: `There is now`. */
  readonly intro: string;
  /** Between two things: `; `. */
  readonly separator: string;
  /** How to go on from what exists, after another hint. */
  readonly next: string;
  /** The same without another hint. Default: `next` without the `Then` that it begins with. */
  readonly nextAlone?: string;
}

/** What exists because of a call, in words, so that a failure half-way can report it. */
export class MadeSoFar {
  readonly #things = new Map<string, string>();
  readonly #options: MadeSoFarOptions;

  constructor(options: MadeSoFarOptions) {
    this.#options = options;
  }

  /** Replaces what was said about the same kind before. */
  add(kind: string, words: string): void {
    this.#things.set(kind, words);
  }

  /**
   * Why the call really ended, with what exists and how to go on. Failures before that and unexpected errors stay
   * as they are. `facts` go into the detail; default: the words.
   */
  explain(error: unknown, signal: AbortSignal, facts?: Readonly<Record<string, unknown>>): unknown {
    const failure = endedBy(error, signal);
    if (!(failure instanceof AppError) || this.#things.size === 0) return failure;
    const { intro, separator, next, nextAlone = startWithCapital(next) } = this.#options;
    const exists = [...this.#things.values()];
    return failure.with({
      message: `${sentence(failure.message)} ${intro} ${exists.join(separator)}.`,
      hint: failure.hint === undefined ? nextAlone : `${sentence(failure.hint)} ${next}`,
      detail: facts ?? { exists },
    });
  }
}

function startWithCapital(next: string): string {
  return next.replace(/^Then (.)/, (_, first: string) => first.toUpperCase());
}

function sentence(text: string): string {
  return text === '' || /[.!?]$/.test(text) ? text : `${text}.`;
}
