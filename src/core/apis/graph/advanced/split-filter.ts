import { type FilterToken, tokenizeFilter } from './filter-tokens.ts';

/**
 * Most alternatives of one `or` or `in` list in a query that is not an advanced one.
 * https://learn.microsoft.com/graph/aad-advanced-queries, https://learn.microsoft.com/graph/filter-query-parameter
 */
export const mostAlternatives = 15;

/** Most filters that one is split into; more would be a burden rather than a help. */
const mostParts = 200;

/** Deeper than any filter that the service takes. */
const maxDepth = 16;

/** Filters that together find what one with too many alternatives would. */
export interface SplitFilter {
  readonly filters: readonly string[];
  /** How many alternatives the longest list has. */
  readonly alternatives: number;
  /** No object matches two of the filters. */
  readonly isDisjoint: boolean;
}

/** One way to match, in the words of the filter. */
interface Term {
  readonly text: string;
  /** How many alternatives of a list it takes. */
  readonly weight: number;
}

interface Terms {
  readonly terms: readonly Term[];
  /** How many alternatives it adds to an `or` around it. */
  readonly count: number;
  /** The longest list of alternatives inside. */
  readonly longest: number;
  /** The one property that all terms compare with values of their own, with these values; undefined for anything else. */
  readonly values?: { readonly path: string; readonly texts: readonly string[] };
  readonly isDisjoint: boolean;
}

class NoSplit extends Error {}

/**
 * Splits a `$filter` whose `or` or `in` list is longer than the service takes. Undefined where none is, and where it cannot
 * be split without changing what it finds (below a `not`).
 */
export function splitFilter(filter: string): SplitFilter | undefined {
  const tokens = tokenizeFilter(filter);
  if (tokens === undefined || tokens.length <= mostAlternatives) return undefined;
  try {
    const { terms, longest, isDisjoint } = new Splitter(filter, tokens).split();
    const packed = pack(terms);
    if (longest <= mostAlternatives) return undefined;
    return { filters: packed.map(({ text }) => text), alternatives: longest, isDisjoint };
  } catch (error) {
    if (error instanceof NoSplit) return undefined;
    throw error;
  }
}

/** Terms joined by `or` again, as many as one list takes. */
function pack(terms: readonly Term[]): readonly Term[] {
  const packed: Term[] = [];
  for (const term of terms) {
    const last = packed.at(-1);
    if (last !== undefined && last.weight + term.weight <= mostAlternatives) {
      packed[packed.length - 1] = { text: `${last.text} or ${term.text}`, weight: last.weight + term.weight };
    } else {
      packed.push(term);
    }
  }
  return packed;
}

/** Reads the filter as a tree of `or`, `and` and conditions, and gives for each the terms that it is the union of. */
class Splitter {
  readonly #filter: string;
  readonly #tokens: readonly FilterToken[];
  #at = 0;
  #depth = 0;

  constructor(filter: string, tokens: readonly FilterToken[]) {
    this.#filter = filter;
    this.#tokens = tokens;
  }

  split(): Terms {
    const whole = this.#alternatives();
    if (this.#at < this.#tokens.length) throw new NoSplit();
    return whole;
  }

  #word(): string {
    const token = this.#tokens[this.#at];
    return token?.kind === 'word' ? token.text.toLowerCase() : '';
  }

