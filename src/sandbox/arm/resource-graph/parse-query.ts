import type { Expression } from './expression.ts';
import { parseExpression, parseNamed } from './parse-expression.ts';
import { invalidQuery, operatorNotModelled, parserFailure } from './query-error.ts';
import { createTokenReader, type TokenReader } from './token-reader.ts';
import { tokenize } from './tokenize.ts';

interface NamedExpression {
  readonly name: string;
  readonly value: Expression;
}

interface SortKey {
  readonly value: Expression;
  readonly isAscending: boolean;
}

/** One step of a query: `| where …`. */
export type Stage =
  | { readonly kind: 'where'; readonly test: Expression }
  | { readonly kind: 'project' | 'extend' | 'distinct'; readonly columns: readonly NamedExpression[] }
  | { readonly kind: 'project-away'; readonly names: readonly string[] }
  | { readonly kind: 'sort'; readonly keys: readonly SortKey[]; readonly rows?: number }
  | { readonly kind: 'take'; readonly rows: number }
  | { readonly kind: 'count' }
  | { readonly kind: 'summarize'; readonly countName: string; readonly by: readonly NamedExpression[] };

export interface Query {
  readonly table: string;
  readonly stages: readonly Stage[];
  /** Columns of the result, in order. */
  readonly columns: readonly string[];
  /** Rows keep the `id` that their table gave them, so that a page can be continued. */
  readonly keepsId: boolean;
}

/** Tables with their columns. Source: "Azure Resource Graph table and resource type reference". */
export const tableColumns: Readonly<Record<string, readonly string[]>> = {
  resources: [
    'id',
    'name',
    'type',
    'tenantId',
    'kind',
    'location',
    'resourceGroup',
    'subscriptionId',
    'managedBy',
    'sku',
    'plan',
    'properties',
    'tags',
    'identity',
    'zones',
    'extendedLocation',
  ],
  resourcecontainers: [
    'id',
    'name',
    'type',
    'tenantId',
    'kind',
    'location',
    'resourceGroup',
    'subscriptionId',
    'managedBy',
    'sku',
    'plan',
    'properties',
    'tags',
    'identity',
    'zones',
    'extendedLocation',
  ],
  authorizationresources: [
    'id',
    'name',
    'type',
    'tenantId',
    'location',
    'resourceGroup',
    'subscriptionId',
    'properties',
  ],
};

const otherTables =
  /^(advisor|alertsmanagement|chaos|compute|extensibility|guestconfiguration|health|insights|iot|kubernetesconfiguration|maintenance|networking|patch(assessment|installation)|policy|recoveryservices|resource(container)?changes|security|servicehealth|spot|support)/;
const otherOperators = [
  'join',
  'union',
  'mv-expand',
  'mvexpand',
  'mv-apply',
  'parse',
  'parse-where',
  'lookup',
  'evaluate',
  'make-series',
  'sample',
  'serialize',
  'render',
  'search',
  'project-rename',
  'project-keep',
  'project-reorder',
  'getschema',
  'as',
  'find',
];

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

/** `a, b = expression, properties.c`; a path without a name is called by its parts. */
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

/** A path is called by its parts, a conversion by what it converts. */
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

/** `summarize [name =] count() by a, b` */
function parseSummarize(reader: TokenReader): Stage {
  const first = reader.expectName();
  const isNamed = reader.take('=');
  const aggregate = isNamed ? reader.expectName() : first;
  reader.expect('(');
  if (aggregate.text.toLowerCase() !== 'count') throw operatorNotModelled(`${aggregate.text}()`);
  reader.expect(')');
  if (reader.take(',')) throw operatorNotModelled('summarize with several aggregates');
  const by = reader.takeWord('by') ? parseColumns(reader) : [];
  return { kind: 'summarize', countName: isNamed ? first.text : 'count_', by };
}

function columnsAfter(stage: Stage, columns: ReadonlySet<string>): ReadonlySet<string> {
  switch (stage.kind) {
    case 'project':
    case 'distinct':
      return new Set(stage.columns.map(({ name }) => name));
    case 'extend':
      return new Set([...columns, ...stage.columns.map(({ name }) => name)]);
    case 'project-away':
      return new Set([...columns].filter((name) => !stage.names.includes(name)));
    case 'count':
      return new Set(['Count']);
    case 'summarize':
      return new Set([...stage.by.map(({ name }) => name), stage.countName]);
    case 'where':
    case 'sort':
    case 'take':
      return columns;
  }
}

function isIdKept(stage: Stage): boolean {
  const isId = ({ name, value }: NamedExpression) =>
    name === 'id' && value.kind === 'column' && value.path.length === 1 && value.path[0] === 'id';
  switch (stage.kind) {
    case 'project':
      return stage.columns.some(isId);
    case 'extend':
      return stage.columns.every((column) => column.name !== 'id');
    case 'project-away':
      return !stage.names.includes('id');
    case 'count':
    case 'summarize':
    case 'distinct':
      return false;
    case 'where':
    case 'sort':
    case 'take':
      return true;
  }
}
