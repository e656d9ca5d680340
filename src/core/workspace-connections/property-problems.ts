import { AppError } from '../base/errors.ts';
import { nearest } from '../base/nearest.ts';

/** One thing that is wrong with the properties of a connection. Values stay out of it: any of them may be a secret. */
export interface PropertyProblem {
  /** Path of the member: `properties.credentials.key`. */
  readonly field: string;
  /** What is wrong, as the end of a sentence that begins with the field. */
  readonly problem: string;
  /** What is valid there, in words or as names. */
  readonly valid: string | readonly string[];
  /** The valid word that was probably meant. */
  readonly nearest?: string;
}

const mostShown = 5;

/** Collects what is wrong, so that one answer tells all of it. */
export class PropertyProblems {
  readonly #all: PropertyProblem[] = [];

  get all(): readonly PropertyProblem[] {
    return this.#all;
  }

  add(field: string, problem: string, valid: string | readonly string[], meant?: string): void {
    this.#all.push({ field, problem, valid, ...(meant === undefined ? {} : { nearest: meant }) });
  }

  /** A word that is not among the valid ones. */
  addUnknown(field: string, problem: string, word: string, valid: readonly string[]): void {
    this.add(field, problem, valid, nearest(word, valid));
  }

  /** Throws `invalid_argument` with everything that was collected. */
  throwIfAny(): void {
    const [first] = this.#all;
    if (first === undefined) return;
    const shown = this.#all.slice(0, mostShown);
    const more = this.#all.length - shown.length;
    const rest = more === 0 ? '' : ` And ${more} more problems.`;
    throw new AppError('invalid_argument', `${shown.map(sentence).join(' ')}${rest}`, {
      hint: hintFor(first),
      detail: { problems: shown },
    });
  }
}

function sentence({ field, problem, nearest: meant }: PropertyProblem): string {
  return `${field} ${problem}.${meant === undefined ? '' : ` Did you mean ${meant}?`}`;
}

function hintFor({ field, valid }: PropertyProblem): string {
  if (typeof valid === 'string') return `For ${field}, ${valid}.`;
  return valid.length === 0 ? `Leave ${field} out.` : `Valid for ${parentOf(field)}: ${valid.join(', ')}.`;
}

/** Names of members are valid in the object that they stand in; words of a member, in the member. */
function parentOf(field: string): string {
  return field === 'properties.authType' ? field : field.slice(0, field.lastIndexOf('.'));
}

/** A name that may be shown: a member name can be anything, also a secret in the wrong place. */
export function shownName(name: string): string {
  return /^[A-Za-z][A-Za-z0-9_ -]{0,39}$/.test(name) ? name : '(unnamed)';
}
