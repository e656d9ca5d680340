import { type FilterToken, tokenizeFilter } from './filter-tokens.ts';

const comparisons = ['eq', 'ne', 'gt', 'ge', 'lt', 'le', 'has', 'in'] as const;
const booleanFunctions = ['startswith', 'endswith', 'contains'] as const;

type FilterOperator = (typeof comparisons)[number] | (typeof booleanFunctions)[number] | 'exists';

/** One condition of a filter, in as much detail as the service's support tables need. */
export interface FilterClause {
  /** Lower case; `assignedlicenses/any/skuid` for `assignedLicenses/any(x:x/skuId eq …)`. */
  readonly property: string;
  /** `exists` is a bare `collection/any()`. */
  readonly operator: FilterOperator;
  readonly comparesNull: boolean;
  /** Somewhere below a `not`. */
  readonly negated: boolean;
  /** `property/$count` is compared, not the property. */
  readonly countsItems: boolean;
}

interface Operand {
  /** Undefined for literals. */
  readonly path?: string;
  readonly isNull?: boolean;
  readonly isFalse?: boolean;
  /** Set when the operand is a condition by itself: a lambda, `startsWith(…)`. */
  readonly clauses?: readonly FilterClause[];
}

interface Scope {
  readonly negated: boolean;
  /** Paths by lambda variable. */
  readonly variables: ReadonlyMap<string, string>;
}

/** Deeper than any filter that a service takes; keeps hostile input off the call stack. */
const maxDepth = 64;

class SyntaxTrouble extends Error {}

function isOneOf<Name extends string>(names: readonly Name[], text: string): text is Name {
  return names.some((name) => name === text);
}

function normalizePath(path: string, scope: Scope): string {
  const [head = '', ...rest] = path.toLowerCase().split('/');
  const base = scope.variables.get(head) ?? head;
  return [base, ...rest.filter((segment) => !/^(?:microsoft\.)?graph\./.test(segment))].join('/');
}

/** Recursive descent over the tokens. Collects every condition; `and` and `or` make no difference to support. */
class FilterParser {
  readonly #tokens: readonly FilterToken[];
  readonly #clauses: FilterClause[] = [];
  #at = 0;
  #depth = 0;

  constructor(tokens: readonly FilterToken[]) {
    this.#tokens = tokens;
  }

  parse(): FilterClause[] {
    this.#clauses.push(...this.#expression({ negated: false, variables: new Map() }));
    if (this.#at < this.#tokens.length) throw new SyntaxTrouble();
    return this.#clauses;
  }

  #peekWord(): string {
    const token = this.#tokens[this.#at];
    return token?.kind === 'word' ? token.text.toLowerCase() : '';
  }

  #take(kind?: FilterToken['kind']): FilterToken {
    const token = this.#tokens[this.#at];
    if (token === undefined || (kind !== undefined && token.kind !== kind)) throw new SyntaxTrouble();
    this.#at++;
    return token;
  }

  #isNext(kind: FilterToken['kind']): boolean {
    return this.#tokens[this.#at]?.kind === kind;
  }

  #expression(scope: Scope): FilterClause[] {
    if (++this.#depth > maxDepth) throw new SyntaxTrouble();
    const clauses = this.#condition(scope);
    while (this.#peekWord() === 'and' || this.#peekWord() === 'or') {
      this.#at++;
      clauses.push(...this.#condition(scope));
    }
    this.#depth--;
    return clauses;
  }

  #condition(scope: Scope): FilterClause[] {
    if (this.#peekWord() === 'not') {
      this.#at++;
      return this.#nested(() => this.#condition({ ...scope, negated: true }));
    }
    if (this.#isNext('(')) {
      this.#at++;
      const clauses = this.#expression(scope);
      this.#take(')');
      return clauses;
    }
    return this.#comparison(scope);
  }

  #nested<Result>(parse: () => Result): Result {
    if (++this.#depth > maxDepth) throw new SyntaxTrouble();
    const result = parse();
    this.#depth--;
    return result;
  }

  #comparison(scope: Scope): FilterClause[] {
    const left = this.#operand(scope);
    const operator = this.#peekWord();
    if (!isOneOf(comparisons, operator)) return [...(left.clauses ?? [this.#clause(left, left, 'eq', scope)])];
    this.#at++;
    const right = operator === 'in' ? this.#list(scope) : this.#operand(scope);
    if (left.clauses !== undefined) {
      const negates = operator === 'ne' || right.isFalse === true;
      return left.clauses.map((clause) => ({ ...clause, negated: clause.negated || negates }));
    }
    return [this.#clause(left, right, operator, scope)];
  }

  #clause(left: Operand, right: Operand, operator: FilterOperator, scope: Scope): FilterClause {
    const path = left.path ?? right.path ?? '';
    const countsItems = path.endsWith('/$count');
    return {
      property: countsItems ? path.slice(0, -'/$count'.length) : path,
      operator,
      comparesNull: left.isNull === true || right.isNull === true,
      negated: scope.negated,
      countsItems,
    };
  }

  #list(scope: Scope): Operand {
    this.#take('(');
    const values = this.#operands(scope);
    return { isNull: values.some((value) => value.isNull === true) };
  }

  /** Operands up to and including the closing parenthesis. */
  #operands(scope: Scope): Operand[] {
    const operands: Operand[] = [];
    while (!this.#isNext(')')) {
      operands.push(this.#nested(() => this.#operand(scope)));
      if (!this.#isNext(')')) this.#take(',');
    }
    this.#take(')');
    return operands;
  }

  #operand(scope: Scope): Operand {
    const token = this.#take();
    if (token.kind === 'literal') return {};
    if (token.kind !== 'word') throw new SyntaxTrouble();
    const word = token.text.toLowerCase();
    if (this.#isNext('(')) {
      this.#at++;
      return /\/(?:any|all)$/.test(word) ? this.#lambda(token.text, scope) : this.#call(word, scope);
    }
    if (word === 'null') return { isNull: true };
    return word === 'true' || word === 'false'
      ? { isFalse: word === 'false' }
      : { path: normalizePath(token.text, scope) };
  }

  /** After `path/any(`. */
  #lambda(text: string, scope: Scope): Operand {
    const path = normalizePath(text, scope);
    if (this.#isNext(')')) {
      this.#at++;
      return { clauses: [this.#clause({ path }, {}, 'exists', scope)] };
    }
    const variable = this.#take('word').text.toLowerCase();
    this.#take(':');
    const inner = { ...scope, variables: new Map(scope.variables).set(variable, path) };
    const clauses = this.#expression(inner);
    this.#take(')');
    return { clauses };
  }

  /** After `name(`: a condition for `startsWith` and its kin, otherwise the property inside (`tolower(displayName)`). */
  #call(name: string, scope: Scope): Operand {
    const operands = this.#operands(scope);
    const path = operands.find((operand) => operand.path !== undefined)?.path;
    const operand = path === undefined ? {} : { path };
    return isOneOf(booleanFunctions, name) ? { clauses: [this.#clause(operand, {}, name, scope)] } : operand;
  }
}

/** The conditions of a `$filter`; undefined when it is not understood. The service judges the syntax. */
export function parseFilter(filter: string): readonly FilterClause[] | undefined {
  const tokens = tokenizeFilter(filter);
  if (tokens === undefined || tokens.length === 0) return undefined;
  try {
    return new FilterParser(tokens).parse();
  } catch (error) {
    if (error instanceof SyntaxTrouble) return undefined;
    throw error;
  }
}
