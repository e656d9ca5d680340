import { badFilter, type FilterToken, type Literal, tokenizeFilter } from './filter-tokens.ts';

export type CompareOperator = 'eq' | 'ne' | 'gt' | 'ge' | 'lt' | 'le' | 'has';
export type TextFunction = 'startsWith' | 'endsWith' | 'contains';

/** A path in a filter. Inside `any`/`all`, the first segment can be the variable. */
export type FilterPath = readonly string[];

export type FilterNode =
  | { readonly kind: 'and' | 'or'; readonly left: FilterNode; readonly right: FilterNode }
  | { readonly kind: 'not'; readonly inner: FilterNode }
  | { readonly kind: 'compare'; readonly operator: CompareOperator; readonly path: FilterPath; readonly value: Literal }
  | { readonly kind: 'in'; readonly path: FilterPath; readonly values: readonly Literal[] }
  | { readonly kind: 'text'; readonly name: TextFunction; readonly path: FilterPath; readonly value: Literal }
  | {
      readonly kind: 'any' | 'all';
      readonly path: FilterPath;
      readonly variable: string;
      /** Undefined for `x/any()`. */
      readonly inner: FilterNode | undefined;
    };

const compareOperators: readonly string[] = ['eq', 'ne', 'gt', 'ge', 'lt', 'le', 'has'];
const textFunctions: Readonly<Record<string, TextFunction>> = {
  startswith: 'startsWith',
  endswith: 'endsWith',
  contains: 'contains',
};
const maxDepth = 50;

/** The paths in a filter, in order, except those inside a lambda. */
export function pathsOf(node: FilterNode): readonly FilterPath[] {
  if ('path' in node) return [node.path];
  return node.kind === 'not' ? pathsOf(node.inner) : [...pathsOf(node.left), ...pathsOf(node.right)];
}

/** Parses a `$filter`. Throws Graph's 400 for invalid syntax. */
export function parseFilter(text: string): FilterNode {
  const reader = new TokenReader(text, tokenizeFilter(text));
  const node = parseOr(reader, 0);
  if (reader.peek().type !== 'end') throw reader.unexpected();
  return node;
}

class TokenReader {
  readonly #text: string;
  readonly #tokens: readonly FilterToken[];
  #next = 0;

  constructor(text: string, tokens: readonly FilterToken[]) {
    this.#text = text;
    this.#tokens = tokens;
  }

  peek(ahead = 0): FilterToken {
    return this.#tokens[this.#next + ahead] ?? { type: 'end', at: this.#text.length };
  }

  take(): FilterToken {
    const token = this.peek();
    this.#next += 1;
    return token;
  }

  /**
   * Consumes the word if it is next. Logical operators are accepted in any case, as the directory's samples have `NOT`
   * in capitals; comparisons are lower case.
   */
  takeWord(word: 'and' | 'or' | 'eq'): boolean {
    const token = this.peek();
    if (token.type !== 'word' || (word === 'eq' ? token.text : token.text.toLowerCase()) !== word) return false;
    this.#next += 1;
    return true;
  }

  isMark(text: string, ahead = 0): boolean {
    const token = this.peek(ahead);
    return token.type === 'mark' && token.text === text;
  }

  expectMark(text: string): void {
    if (!this.isMark(text)) throw this.unexpected();
    this.#next += 1;
  }

  expectLiteral(): Literal {
    const token = this.take();
    if (token.type !== 'literal') throw this.unexpected(token);
    return token.literal;
  }

  expectPath(): FilterPath {
    const token = this.take();
    if (token.type !== 'word') throw this.unexpected(token);
    return token.text.split('/');
  }

  unexpected(token = this.peek()) {
    return badFilter(`Syntax error at position ${token.at} in '${this.#text}'.`);
  }
}

function parseOr(reader: TokenReader, depth: number): FilterNode {
  let left = parseAnd(reader, depth);
  while (reader.takeWord('or')) left = { kind: 'or', left, right: parseAnd(reader, depth) };
  return left;
}

function parseAnd(reader: TokenReader, depth: number): FilterNode {
  let left = parseUnary(reader, depth);
  while (reader.takeWord('and')) left = { kind: 'and', left, right: parseUnary(reader, depth) };
  return left;
}

function parseUnary(reader: TokenReader, depth: number): FilterNode {
  if (depth > maxDepth) throw badFilter('The expression is nested too deeply.');
  const token = reader.peek();
  if (token.type === 'word' && token.text.toLowerCase() === 'not') {
    reader.take();
    return { kind: 'not', inner: parseUnary(reader, depth + 1) };
  }
  if (reader.isMark('(')) {
    reader.take();
    const inner = parseOr(reader, depth + 1);
    reader.expectMark(')');
    return inner;
  }
  return parseClause(reader, depth);
}

function parseClause(reader: TokenReader, depth: number): FilterNode {
  const token = reader.peek();
  if (token.type === 'word' && reader.isMark('(', 1)) return parseCall(reader, token.text, depth);
  const path = reader.expectPath();
  const operator = reader.take();
  if (operator.type !== 'word') throw reader.unexpected(operator);
  if (operator.text === 'in') return { kind: 'in', path, values: parseList(reader) };
  if (!isCompareOperator(operator.text)) throw reader.unexpected(operator);
  return { kind: 'compare', operator: operator.text, path, value: reader.expectLiteral() };
}

function isCompareOperator(text: string): text is CompareOperator {
  return compareOperators.includes(text);
}

function parseCall(reader: TokenReader, name: string, depth: number): FilterNode {
  const start = reader.take();
  reader.expectMark('(');
  const segments = name.split('/');
  const last = segments.at(-1);
  if (segments.length > 1 && (last === 'any' || last === 'all')) {
    return parseLambda(reader, { kind: last, path: segments.slice(0, -1) }, depth);
  }
  const text = textFunctions[name.toLowerCase()];
  if (!text) throw badFilter(`An unknown function with name '${name}' was found at position ${start.at}.`);
  const path = reader.expectPath();
  reader.expectMark(',');
  const value = reader.expectLiteral();
  reader.expectMark(')');
  // `startsWith(a,'b') eq true` is the same as without the comparison.
  if (reader.takeWord('eq')) {
    const flag = reader.expectLiteral();
    if (flag.kind !== 'boolean') throw reader.unexpected();
    const call: FilterNode = { kind: 'text', name: text, path, value };
    return flag.value ? call : { kind: 'not', inner: call };
  }
  return { kind: 'text', name: text, path, value };
}

function parseLambda(
  reader: TokenReader,
  { kind, path }: { readonly kind: 'any' | 'all'; readonly path: FilterPath },
  depth: number,
): FilterNode {
  if (reader.isMark(')')) {
    reader.take();
    return { kind, path, variable: '', inner: undefined };
  }
  const [variable = '', ...more] = reader.expectPath();
  if (more.length > 0) throw reader.unexpected();
  reader.expectMark(':');
  const inner = parseOr(reader, depth + 1);
  reader.expectMark(')');
  return { kind, path, variable, inner };
}

function parseList(reader: TokenReader): readonly Literal[] {
  reader.expectMark('(');
  const values = [reader.expectLiteral()];
  while (reader.isMark(',')) {
    reader.take();
    values.push(reader.expectLiteral());
  }
  reader.expectMark(')');
  return values;
}
