import { decodeLoosely } from '../../../http/url-text.ts';

/** A piece of a path: `delta`, `users('ada@contoso.example')` as `users` with its arguments. */
export interface PathSegment {
  readonly name: string;
  /** The text in parentheses, without them: a key or the parameters of a function. */
  readonly args?: string;
}

/** Real paths have at most 30 segments. */
const mostSegments = 60;

/** Below the version root: no query, no host, no version. */
function localPart(path: string): string {
  const bare = path.trim().split('?', 1)[0] ?? '';
  return bare.replace(/^https?:\/\/[^/]+/i, '').replace(/^\/?(?:v1\.0|beta)(?=\/|$)/i, '');
}

/**
 * Addresses by file path become addresses by id: `root:/a/b.txt:/content` is `items/{id}/content`, and
 * `sites/contoso.example:/sites/x:/lists` is `sites/{id}/lists`.
 */
function withoutFilePaths(path: string): string {
  return path
    .replaceAll(/\/root:\/[^:]*:?/gi, '/items/{id}/')
    .replaceAll(/(\/[^/:]+):\/[^:]*:?/g, '$1/')
    .replaceAll(/\/{2,}/g, '/');
}

const steps: Readonly<Record<string, number>> = { '(': 1, ')': -1 };

/** Splits at slashes outside parentheses and quotes. */
function pieces(path: string): string[] {
  const found: string[] = [];
  let piece = '';
  let depth = 0;
  let isQuoted = false;
  for (const character of path) {
    if (character === "'") {
      isQuoted = depth > 0 && !isQuoted;
    } else if (!isQuoted) {
      depth = Math.max(0, depth + (steps[character] ?? 0));
    }
    if (character === '/' && depth === 0) {
      found.push(piece);
      piece = '';
    } else {
      piece += character;
    }
  }
  found.push(piece);
  return found.filter((text) => text !== '').slice(0, mostSegments);
}

function readSegment(text: string): PathSegment {
  const open = text.indexOf('(');
  if (open < 0 || !text.endsWith(')')) return { name: decodeLoosely(text) };
  const args = decodeLoosely(text.slice(open + 1, -1));
  const name = decodeLoosely(text.slice(0, open));
  return args.trim() === '' ? { name } : { name, args };
}

/** The segments of a path of Graph, in their own spelling. Takes anything that people paste; never throws. */
export function splitPath(path: string): PathSegment[] {
  return pieces(withoutFilePaths(`/${localPart(path)}`)).map(readSegment);
}

/** Names of the parameters of a function, in lower case; empty for a key. */
export function parameterNames(args: string | undefined): string[] {
  return [...(args ?? '').matchAll(/(?:^|,)\s*(\w+)\s*=/g)].map(([, name = '']) => name.toLowerCase());
}
