import type { ApiRequest } from '../../../http/api-client.ts';
import { mergeQuery, parseQueryText, queryRecord, readQueryParams } from '../../../http/url-text.ts';

/** A relationship that a request wants expanded: `members($select=id)`. */
export interface Expansion {
  /** As the caller spelled it. */
  readonly navigation: string;
  /** Options in the parentheses: `$select`. */
  readonly options: Readonly<Record<string, string>>;
}

/** What the `$expand` of a request asks for; empty for most requests. */
export function expansionsOf({ path, params }: Pick<ApiRequest, 'path' | 'params'>): readonly Expansion[] {
  const mayExpand = /expand/i.test(path) || Object.keys(params ?? {}).some((name) => /expand/i.test(name));
  if (!mayExpand) return [];
  const at = path.indexOf('?');
  const typed = at < 0 ? [] : parseQueryText(path.slice(at + 1), false);
  const options = mergeQuery(typed, readQueryParams(params, false));
  const { $expand: text = '' } = queryRecord(options.map(({ name, value }) => [name.toLowerCase(), value] as const));
  return splitOutside(text, ',').flatMap((part) => parseExpansion(part) ?? []);
}

function parseExpansion(text: string): Expansion | undefined {
  const [, navigation, inner = ''] = /^\s*(\w+)\s*(?:\((.*)\))?\s*$/s.exec(text) ?? [];
  if (navigation === undefined) return undefined;
  const pairs = splitOutside(inner, ';').flatMap((part) => {
    const at = part.indexOf('=');
    return at < 0 ? [] : [[part.slice(0, at).trim(), part.slice(at + 1).trim()] as const];
  });
  return { navigation, options: Object.fromEntries(pairs) };
}

/** Splits outside of parentheses and quoted texts. */
function splitOutside(text: string, separator: string): readonly string[] {
  const parts: string[] = [];
  let depth = 0;
  let isQuoted = false;
  let start = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at);
    if (character === "'") isQuoted = !isQuoted;
    if (isQuoted) continue;
    if (character === '(') depth += 1;
    if (character === ')') depth -= 1;
    if (character === separator && depth === 0) {
      parts.push(text.slice(start, at));
      start = at + 1;
    }
  }
  return [...parts, text.slice(start)];
}
