import { counted } from '../base/counted.ts';
import { isRecord } from '../base/guards.ts';
import { guidSource } from '../base/guid.ts';
import { quoted } from '../base/plain-text.ts';
import { maskShapes, secretMark } from '../secrets/answers/secret-shapes.ts';
import { formatAddress, type PolicyRequest } from './addresses/address.ts';
import type { Risk } from './risks/risk.ts';

// What a person reads about requests before saying yes: first what needs the yes, with what it would write.

/** Most requests that a question lists; those that widen authority are listed whatever their number. */
const mostListed = 50;

/** Most characters of an address that a question shows: nobody should say yes to what was cut off. */
export const longestAddress = 2_000;

/** The same for what a request would write. */
const longestBody = 4_000;

/** Careful bodies share this room: the whole has to fit into the form of a client. */
const roomOfBodies = 2_000;

interface Line {
  readonly request: PolicyRequest;
  /** 0 widens authority, 1 needs care, 2 needs nothing by itself. */
  rank: 0 | 1 | 2;
}

/**
 * A line for each request. `risky` has the risks of requests, and of what follows from them. `nameOf` names ids that are
 * the same everywhere, such as those of built-in roles: nobody knows by heart which one is the Owner.
 */
export function questionLines(
  requests: readonly PolicyRequest[],
  risky: ReadonlyMap<PolicyRequest, readonly Risk[]> = new Map(),
  nameOf: (id: string) => string | undefined = () => undefined,
): readonly string[] {
  const lines = ranked(requests, risky).toSorted((one, other) => one.rank - other.rank);
  const shown = lines.filter(({ rank }, at) => rank === 0 || at < mostListed);
  const count = shown.filter(({ rank }) => rank === 1).length;
  const room = Math.max(60, Math.floor(roomOfBodies / Math.max(1, count)));
  const texts = shown.map(({ request, rank }) => {
    const what = requestLine(request);
    return rank === 2 ? what : `${what}${bodyText(request.body, rank === 0 ? longestBody : room, nameOf)}`;
  });
  const more = lines.length - shown.length;
  return more > 0 ? [...texts, `and ${counted(more, 'more request')}`] : texts;
}

function ranked(
  requests: readonly PolicyRequest[],
  risky: ReadonlyMap<PolicyRequest, readonly Risk[]>,
): readonly Line[] {
  const lines: Line[] = [];
  for (const request of requests) {
    if (!request.isImplied) lines.push({ request, rank: 2 });
    // What follows from a request stands behind it.
    const line = lines.at(-1);
    const risks = risky.get(request) ?? [];
    if (line !== undefined && risks.length > 0) {
      line.rank = line.rank === 0 || risks.some(({ grade }) => grade === 'authority') ? 0 : 1;
    }
  }
  return lines;
}

function requestLine({ method, addresses: [own], query }: PolicyRequest): string {
  const options = Object.entries(query).filter(([name]) => name.toLowerCase() !== 'api-version');
  const text = options.map(([name, value]) => `${name}=${value}`).join('&');
  return quoted(`${method} ${formatAddress(own)}${text === '' ? '' : `?${text}`}`, longestAddress);
}

function bodyText(body: unknown, longest: number, nameOf: (id: string) => string | undefined): string {
  if (body === undefined || body === null || body === '') return '';
  const text = maskShapes(typeof body === 'string' ? body : (JSON.stringify(withoutSecrets(body)) ?? ''));
  const cut = text.length > longest ? `, the first ${longest} of ${text.length} characters` : '';
  return ` with ${quoted(text, longest)}${cut}${known(text, nameOf)}`;
}

/** The names of the ids in a text. */
function known(text: string, nameOf: (id: string) => string | undefined): string {
  const ids = new Set(text.toLowerCase().match(new RegExp(guidSource, 'g')) ?? []);
  const named = [...ids].flatMap((id) => {
    const name = nameOf(id);
    return name === undefined ? [] : [`${id} is ${name}`];
  });
  return named.length === 0 ? '' : ` (${named.join(', ')})`;
}

/** A preview goes back to the model, and a question is stored: what was given as a password stays out of both. */
export function withoutSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => {
      const isSecret = /password|secret|\bkey$/i.test(name);
      return [name, isSecret ? masked(one) : withoutSecrets(one)];
    }),
  );
}

/** Values of secure parameters stand one level below their names. */
function masked(value: unknown): unknown {
  if (typeof value === 'string') return secretMark;
  if (!isRecord(value)) return withoutSecrets(value);
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, masked(one)]));
}
