/** A piece of a `$filter` expression. `word`: names, paths, operators, keywords. `literal`: quoted text, numbers, dates. */
export interface FilterToken {
  readonly kind: 'word' | 'literal' | '(' | ')' | ',' | ':';
  readonly text: string;
  /** Where it begins in the filter. */
  readonly at: number;
}

// Sticky, so that each match begins where the last one ended. A GUID may begin with a letter and is then a word, which
// does no harm: nothing compares words on the right side of an operator.
const pattern =
  /\s+|'(?:[^']|'')*'|[(),]|:|-?\d[\w.:+-]*|[A-Za-z_$@\u0080-\uffff][\w$@.\-\u0080-\uffff]*(?:\/[\w$@.\-\u0080-\uffff]+)*/y;

/** Splits a filter into tokens; undefined when it contains something that no OData filter has. */
export function tokenizeFilter(filter: string): FilterToken[] | undefined {
  const tokens: FilterToken[] = [];
  const scanner = new RegExp(pattern);
  while (scanner.lastIndex < filter.length) {
    const at = scanner.lastIndex;
    const text = scanner.exec(filter)?.[0];
    if (text === undefined) return undefined;
    if (text.trim() !== '') tokens.push(toToken(text, at));
  }
  return tokens;
}

function toToken(text: string, at: number): FilterToken {
  if (text === '(' || text === ')' || text === ',' || text === ':') return { kind: text, text, at };
  return { kind: /^['\d-]/.test(text) ? 'literal' : 'word', text, at };
}
