/** A scalar expression of a query. */
export type Expression =
  | { readonly kind: 'literal'; readonly value: unknown }
  | { readonly kind: 'column'; readonly path: readonly string[] }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Expression[] }
  | { readonly kind: 'compare'; readonly operator: string; readonly left: Expression; readonly right: Expression }
  | { readonly kind: 'in'; readonly operator: string; readonly left: Expression; readonly list: readonly Expression[] }
  | { readonly kind: 'and' | 'or'; readonly terms: readonly Expression[] };

export type Row = Readonly<Record<string, unknown>>;

export function evaluate(expression: Expression, row: Row): unknown {
  switch (expression.kind) {
    case 'literal':
      return expression.value;
    case 'column':
      return expression.path.reduce<unknown>(step, row);
    case 'call':
      return functions[expression.name]?.(expression.args.map((arg) => evaluate(arg, row)));
    case 'compare':
      return compare(expression.operator, evaluate(expression.left, row), evaluate(expression.right, row));
    case 'in':
      return isListed(
        expression.operator,
        evaluate(expression.left, row),
        expression.list.map((one) => evaluate(one, row)),
      );
    case 'and':
      return expression.terms.every((term) => evaluate(term, row) === true);
    case 'or':
      return expression.terms.some((term) => evaluate(term, row) === true);
  }
}

function step(value: unknown, name: string): unknown {
  if (Array.isArray(value)) return value[Number(name)];
  if (typeof value !== 'object' || value === null) return undefined;
  return Object.hasOwn(value, name) ? (value as Row)[name] : undefined;
}

/** Functions of one row, with their arguments evaluated. */
const functions: Readonly<Record<string, (args: readonly unknown[]) => unknown>> = {
  tolower: ([value]) => textOf(value).toLowerCase(),
  toupper: ([value]) => textOf(value).toUpperCase(),
  tostring: ([value]) => textOf(value),
  toint: ([value]) => numberOf(value),
  tolong: ([value]) => numberOf(value),
  tobool: ([value]) => (typeof value === 'boolean' ? value : textOf(value).toLowerCase() === 'true'),
  isempty: ([value]) => textOf(value) === '',
  isnotempty: ([value]) => textOf(value) !== '',
  isnull: ([value]) => value === undefined || value === null,
  isnotnull: ([value]) => value !== undefined && value !== null,
  strlen: ([value]) => textOf(value).length,
  strcat: (args) => args.map(textOf).join(''),
  coalesce: (args) => args.find((value) => value !== undefined && value !== null && value !== ''),
  array_length: ([value]) => (Array.isArray(value) ? value.length : null),
  iff: ([test, yes, no]) => (test === true ? yes : no),
  not: ([value]) => value !== true,
};

export function isFunction(name: string): boolean {
  return Object.hasOwn(functions, name);
}

type Comparison = (left: unknown, right: unknown) => boolean;

const ofTexts =
  (test: (left: string, right: string) => boolean): Comparison =>
  (left, right) =>
    test(textOf(left), textOf(right));
const withoutCase = (test: (left: string, right: string) => boolean): Comparison =>
  ofTexts((left, right) => test(left.toLowerCase(), right.toLowerCase()));
const isSame = (left: string, right: string) => left === right;
const contains = (left: string, right: string) => left.includes(right);
const startsWith = (left: string, right: string) => left.startsWith(right);
const endsWith = (left: string, right: string) => left.endsWith(right);

const comparisons: Readonly<Record<string, Comparison>> = {
  '==': isEqual,
  '!=': (left, right) => !isEqual(left, right),
  '=~': withoutCase(isSame),
  '!~': withoutCase((left, right) => !isSame(left, right)),
  '<': inOrder((order) => order < 0),
  '<=': inOrder((order) => order <= 0),
  '>': inOrder((order) => order > 0),
  '>=': inOrder((order) => order >= 0),
  contains: withoutCase(contains),
  contains_cs: ofTexts(contains),
  startswith: withoutCase(startsWith),
  startswith_cs: ofTexts(startsWith),
  endswith: withoutCase(endsWith),
  endswith_cs: ofTexts(endsWith),
  has: withoutCase(hasTerm),
  has_cs: ofTexts(hasTerm),
};

/** The only negated operators: `!startswith_cs` and the like do not exist. */
const negated = ['!contains', '!contains_cs', '!startswith', '!endswith', '!has'];

export const comparisonOperators: readonly string[] = [...Object.keys(comparisons), ...negated];

function compare(operator: string, left: unknown, right: unknown): boolean {
  const comparison = comparisons[operator];
  return comparison ? comparison(left, right) : !compare(operator.slice(1), left, right);
}

function isEqual(left: unknown, right: unknown): boolean {
  if (left === undefined || left === null) return right === '' || right === undefined || right === null;
  return typeof right === 'number' ? numberOf(left) === right : textOf(left) === textOf(right);
}

function inOrder(test: (order: number) => boolean): Comparison {
  const isMissing = (value: unknown) => value === undefined || value === null;
  return (left, right) => !isMissing(left) && !isMissing(right) && test(compareValues(left, right));
}

/** Compares numbers by value and everything else as text. Missing values come first. */
export function compareValues(left: unknown, right: unknown): number {
  if (typeof left === 'number' && typeof right === 'number') return left - right;
  const [a, b] = [textOf(left), textOf(right)];
  return a < b ? -1 : Number(a > b);
}

/** A term is a sequence of letters and digits. */
function hasTerm(text: string, term: string): boolean {
  if (term === '') return true;
  for (let at = text.indexOf(term); at >= 0; at = text.indexOf(term, at + 1)) {
    if (!isWordCharacter(text[at - 1]) && !isWordCharacter(text[at + term.length])) return true;
  }
  return false;
}

function isWordCharacter(character: string | undefined): boolean {
  return character !== undefined && /[\p{L}\p{N}]/u.test(character);
}

function isListed(operator: string, left: unknown, list: readonly unknown[]): boolean {
  const isNegated = operator.startsWith('!');
  const bare = isNegated ? operator.slice(1) : operator;
  const flat = list.flatMap((one) => (Array.isArray(one) ? one : [one]));
  const found = flat.some((one) => compare(bare === 'in~' ? '=~' : '==', left, one));
  return found !== isNegated;
}

export function textOf(value: unknown): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function numberOf(value: unknown): number | null {
  const text = textOf(value);
  const number = Number(text);
  return text === '' || Number.isNaN(number) ? null : number;
}
