import { badRequest } from '../graph-error.ts';

export type LiteralKind = 'string' | 'number' | 'boolean' | 'null' | 'guid' | 'date';

/** A value in a filter; dates stay strings. */
export interface Literal {
  readonly kind: LiteralKind;
  readonly value: string | number | boolean | null;
}

export type FilterToken =
  | { readonly type: 'literal'; readonly literal: Literal; readonly at: number }
  /** A name, path, or operator: `displayName`, `assignedLicenses/$count`, `x/skuId`. */
  | { readonly type: 'word'; readonly text: string; readonly at: number }
  | { readonly type: 'mark'; readonly text: '(' | ')' | ',' | ':'; readonly at: number }
  | { readonly type: 'end'; readonly at: number };

const guid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?![\w-])/i;
const date = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?(?![\w:-])/i;
const number = /^-?\d+(\.\d+)?(?![\w-])/;
const word = /^[A-Za-z_][\w.]*(\/(\$count|[A-Za-z_][\w.]*))*/;

/** Splits a `$filter` into tokens. Source of the grammar: "Use the $filter query parameter" and OData 4.01 URL conventions. */
export function tokenizeFilter(text: string): readonly FilterToken[] {
  const tokens: FilterToken[] = [];
  let at = 0;
  while (at < text.length) {
    if (/\s/.test(text.charAt(at))) {
      at += 1;
      continue;
    }
    const { token, length } = nextToken(text, at);
    tokens.push(token);
    at += length;
  }
  tokens.push({ type: 'end', at });
  return tokens;
}

function nextToken(text: string, at: number): { readonly token: FilterToken; readonly length: number } {
  const first = text.charAt(at);
  if (first === '(' || first === ')' || first === ',' || first === ':') {
    return { token: { type: 'mark', text: first, at }, length: 1 };
  }
  if (first === "'") return stringToken(text, at);
  const rest = text.slice(at);
  const simple = literalToken(rest, at);
  if (simple) return simple;
  const name = word.exec(rest)?.[0];
  if (!name) throw badFilter(`Syntax error at position ${at} in '${text}'.`);
  return { token: { type: 'word', text: name, at }, length: name.length };
}

function stringToken(text: string, at: number): { readonly token: FilterToken; readonly length: number } {
  const match = /^'((?:[^']|'')*)'/.exec(text.slice(at));
  if (!match) throw badFilter(`There is an unterminated string literal at position ${text.length} in '${text}'.`);
  const literal: Literal = { kind: 'string', value: (match[1] ?? '').replaceAll("''", "'") };
  return { token: { type: 'literal', literal, at }, length: match[0].length };
}

function literalToken(rest: string, at: number): { readonly token: FilterToken; readonly length: number } | undefined {
  const literal = (kind: LiteralKind, value: Literal['value'], source: string) => ({
    token: { type: 'literal' as const, literal: { kind, value }, at },
    length: source.length,
  });
  const guidText = guid.exec(rest)?.[0];
  if (guidText) return literal('guid', guidText, guidText);
  const dateText = date.exec(rest)?.[0];
  if (dateText) return literal('date', dateText, dateText);
  const numberText = number.exec(rest)?.[0];
  if (numberText) return literal('number', Number(numberText), numberText);
  const named = /^(true|false|null)(?![\w/])/.exec(rest)?.[0];
  if (named === 'null') return literal('null', null, named);
  return named ? literal('boolean', named === 'true', named) : undefined;
}

/** 400 for a filter that cannot be parsed. */
export function badFilter(reason: string) {
  return badRequest(`Invalid filter clause: ${reason}`);
}
