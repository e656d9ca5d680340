import { parseFilter } from '../advanced/parse-filter.ts';

/** Operators of other languages, by those of OData. */
const operators: Readonly<Record<string, string>> = {
  '==': ' eq ',
  '=': ' eq ',
  '!=': ' ne ',
  '<>': ' ne ',
  '>=': ' ge ',
  '<=': ' le ',
  '>': ' gt ',
  '<': ' lt ',
  '&&': ' and ',
  '||': ' or ',
};

/** A text in either quotes, an operator, or one other character. */
const pieces = /'(?:[^']|'')*'|"(?:[^"\\]|\\.)*"|==|!=|<>|>=|<=|&&|\|\||[=<>]|[\s\S]/g;

/** Words that stand in upper case in other languages. */
const keyword = /\b(?:and|or|not|eq|ne|gt|ge|lt|le|in|has)\b/gi;

/**
 * A filter in the syntax of OData: single quotes around texts, a doubled one inside, `eq` for `=`. Undefined where nothing of
 * that was wrong, or something else is.
 * https://learn.microsoft.com/graph/filter-query-parameter
 */
export function repairFilter(filter: string): string | undefined {
  const repaired = (withDoubledQuotes(filter).match(pieces) ?? []).map(writePiece).join('');
  const tidy = lowerKeywords(repaired).trim();
  const isNew = tidy !== filter.trim();
  return isNew && parseFilter(tidy) !== undefined ? tidy : undefined;
}

function writePiece(piece: string): string {
  if (piece.startsWith("'") && piece.length > 1) return piece;
  if (!piece.startsWith('"') || piece.length < 2) return operators[piece] ?? piece;
  const text = piece.slice(1, -1).replace(/\\(.)/g, '$1');
  return `'${text.replaceAll("'", "''")}'`;
}

/** An apostrophe between letters belongs to the text around it: `'O'Brien'`. */
function withDoubledQuotes(filter: string): string {
  return filter.replace(/(?<=[\p{L}])'(?=[\p{L}])/gu, "''");
}

/** Keywords in lower case and single spaces, outside of texts. */
function lowerKeywords(filter: string): string {
  return filter.replace(/'(?:[^']|'')*'|[^']+/g, (part) =>
    part.startsWith("'") ? part : part.replace(keyword, (word) => word.toLowerCase()).replace(/\s{2,}/g, ' '),
  );
}

/** A `$search` whose clauses are quoted; undefined where they were. */
export function repairSearch(search: string): string | undefined {
  const text = search.trim();
  if (text.includes('"')) return undefined;
  const parts = text.split(/\s+(AND|OR|and|or)\s+/);
  const quoted = parts.map((part, index) =>
    index % 2 === 1 ? part.toUpperCase() : `"${part.replace(/["\\']/g, '')}"`,
  );
  const isClauses = parts.every((part, index) => index % 2 === 1 || /^'?\w+:[^:]/.test(part));
  return isClauses ? quoted.join(' ') : undefined;
}
