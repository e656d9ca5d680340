import type { Step } from './input-bounds.ts';

/** Most names in one note: a batch of thousands says the same of each item. */
const mostNamed = 8;

/** What was read differently from how it was written, for one note. Holds names of our own fields and never a value. */
export class Readings {
  readonly #asMeant = new Set<string>();
  readonly #leftOut = new Set<string>();
  readonly #sentences = new Set<string>();

  /** A value that was taken for another kind of value, or a name for another name. */
  asMeant(path: readonly Step[], how: string): void {
    this.#asMeant.add(`${fieldOf(path)} ${how}`);
  }

  /** An optional argument that was there and said nothing. */
  leftOut(path: readonly Step[]): void {
    this.#leftOut.add(fieldOf(path));
  }

  /** A sentence of ours. */
  note(sentence: string): void {
    if (this.#sentences.size < mostNamed) this.#sentences.add(sentence);
  }

  notes(): readonly string[] {
    const parts = [...listed('Read as meant', this.#asMeant), ...listed('Left out, since empty', this.#leftOut)];
    return [...(parts.length === 0 ? [] : [parts.join(' ')]), ...this.#sentences];
  }
}

function listed(lead: string, names: ReadonlySet<string>): readonly string[] {
  if (names.size === 0) return [];
  const shown = [...names].slice(0, mostNamed);
  const more = names.size > shown.length ? ` and ${names.size - shown.length} more` : '';
  return [`${lead}: ${shown.join(', ')}${more}.`];
}

/** The field without the positions in lists: `requests[].id`. */
function fieldOf(path: readonly Step[]): string {
  return path.reduce((text, { key, inArray }) => (inArray ? `${text}[]` : text === '' ? key : `${text}.${key}`), '');
}
