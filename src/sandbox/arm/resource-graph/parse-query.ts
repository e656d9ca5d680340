import { type Aggregate, findAggregate } from './aggregates.ts';
import type { Expression } from './expression.ts';
import { parseExpression, parseNamed } from './parse-expression.ts';
import { columnsAfter, isIdKept, type NamedExpression, type Query, type SortKey, type Stage } from './query.ts';
import { invalidQuery, operatorNotModelled, parserFailure } from './query-error.ts';
import { otherTables, tableColumns } from './table-rows.ts';
import { createTokenReader, type TokenReader, tokenize } from './tokens.ts';

const otherOperators =
  `join union mv-expand mvexpand mv-apply parse parse-where lookup evaluate make-series sample serialize render
  search project-rename project-keep project-reorder getschema as find`.split(/\s+/);

export function parseQuery(text: string): Query {
  const tokens = tokenize(text);
  const first = tokens[0];
  const table = first?.text.toLowerCase() ?? '';
  if (table === 'let' || otherTables.test(table)) throw operatorNotModelled(table);
  const columns = tableColumns[table];
  if (!columns || !first) {
    const message = `Table ${first?.text} is invalid, unsupported or disallowed.`;
    throw invalidQuery({ code: 'DisallowedLogicalTableName', message });
  }
  const reader = createTokenReader(tokens.slice(1), new Set(columns));
  const stages: Stage[] = [];
  let keepsId = true;
  while (reader.peek().kind !== 'end') {
    reader.expect('|');
    const stage = parseStage(reader);
    reader.columns = columnsAfter(stage, reader.columns);
    keepsId &&= isIdKept(stage);
    stages.push(stage);
  }
  return { table, stages, columns: [...reader.columns], keepsId };
}

function parseStage(reader: TokenReader): Stage {
  const operator = reader.expectName();
  switch (operator.text.toLowerCase()) {
    case 'where':
    case 'filter':
      return { kind: 'where', test: parseExpression(reader) };
    case 'project':
      return { kind: 'project', columns: parseColumns(reader) };
    case 'extend':
      return { kind: 'extend', columns: parseColumns(reader) };
    case 'distinct':
      return { kind: 'distinct', columns: reader.take('*') ? allColumns(reader) : parseColumns(reader) };
    case 'project-away':
      return { kind: 'project-away', names: parseColumns(reader).map(({ name }) => name) };
    case 'order':
    case 'sort':
      return { kind: 'sort', keys: parseSortKeys(reader) };
    case 'top': {
      const rows = parseNumber(reader);
      return { kind: 'sort', rows, keys: parseSortKeys(reader) };
    }
    case 'take':
    case 'limit':
      return { kind: 'take', rows: parseNumber(reader) };
    case 'count':
      return { kind: 'count' };
    case 'summarize':
      return parseSummarize(reader);
    default:
      if (otherOperators.includes(operator.text.toLowerCase())) throw operatorNotModelled(operator.text);
      throw parserFailure(operator, 'an operator such as where, project or summarize');
  }
}

function allColumns(reader: TokenReader): readonly NamedExpression[] {
  return [...reader.columns].map((name) => ({ name, value: { kind: 'column', path: [name] } }));
}

/** `a, b = expression, properties.c`. A path without a name is named after its parts. */
function parseColumns(reader: TokenReader): readonly NamedExpression[] {
  const columns: NamedExpression[] = [];
  do columns.push(parseColumn(reader));
  while (reader.take(','));
  return columns;
}

function parseColumn(reader: TokenReader): NamedExpression {
  const { text } = reader.expectName();
  if (reader.take('=')) return { name: text, value: parseExpression(reader) };
  const value = parseNamed(reader, text);
  return { name: nameOf(value), value };
}

/** A path is named after its parts, a conversion after its argument. */
function nameOf(value: Expression): string {
  if (value.kind === 'column') return value.path.join('_');
  const [argument, ...more] = value.kind === 'call' ? value.args : [];
  return argument && more.length === 0 ? nameOf(argument) : 'Column1';
}

function parseSortKeys(reader: TokenReader): readonly SortKey[] {
  const keys: SortKey[] = [];
  if (!reader.takeWord('by')) throw parserFailure(reader.peek(), 'by');
  do {
    const value = parseExpression(reader);
    const isAscending = reader.takeWord('asc');
    if (!isAscending) reader.takeWord('desc');
    if (reader.takeWord('nulls')) reader.expectName();
    keys.push({ value, isAscending });
  } while (reader.take(','));
  return keys;
}

function parseNumber(reader: TokenReader): number {
  const token = reader.next();
  if (token.kind !== 'number') throw parserFailure(token, 'a number');
  return Number(token.value);
}

/** `summarize [name =] count(), countif(test), … by a, b`; also without aggregates, like `distinct`. */
function parseSummarize(reader: TokenReader): Stage {
  const aggregates: Aggregate[] = [];
  if (!isBy(reader)) {
    do aggregates.push(parseAggregate(reader, aggregates));
    while (reader.take(','));
  }
  const by = reader.takeWord('by') ? parseColumns(reader) : [];
  return { kind: 'summarize', aggregates, by };
}

function isBy(reader: TokenReader): boolean {
  return reader.peek().text.toLowerCase() === 'by';
}

function parseAggregate(reader: TokenReader, before: readonly Aggregate[]): Aggregate {
  const first = reader.expectName();
  const isNamed = reader.take('=');
  const called = isNamed ? reader.expectName() : first;
  reader.expect('(');
  const kind = findAggregate(called.text);
  if (!kind) throw operatorNotModelled(`${called.text}()`);
  const argument = kind === 'count' ? undefined : parseExpression(reader);
  reader.expect(')');
  return { name: isNamed ? first.text : freeName(kind, argument, before), kind, argument };
}

/** `count_`, `countif_`, `sum_properties_sizeGB`; a second one of the same name gets a number. */
function freeName(kind: string, argument: Expression | undefined, before: readonly Aggregate[]): string {
  const wanted = `${kind}_${argument?.kind === 'column' ? argument.path.join('_') : ''}`;
  const isTaken = (name: string) => before.some((one) => one.name === name);
  if (!isTaken(wanted)) return wanted;
  let number = 1;
  while (isTaken(`${wanted}${number}`)) number += 1;
  return `${wanted}${number}`;
}
