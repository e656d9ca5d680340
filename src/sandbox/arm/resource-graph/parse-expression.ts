import { comparisonOperators, type Expression, isFunction } from './expression.ts';
import { invalidQuery, operatorNotModelled, parserFailure } from './query-error.ts';
import type { TokenReader } from './tokens.ts';

const listOperators = ['in', 'in~', '!in', '!in~'];

/** `and` binds closer than `or`. */
export function parseExpression(reader: TokenReader): Expression {
  return parseChain(reader, 'or', () => parseChain(reader, 'and', () => parseComparison(reader)));
}

function parseChain(reader: TokenReader, kind: 'and' | 'or', parseTerm: () => Expression): Expression {
  const first = parseTerm();
  const terms = [first];
  while (reader.takeWord(kind)) terms.push(parseTerm());
  return terms.length === 1 ? first : { kind, terms };
}

function parseComparison(reader: TokenReader): Expression {
  const left = parseOperand(reader);
  const { text } = reader.peek();
  const operator = text.toLowerCase();
  if (listOperators.includes(operator)) {
    reader.next();
    reader.expect('(');
    const list = parseList(reader);
    return { kind: 'in', operator, left, list };
  }
  if (comparisonOperators.includes(operator)) {
    reader.next();
    return { kind: 'compare', operator, left, right: parseOperand(reader) };
  }
  if (/^(!?has_(any|all)|matches|!?between|hasprefix|hassuffix|[+*/-])$/.test(operator)) {
    throw operatorNotModelled(operator);
  }
  return left;
}

/** Up to the closing parenthesis. */
function parseList(reader: TokenReader): readonly Expression[] {
  const list: Expression[] = [];
  if (reader.take(')')) return list;
  do list.push(parseExpression(reader));
  while (reader.take(','));
  reader.expect(')');
  return list;
}

function parseOperand(reader: TokenReader): Expression {
  const token = reader.next();
  if (token.kind === 'text') return { kind: 'literal', value: token.value };
  if (token.kind === 'number') return { kind: 'literal', value: Number(token.value) };
  if (token.text === '(') {
    const inner = parseExpression(reader);
    reader.expect(')');
    return inner;
  }
  if (token.kind !== 'name') throw parserFailure(token, 'an expression');
  if (['true', 'false'].includes(token.text.toLowerCase())) {
    return { kind: 'literal', value: token.text.toLowerCase() === 'true' };
  }
  return parseNamed(reader, token.text);
}

/** A call or a column, after its name has been read. */
export function parseNamed(reader: TokenReader, name: string): Expression {
  return reader.take('(') ? parseCall(reader, name.toLowerCase()) : parsePath(reader, name);
}

function parseCall(reader: TokenReader, name: string): Expression {
  const args = parseList(reader);
  if (name === 'dynamic') return args[0] ?? { kind: 'literal', value: null };
  if (!isFunction(name)) throw operatorNotModelled(`${name}()`);
  return { kind: 'call', name, args };
}

/** `properties.primaryEndpoints.blob`, `tags['cost-center']`, `zones[0]`. The first part must be a column. */
function parsePath(reader: TokenReader, first: string): Expression {
  if (!reader.columns.has(first)) {
    throw invalidQuery({
      code: 'SemanticError',
      message: `Failed to resolve scalar expression named '${first}'.`,
      target: first,
    });
  }
  const path = [first];
  for (;;) {
    if (reader.take('.')) {
      path.push(reader.expectName().text);
    } else if (reader.take('[')) {
      path.push(reader.next().value);
      reader.expect(']');
    } else {
      return { kind: 'column', path };
    }
  }
}
