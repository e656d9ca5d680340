import type { Entity } from '../../base/entity-store.ts';
import { namesOf } from '../../base/names.ts';
import { badRequest, type GraphError, unsupportedQuery } from '../graph-error.ts';
import type { EntityPredicate } from './filter-evaluator.ts';
import { unquotedWords } from './search-words.ts';
import { memberTypesOf } from './select.ts';

/**
 * `$search` on directory objects. Source: "Use the $search query parameter to match a search criterion",
 * https://learn.microsoft.com/graph/search-query-parameter.
 */
export type SearchNode =
  | { readonly kind: 'and' | 'or'; readonly left: SearchNode; readonly right: SearchNode }
  | { readonly kind: 'clause'; readonly property: string; readonly text: string };

/** Properties that are split into words; others are matched by prefix. */
const tokenized = ['displayName', 'description'];

const searchable: Readonly<Record<string, readonly string[]>> = {
  administrativeUnit: ['displayName', 'description'],
  application: ['displayName', 'description', 'appId', 'publisherDomain', 'uniqueName'],
  device: ['displayName'],
  group: ['displayName', 'description', 'mail', 'mailNickname', 'proxyAddresses'],
  orgContact: ['displayName', 'mail', 'givenName', 'surname', 'mailNickname', 'proxyAddresses'],
  servicePrincipal: ['displayName', 'description', 'appId'],
  user: namesOf(`
    displayName givenName surname mail mailNickname otherMails proxyAddresses userPrincipalName department jobTitle
    officeLocation companyName city country employeeId`),
};

/** Parses a `$search`; throws 400 for a missing quote, a lower-case operator, or a property that is not indexed. */
export function parseSearch(text: string, type: string): SearchNode {
  const reader = { text, at: 0 };
  const node = parseOr(reader, type, 0);
  skipSpace(reader);
  if (reader.at < text.length) throw syntaxError(reader);
  return node;
}

interface Reader {
  readonly text: string;
  at: number;
}

function parseOr(reader: Reader, type: string, depth: number): SearchNode {
  let left = parseAnd(reader, type, depth);
  while (takeOperator(reader, 'OR')) left = { kind: 'or', left, right: parseAnd(reader, type, depth) };
  return left;
}

function parseAnd(reader: Reader, type: string, depth: number): SearchNode {
  let left = parseClause(reader, type, depth);
  for (;;) {
    // Adjacent clauses also mean AND.
    if (!takeOperator(reader, 'AND') && !isClauseNext(reader)) return left;
    left = { kind: 'and', left, right: parseClause(reader, type, depth) };
  }
}

function parseClause(reader: Reader, type: string, depth: number): SearchNode {
  skipSpace(reader);
  if (depth > 20) throw syntaxError(reader);
  if (reader.text[reader.at] === '(') {
    reader.at += 1;
    const inner = parseOr(reader, type, depth + 1);
    skipSpace(reader);
    if (reader.text[reader.at] !== ')') throw syntaxError(reader);
    reader.at += 1;
    return inner;
  }
  const quoted = /^"((?:[^"\\]|\\.)*)"/s.exec(reader.text.slice(reader.at));
  if (!quoted) throw unquoted(reader);
  reader.at += quoted[0].length;
  return clauseOf((quoted[1] ?? '').replace(/\\(.)/gs, '$1'), type);
}

function clauseOf(content: string, type: string): SearchNode {
  const colon = content.indexOf(':');
  if (colon < 1) throw unnamedProperty(content);
  const name = content.slice(0, colon).trim();
  const property = memberTypesOf(type)
    .flatMap((member) => searchable[member] ?? [])
    .find((one) => one.toLowerCase() === name.toLowerCase());
  if (!property) throw unsupportedQuery(`Unsupported or invalid search clause specified for property '${name}'.`);
  return { kind: 'clause', property, text: content.slice(colon + 1).trim() };
}

function takeOperator(reader: Reader, operator: 'AND' | 'OR'): boolean {
  skipSpace(reader);
  const rest = reader.text.slice(reader.at);
  if (!new RegExp(`^${operator}(?=[\\s("])`).test(rest)) return false;
  reader.at += operator.length;
  return true;
}

function isClauseNext(reader: Reader): boolean {
  const next = reader.text[reader.at];
  return next === '"' || next === '(';
}

function skipSpace(reader: Reader): void {
  while (/\s/.test(reader.text.charAt(reader.at))) reader.at += 1;
}

/** Words without quotes are legal, but the directory searches only properties. */
function unquoted({ text, at }: Reader): GraphError {
  const [word] = unquotedWords(text, at);
  return word === undefined ? syntaxError({ text, at }) : unnamedProperty(word);
}

function unnamedProperty(content: string): GraphError {
  return badRequest(`Unrecognized query argument specified: '${content}'. Use "property:text".`);
}

function syntaxError(reader: Reader) {
  return badRequest(`Syntax error at position ${reader.at} in '${reader.text}'.`);
}

export function compileSearch(node: SearchNode): EntityPredicate {
  if (node.kind === 'clause') return compileClause(node.property, node.text);
  const [left, right] = [compileSearch(node.left), compileSearch(node.right)];
  return node.kind === 'and' ? (entity) => left(entity) && right(entity) : (entity) => left(entity) || right(entity);
}

function compileClause(property: string, text: string): EntityPredicate {
  if (!tokenized.includes(property)) {
    const wanted = text.toLowerCase();
    return (entity) => valuesOf(entity, property).some((value) => value.toLowerCase().startsWith(wanted));
  }
  const wanted = wordsOf(text);
  return (entity) => {
    const words = valuesOf(entity, property).flatMap((value) => [
      ...wordsOf(value),
      ...value.toLowerCase().split(/\s+/),
    ]);
    return wanted.length > 0 && wanted.every((part) => words.some((word) => word.startsWith(part)));
  };
}

function valuesOf(entity: Entity, property: string): readonly string[] {
  const value = entity[property];
  return (Array.isArray(value) ? value : [value]).filter((one) => typeof one === 'string');
}

/** Words of a text: split at spaces and symbols, between lower and upper case, and between letters and digits. */
export function wordsOf(text: string): readonly string[] {
  const words = text.match(/\p{Lu}+(?!\p{Ll})|\p{Lu}?[\p{Ll}\p{Lo}\p{Lt}\p{Lm}]+|\p{Lu}|\p{N}+/gu) ?? [];
  return words.map((word) => word.toLowerCase());
}
