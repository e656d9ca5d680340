import { type FilterToken, tokenizeFilter } from '../advanced/filter-tokens.ts';

/** A literal of a filter as a value; dates and GUIDs stay text. */
export type Literal = string | number | boolean | null;

/** A filter as a tree, with the words of each part. */
export type Condition = { readonly text: string } & (
  | { readonly kind: 'all' | 'any'; readonly parts: readonly Condition[] }
  | { readonly kind: 'not'; readonly part: Condition }
  | {
      readonly kind: 'test';
      /** In the caller's spelling: `employeeOrgData/division`. */
      readonly property: string;
      /** Lower case: `eq`, `contains`, … */
      readonly operator: string;
      readonly values: readonly Literal[];
      /** Whether a value is written without quotes and is no number, such as a date. */
      readonly isBare: boolean;
    }
  /** Anything else: a condition on the members of a list, a function of dates. */
  | { readonly kind: 'other' }
);

/** Longer filters are no help to anybody; keeps hostile input off the call stack. */
const mostTokens = 500;

class NotUnderstood extends Error {}

/** The conditions of a `$filter`; undefined when it is not understood. */
export function readConditions(filter: string): Condition | undefined {
  const tokens = tokenizeFilter(filter);
  if (tokens === undefined || tokens.length === 0 || tokens.length > mostTokens) return undefined;
  try {
    return new ConditionReader(filter, tokens).read();
  } catch (error) {
    if (error instanceof NotUnderstood) return undefined;
    throw error;
  }
}

/** The conditions that must all hold. */
export function conjunctsOf(condition: Condition): readonly Condition[] {
  return condition.kind === 'all' ? condition.parts.flatMap(conjunctsOf) : [condition];
}

/** The same conditions as one filter; undefined for none. */
export function joinConjuncts(parts: readonly Condition[]): string | undefined {
  if (parts.length === 0) return undefined;
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return only.text;
  return parts.map((part) => (part.kind === 'any' ? `(${part.text})` : part.text)).join(' and ');
}

/** The properties that a condition looks at, in the caller's spelling; those of an unknown kind are not among them. */
export function propertiesIn(condition: Condition): readonly string[] {
  if (condition.kind === 'test') return [condition.property];
  if (condition.kind === 'not') return propertiesIn(condition.part);
  return condition.kind === 'other' ? [] : condition.parts.flatMap(propertiesIn);
}

class ConditionReader {
  readonly #filter: string;
  readonly #tokens: readonly FilterToken[];
  #at = 0;

  constructor(filter: string, tokens: readonly FilterToken[]) {
    this.#filter = filter;
    this.#tokens = tokens;
  }

  read(): Condition {
    const whole = this.#joined('or');
    if (this.#at < this.#tokens.length) throw new NotUnderstood();
    return whole;
  }

  #word(): string {
    const token = this.#tokens[this.#at];
    return token?.kind === 'word' ? token.text.toLowerCase() : '';
  }

