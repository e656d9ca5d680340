import type { HttpMethod } from '../../http/api-client.ts';
import type { PolicyService } from '../policy.ts';

/** Segments of a path in the one form in which rules and requests are compared: decoded, lower case, keys as segments. */
export type Address = readonly string[];

/** A segment that cannot be known: the id of what is only being made, or a name that a template computes. */
export const unknownSegment = '\u0000';

/** The signed-in user, whose id the address does not say. */
export const signedInUser = '\u0001';

/** Any segments, down to none: a template that cannot be looked into may reach everything. */
export const unknownRest = '\u0002';

/** A request in the form in which it is judged. */
export interface PolicyRequest {
  readonly service: PolicyService;
  /** HEAD counts as GET. */
  readonly method: Exclude<HttpMethod, 'HEAD'>;
  /** What it addresses, in every way in which that can be written; its own address first. */
  readonly addresses: readonly [Address, ...Address[]];
  readonly isRead: boolean;
  /** Absent for what follows from the body of another request. */
  readonly body?: unknown;
  readonly query: Readonly<Record<string, string>>;
  /** It follows from another request: the item of a template, the target of a move. It is judged, and not counted. */
  readonly isImplied: boolean;
}

/**
 * Segments of a path as it goes over the wire: decoded as often as a gateway might do it, in lower case, without empty
 * ones. A slash inside an OData key stays there.
 */
export function splitPath(path: string): string[] {
  const decoded = decodeFully(path.split(/[?#]/, 1)[0] ?? '').toLowerCase();
  const segments: string[] = [];
  let current = '';
  let depth = 0;
  let isQuoted = false;
  for (const character of decoded) {
    if (depth > 0 && character === "'") isQuoted = !isQuoted;
    if (!isQuoted && character === '(') depth += 1;
    if (!isQuoted && character === ')') depth = Math.max(0, depth - 1);
    if (character === '/' && depth === 0) {
      segments.push(current.trim());
      current = '';
    } else {
      current += character;
    }
  }
  return withoutDots([...segments, current.trim()]);
}

/** The URL builder refuses steps upwards; those inside bodies are carried out here. */
function withoutDots(segments: readonly string[]): string[] {
  const kept: string[] = [];
  for (const segment of segments) {
    if (segment === '..') {
      kept.pop();
    } else if (segment !== '' && segment !== '.') {
      kept.push(segment);
    }
  }
  return kept;
}

function decodeFully(text: string): string {
  let decoded = text;
  for (let round = 0; round < 3 && decoded.includes('%'); round++) {
    decoded = decodeOnce(decoded);
  }
  return decoded;
}

/** A stray `%` must not keep the rest from being decoded. */
function decodeOnce(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text.replace(/%([0-7][0-9a-f])/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  }
}

const words: Readonly<Record<string, string>> = {
  [unknownSegment]: '{unknown}',
  [signedInUser]: 'me',
  [unknownRest]: '**',
};

/** For people: `/users/{unknown}/owners`. */
export function formatAddress(address: Address): string {
  return `/${address.map((segment) => words[segment] ?? segment).join('/')}`;
}