  #kind(offset = 0): FilterToken['kind'] | undefined {
    return this.#tokens[this.#at + offset]?.kind;
  }

  #take(kind: FilterToken['kind']): FilterToken {
    const token = this.#tokens[this.#at];
    if (token?.kind !== kind) throw new NoSplit();
    this.#at += 1;
    return token;
  }

  /** The words of the filter from one token up to another. */
  #textFrom(from: number): string {
    const last = this.#tokens[this.#at - 1];
    const start = this.#tokens[from]?.at ?? 0;
    return this.#filter.slice(start, last === undefined ? start : last.at + last.text.length);
  }

  /** `a or b or c` */
  #alternatives(): Terms {
    if (++this.#depth > maxDepth) throw new NoSplit();
    const operands = [this.#conjunction()];
    while (this.#word() === 'or') {
      this.#at += 1;
      operands.push(this.#conjunction());
    }
    this.#depth -= 1;
    const [only] = operands;
    return only !== undefined && operands.length === 1 ? only : unionOf(operands);
  }

  /** `a and b and c` */
  #conjunction(): Terms {
    const operands = [this.#condition()];
    while (this.#word() === 'and') {
      this.#at += 1;
      operands.push(this.#condition());
    }
    const [only] = operands;
    return only !== undefined && operands.length === 1 ? only : productOf(operands);
  }

  #condition(): Terms {
    const from = this.#at;
    if (this.#word() === 'not') {
      this.#at += 1;
      this.#condition();
      return whole(this.#textFrom(from));
    }
    if (this.#kind() === '(') {
      this.#at += 1;
      const inside = this.#alternatives();
      this.#take(')');
      return bracketed(inside, this.#textFrom(from), ['(', ')']);
    }
    if (/\/any$/.test(this.#word()) && this.#kind(1) === '(' && this.#kind(3) === ':') return this.#lambda();
    return this.#comparison();
  }

  /** `path/any(x:x eq 1 or x eq 2)` finds what `path/any(x:x eq 1) or path/any(x:x eq 2)` does. */
  #lambda(): Terms {
    const from = this.#at;
    this.#at += 4;
    const head = this.#textFrom(from);
    const inside = this.#alternatives();
    this.#take(')');
    // A collection may hold several of the values.
    const { values: _, ...terms } = bracketed(inside, this.#textFrom(from), [head, ')']);
    return { ...terms, isDisjoint: false };
  }

  /** Anything up to the next `and`, `or` or closing parenthesis. */
  #comparison(): Terms {
    const from = this.#at;
    this.#operand();
    const operator = this.#word();
    if (operator === 'in' && this.#kind(1) === '(') return this.#list(from);
    if (!/^(?:eq|ne|gt|ge|lt|le|has)$/.test(operator)) return whole(this.#textFrom(from));
    const path = this.#textFrom(from);
    this.#at += 1;
    const value = this.#at;
    this.#operand();
    const text = this.#textFrom(from);
    const isValue = operator === 'eq' && this.#at === value + 1 && /^[\w/]+$/.test(path);
    return isValue
      ? { ...whole(text), values: { path: path.toLowerCase(), texts: [this.#textFrom(value)] } }
      : whole(text);
  }

  /** A path, a literal, or a call with everything in its parentheses. */
  #operand(): void {
    const token = this.#tokens[this.#at];
    if (token?.kind !== 'word' && token?.kind !== 'literal') throw new NoSplit();
    this.#at += 1;
    if (this.#kind() !== '(' || token.text.toLowerCase() === 'in') return;
    let open = 0;
    do {
      const kind = this.#kind();
      if (kind === undefined) throw new NoSplit();
      open += kind === '(' ? 1 : kind === ')' ? -1 : 0;
      this.#at += 1;
    } while (open > 0);
  }

  /** `path in (1, 2, 3)`, whose path was read. */
  #list(from: number): Terms {
    const path = this.#textFrom(from);
    this.#at += 2;
    const texts: string[] = [];
    while (this.#kind() !== ')') {
      const value = this.#at;
      this.#operand();
      texts.push(this.#textFrom(value));
      if (this.#kind() !== ')') this.#take(',');
    }
    this.#take(')');
    const unique = [...new Set(texts)];
    if (unique.length === 0) throw new NoSplit();
    if (texts.length <= mostAlternatives) {
      return { ...whole(this.#textFrom(from), texts.length), values: { path: path.toLowerCase(), texts } };
    }
    const terms = chunksOf(unique).map((chunk) => ({ text: `${path} in (${chunk.join(',')})`, weight: chunk.length }));
    const values = { path: path.toLowerCase(), texts: unique };
    return { terms, count: texts.length, longest: texts.length, values, isDisjoint: areDistinct(unique) };
  }
}

function chunksOf(values: readonly string[]): readonly (readonly string[])[] {
  const count = Math.ceil(values.length / mostAlternatives);
  return Array.from({ length: count }, (_, at) => values.slice(at * mostAlternatives, (at + 1) * mostAlternatives));
}

/**
 * Whether no object can have two of the values. The directory compares texts without regard to case; what else it takes as
 * the same (accents, spaces at the end, two ways to write a time) is not said, so such values count as alike.
 */
function areDistinct(values: readonly string[]): boolean {
  const isPlain = values.every((value) =>
    /^(?:'[!-~]+(?: [!-~]+)*'|[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12})$/i.test(value),
  );
  return isPlain && new Set(values.map((value) => value.toLowerCase())).size === values.length;
}

/** A condition that stays in one piece. */
function whole(text: string, weight = 1): Terms {
  return { terms: [{ text, weight }], count: weight, longest: weight, isDisjoint: true };
}

function unionOf(operands: readonly Terms[]): Terms {
  const terms = operands.flatMap((operand) => operand.terms);
  const count = operands.reduce((sum, operand) => sum + operand.count, 0);
  const longest = Math.max(count, ...operands.map((operand) => operand.longest));
  const path = operands[0]?.values?.path;
  const isOneProperty = path !== undefined && operands.every(({ values }) => values?.path === path);
  if (!isOneProperty) return { terms, count, longest, isDisjoint: false };
  const texts = operands.flatMap(({ values }) => values?.texts ?? []);
  return { terms, count, longest, values: { path, texts }, isDisjoint: areDistinct(texts) };
}

/** What stands in parentheses, as terms of what is around it; in one piece where it fits. */
function bracketed(inside: Terms, text: string, [open, close]: readonly [string, string]): Terms {
  if (inside.longest <= mostAlternatives) return { ...inside, terms: [{ text, weight: inside.count }] };
  const terms = pack(inside.terms).map((term) => ({ text: `${open}${term.text}${close}`, weight: term.weight }));
  return { ...inside, terms };
}

/** Every choice of one term of each operand. */
function productOf(operands: readonly Terms[]): Terms {
  const longest = Math.max(...operands.map((operand) => operand.longest));
  let texts: readonly string[] = [''];
  for (const { terms } of operands) {
    texts = texts.flatMap((before) => terms.map(({ text }) => (before === '' ? text : `${before} and ${text}`)));
    if (texts.length > mostParts) throw new NoSplit();
  }
  // Each of them holds a list of its own, so nothing is put together with it again.
  const weight = Math.min(longest, mostAlternatives);
  const terms = texts.map((text) => ({ text, weight }));
  return { terms, count: 1, longest, isDisjoint: operands.every((operand) => operand.isDisjoint) };
}
