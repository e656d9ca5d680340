import { type ByteRange, SecretIndex } from './secret-index.ts';

/**
 * Where a known value comes from: it opens something now; a vault, a reference or a person holds it; a caller has signed in
 * with it; or a caller or an answer has named it.
 */
export type SecretLife = 'in_use' | 'kept' | 'signed_in' | 'passed';

/** Forms of values that are remembered; a value has up to four in answers, and five in the log. */
const mostForms: Readonly<Record<SecretLife, number>> = { in_use: 9_000, kept: 6_000, signed_in: 1_000, passed: 3_000 };

/**
 * The forms in which known values may turn up. Bounded: each place has room of its own, so what callers pass in never
 * pushes out what is live; and in a full place the owner with the most forms loses the one that was used least lately, so
 * that nobody pushes out what others use.
 */
export class SecretMemory {
  readonly #index = new SecretIndex();
  readonly #formsOf: (value: string) => readonly string[];
  readonly #places = {
    in_use: new FairPlace(mostForms.in_use),
    kept: new FairPlace(mostForms.kept),
    signed_in: new FairPlace(mostForms.signed_in),
    passed: new FairPlace(mostForms.passed),
  };

  /** No form is shorter than four bytes. */
  constructor(formsOf: (value: string) => readonly string[]) {
    this.#formsOf = formsOf;
  }

  /** Owners share a place fairly: connections, for what they sign in with. */
  add(value: string, place: SecretLife, owner: string): void {
    const forms = this.#places[place];
    for (const form of this.#formsOf(value)) {
      if (forms.touch(form, owner)) continue;
      this.#index.add(form);
      const forgotten = forms.makeRoom();
      if (forgotten !== undefined) this.#index.remove(forgotten);
    }
  }

  isIn(bytes: Buffer): boolean {
    return this.#index.isIn(bytes);
  }

  /** A text with each of its values replaced. Where values overlap, all of it goes: no tail of one is left. */
  mask(text: string, mark: string): string {
    const bytes = Buffer.from(text, 'utf8');
    const places = this.#index.findIn(bytes);
    return places.length === 0 ? text : replaced(bytes, places, mark);
  }
}

function replaced(bytes: Buffer, places: readonly ByteRange[], mark: string): string {
  let text = '';
  let end = 0;
  for (const [from, to] of places) {
    text += bytes.toString('utf8', end, from) + mark;
    end = to;
  }
  return text + bytes.toString('utf8', end);
}

/** A bounded set with an order of use for each owner. */
class FairPlace {
  readonly #most: number;
  /** The forms of each owner, the one used last at the end. */
  readonly #owners = new Map<string, Set<string>>();
  #size = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** Marks a form as used; false when it is new. */
  touch(form: string, owner: string): boolean {
    const forms = this.#owners.get(owner) ?? new Set();
    // The owner that was heard of last comes last: between equals, the one that was quiet the longest loses.
    this.#owners.delete(owner);
    this.#owners.set(owner, forms);
    const isKnown = forms.delete(form);
    forms.add(form);
    if (!isKnown) this.#size += 1;
    return isKnown;
  }

  /** Forgets one form when there are too many, and says which. */
  makeRoom(): string | undefined {
    if (this.#size <= this.#most) return undefined;
    const [owner, forms] = this.#largest();
    const [oldest] = forms;
    if (oldest === undefined) return undefined;
    forms.delete(oldest);
    this.#size -= 1;
    if (forms.size === 0) this.#owners.delete(owner);
    return oldest;
  }

  #largest(): readonly [string, Set<string>] {
    return [...this.#owners].reduce((one, other) => (other[1].size > one[1].size ? other : one));
  }
}
