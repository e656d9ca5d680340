import { connectionNameSchema } from './connection.ts';

/** What the `connection` of a read names. */
export type NamedConnections =
  | { readonly kind: 'one'; readonly name: string }
  /** In the order named, each once; `repeated` were named again. */
  | { readonly kind: 'several'; readonly names: readonly string[]; readonly repeated: readonly string[] }
  /** `*`: all that can be read together. */
  | { readonly kind: 'all' };

/** Most connections that one call reads. */
export const mostConnections = 64;

const everything = '*';
const separator = ',';

/** Whether a text is meant to name several connections, rightly or wrongly. */
export function namesSeveral(text: string): boolean {
  return text.includes(separator) || text.trim() === everything;
}

/** Reads `contoso`, `contoso, fabrikam` or `*`. What the names are is not looked at. */
export function readConnectionNames(text: string): NamedConnections {
  if (text.trim() === everything) return { kind: 'all' };
  if (!namesSeveral(text)) return { kind: 'one', name: text };
  const given = text.split(separator).map((name) => name.trim());
  const repeated = given.filter((name, index) => given.indexOf(name) < index);
  return { kind: 'several', names: [...new Set(given)], repeated: [...new Set(repeated)] };
}

/** What is wrong with such a text; undefined where it can name connections. */
export function problemOfNames(text: string): string | undefined {
  const named = readConnectionNames(text);
  if (named.kind === 'all') return undefined;
  const names = named.kind === 'one' ? [named.name] : named.names;
  if (names.length > mostConnections) return `use at most ${mostConnections} names`;
  for (const name of names) {
    const problem = connectionNameSchema.safeParse(name).error?.issues[0]?.message;
    if (problem === undefined) continue;
    return named.kind === 'one'
      ? problem
      : 'use names of 2 to 63 of a-z, 0-9, _ and -, separated by commas, or "*" alone';
  }
  return undefined;
}

/** The same set in two spellings has one key: for what belongs to a call before its connections are looked up. */
export function keyOfNames(named: NamedConnections): string {
  if (named.kind === 'all') return everything;
  return named.kind === 'one' ? named.name : named.names.join(separator);
}
