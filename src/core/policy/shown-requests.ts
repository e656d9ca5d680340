import { counted } from '../base/counted.ts';
import { isRecord, parseRecord } from '../base/guards.ts';
import { quoted } from '../base/plain-text.ts';
import { formatAddress, type PolicyRequest } from './addresses/address.ts';
import type { PlannedWrite } from './guard.ts';
import { readRequests } from './read-requests.ts';

/** Most requests that a question lists. */
const mostListed = 50;

/** Most characters of an address that a question shows: nobody should say yes to what was cut off. */
export const longestAddress = 2_000;

/** Most members of bodies that a question shows, over all of its requests. */
const mostMembers = 200;

/** Most characters of one member. */
const longestValue = 2_000;

/**
 * The writes of a call for the person who says yes to them, line by line: each address in the one form in which rules
 * compare it, and below it what the body says, member by member. `nameOf` names ids that are the same everywhere, such as
 * those of built-in roles: nobody knows by heart which one is the Owner.
 */
export function showWrites(
  writes: readonly PlannedWrite[],
  nameOf: (id: string) => string | undefined = () => undefined,
): readonly string[] {
  const shown = writes.flatMap((write) => {
    const own = readRequests({ ...write, isRead: false }).filter(({ isImplied }) => !isImplied);
    // One request has its body as it was written; those of an envelope have theirs.
    return own.map((request) => ({ request, body: own.length === 1 ? write.body : request.body }));
  });
  let left = mostMembers;
  const lines = shown.slice(0, mostListed).flatMap(({ request, body }) => {
    const members = membersOf(body);
    const listed = members.slice(0, left);
    left -= listed.length;
    const hidden = members.length - listed.length;
    return [
      showRequest(request),
      ...listed.map((member) => showMember(member, nameOf)),
      ...(hidden === 0 ? [] : [notShown(hidden)]),
    ];
  });
  const more = shown.length - mostListed;
  return more > 0 ? [...lines, `and ${counted(more, 'more request')}`] : lines;
}

function notShown(members: number): string {
  const [are, them] = members === 1 ? ['is', 'it'] : ['are', 'them'];
  return `  and ${counted(members, 'more member')} that ${are} not shown: say yes only if you know ${them}`;
}

/** One request: method, address and options. */
export function showRequest({ method, addresses: [own], query }: PolicyRequest): string {
  const options = Object.entries(query)
    .filter(([name]) => name.toLowerCase() !== 'api-version')
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
  return quoted(`${method} ${formatAddress(own)}${options === '' ? '' : `?${options}`}`, longestAddress);
}

interface Member {
  readonly path: string;
  readonly value: unknown;
}

/** The leaves of a body. What cannot be looked into is one member. */
function membersOf(body: unknown): readonly Member[] {
  if (body === undefined || body === null) return [];
  return leaves(typeof body === 'string' ? (parseRecord(body) ?? body) : body, '');
}

function leaves(value: unknown, path: string): readonly Member[] {
  const entries = Array.isArray(value)
    ? value.map((one, index) => [`${path}[${index}]`, one] as const)
    : isRecord(value) && !isReference(value)
      ? Object.entries(value).map(([name, one]) => [path === '' ? name : `${path}.${name}`, one] as const)
      : [];
  return entries.length === 0 ? [{ path, value }] : entries.flatMap(([name, one]) => leaves(one, name));
}

/** `{ "secret": "name" }` or `{ "generate": true }`: a secret that the call names instead of carrying it. */
function isReference(value: Readonly<Record<string, unknown>>): boolean {
  const [name, ...others] = Object.keys(value);
  return others.length === 0 && (name === 'secret' || name === 'generate');
}

function showMember({ path, value }: Member, nameOf: (id: string) => string | undefined): string {
  const last =
    path
      .replace(/\[\d+\]$/, '')
      .split('.')
      .at(-1) ?? '';
  const isSecret = typeof value === 'string' && isSecretMember(last);
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const known = typeof value === 'string' ? nameOf(idAtEnd(value)) : undefined;
  const name = path === '' ? '' : `${quoted(path)} = `;
  return `  ${name}${quoted(isSecret ? '[secret]' : text, longestValue)}${known === undefined ? '' : ` (${known})`}`;
}

/** The id of a role definition stands at the end of its address. */
function idAtEnd(text: string): string {
  return text.slice(text.lastIndexOf('/') + 1).toLowerCase();
}

/** A preview goes back to the model, and a question to a screen: what was given as a password stays out of both. */
export function withoutSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [
      name,
      typeof one === 'string' && isSecretMember(name) ? '[secret]' : withoutSecrets(one),
    ]),
  );
}

function isSecretMember(name: string): boolean {
  return /password|secret|\bkey$/i.test(name);
}