  #isNext(kind: FilterToken['kind']): boolean {
    return this.#tokens[this.#at]?.kind === kind;
  }

  #take(kind?: FilterToken['kind']): FilterToken {
    const token = this.#tokens[this.#at];
    if (token === undefined || (kind !== undefined && token.kind !== kind)) throw new NotUnderstood();
    this.#at += 1;
    return token;
  }

  #textFrom(from: number): string {
    const [first, last] = [this.#tokens[from], this.#tokens[this.#at - 1]];
    return first === undefined || last === undefined ? '' : this.#filter.slice(first.at, last.at + last.text.length);
  }

  /** `a or b or c`, whose operands are `d and e`. */
  #joined(by: 'and' | 'or'): Condition {
    const from = this.#at;
    const next = () => (by === 'or' ? this.#joined('and') : this.#condition());
    const parts = [next()];
    while (this.#word() === by) {
      this.#at += 1;
      parts.push(next());
    }
    const [only] = parts;
    if (only !== undefined && parts.length === 1) return only;
    return { kind: by === 'or' ? 'any' : 'all', parts, text: this.#textFrom(from) };
  }

  #condition(): Condition {
    const from = this.#at;
    if (this.#word() === 'not') {
      this.#at += 1;
      const part = this.#condition();
      return { kind: 'not', part, text: this.#textFrom(from) };
    }
    if (this.#isNext('(')) {
      this.#at += 1;
      const inside = this.#joined('or');
      this.#take(')');
      return inside.kind === 'any' || inside.kind === 'all' ? inside : { ...inside, text: this.#textFrom(from) };
    }
    return this.#comparison(from);
  }

  #comparison(from: number): Condition {
    const test = this.#textTest(from) ?? this.#valueTest(from);
    if (test !== undefined) return test;
    this.#at = from;
    this.#skipOperand();
    if (/^(?:eq|ne|gt|ge|lt|le|has|in)$/.test(this.#word())) {
      this.#at += 1;
      this.#skipOperand();
    }
    return { kind: 'other', text: this.#textFrom(from) };
  }

  /** `contains(path, 'text')` and its kin, alone or compared with `true`. */
  #textTest(from: number): Condition | undefined {
    const operator = this.#word();
    if (!/^(?:contains|startswith|endswith)$/.test(operator)) return undefined;
    this.#at += 1;
    this.#take('(');
    const property = this.#path();
    if (property === undefined || !this.#isNext(',')) return undefined;
    this.#at += 1;
    const value = this.#literal();
    if (value === undefined || !this.#isNext(')')) return undefined;
    this.#at += 1;
    const text = this.#textFrom(from);
    if (this.#word() === 'eq') {
      this.#at += 1;
      if (this.#word() !== 'true') return undefined;
      this.#at += 1;
    }
    return { kind: 'test', property, operator, values: [value.value], isBare: value.isBare, text };
  }

  /** `path eq 'value'`, `path in ('a','b')`. */
  #valueTest(from: number): Condition | undefined {
    this.#at = from;
    const property = this.#path();
    const operator = this.#word();
    if (property === undefined || !/^(?:eq|ne|gt|ge|lt|le|in)$/.test(operator)) return undefined;
    this.#at += 1;
    const values = operator === 'in' ? this.#list() : this.#single();
    if (values === undefined) return undefined;
    return {
      kind: 'test',
      property,
      operator,
      values: values.map(({ value }) => value),
      isBare: values.some(({ isBare }) => isBare),
      text: this.#textFrom(from),
    };
  }

  #single() {
    const value = this.#literal();
    return value === undefined ? undefined : [value];
  }

  #list() {
    if (!this.#isNext('(')) return undefined;
    this.#at += 1;
    const values: { readonly value: Literal; readonly isBare: boolean }[] = [];
    while (!this.#isNext(')')) {
      const value = this.#literal();
      if (value === undefined) return undefined;
      values.push(value);
      if (!this.#isNext(')')) this.#take(',');
    }
    this.#at += 1;
    return values;
  }

  /** A property, also inside `tolower(…)`: the directory compares texts without case anyway. */
  #path(): string | undefined {
    const token = this.#tokens[this.#at];
    if (token?.kind !== 'word') return undefined;
    this.#at += 1;
    if (/^to(?:lower|upper)$/i.test(token.text) && this.#isNext('(')) {
      this.#at += 1;
      const inside = this.#path();
      if (inside === undefined || !this.#isNext(')')) return undefined;
      this.#at += 1;
      return inside;
    }
    return this.#isNext('(') || !/^[A-Za-z]\w*(?:\/[A-Za-z]\w*)*$/.test(token.text) ? undefined : token.text;
  }

  #literal(): { readonly value: Literal; readonly isBare: boolean } | undefined {
    const token = this.#tokens[this.#at];
    if (token?.kind !== 'literal' && token?.kind !== 'word') return undefined;
    this.#at += 1;
    const { text } = token;
    if (text.startsWith("'")) return { value: text.slice(1, -1).replaceAll("''", "'"), isBare: false };
    const word = text.toLowerCase();
    if (word === 'null') return { value: null, isBare: false };
    if (word === 'true' || word === 'false') return { value: word === 'true', isBare: false };
    if (/^-?\d+(?:\.\d+)?$/.test(text)) return { value: Number(text), isBare: false };
    return token.kind === 'literal' ? { value: text, isBare: true } : undefined;
  }

  /** A path, a literal, a list, or a call with everything in its parentheses. */
  #skipOperand(): void {
    if (!this.#isNext('(')) this.#take();
    if (!this.#isNext('(')) return;
    let open = 0;
    do {
      const { kind } = this.#take();
      open += kind === '(' ? 1 : kind === ')' ? -1 : 0;
    } while (open > 0);
  }
}
