import { member, textOf } from '../../base/guards.ts';
import { guidPattern } from '../../base/guid.ts';
import { type Address, signedInUser, splitPath, unknownSegment } from './address.ts';

// One object of Microsoft Graph has many addresses. They are made comparable here.
// https://learn.microsoft.com/graph/traverse-the-graph

/** Types that an address can be cast to. Any other name after `microsoft.graph.` is an action or a function. */
const castTypes = new Set([
  'administrativeunit',
  'agentidentity',
  'agentidentityblueprint',
  'agentidentityblueprintprincipal',
  'agentuser',
  'application',
  'contact',
  'device',
  'directoryobject',
  'directoryrole',
  'group',
  'orgcontact',
  'serviceprincipal',
  'user',
]);

const collectionsOfTypes: Readonly<Record<string, string>> = {
  administrativeunit: 'administrativeunits',
  agentidentity: 'serviceprincipals',
  agentidentityblueprint: 'applications',
  agentidentityblueprintprincipal: 'serviceprincipals',
  agentuser: 'users',
  application: 'applications',
  device: 'devices',
  directoryrole: 'directoryroles',
  group: 'groups',
  orgcontact: 'contacts',
  serviceprincipal: 'serviceprincipals',
  user: 'users',
};

/** Collections of directory objects; a role is no object that can be addressed without its collection. */
const directoryCollections = [...new Set(Object.values(collectionsOfTypes))].filter(
  (name) => name !== 'directoryroles',
);

/** What a navigation leads to, when an id or nothing follows it. */
const navigations: Readonly<Record<string, readonly string[]>> = {
  acceptedsenders: ['users', 'groups'],
  appliesto: directoryCollections,
  createdobjects: directoryCollections,
  directreports: ['users'],
  manager: ['users'],
  memberswithlicenseerrors: ['users'],
  memberof: ['groups', 'directoryroles', 'administrativeunits'],
  members: ['users', 'groups', 'serviceprincipals', 'devices', 'contacts'],
  ownedobjects: directoryCollections,
  owneddevices: ['devices'],
  owners: ['users', 'serviceprincipals'],
  registereddevices: ['devices'],
  registeredowners: ['users', 'serviceprincipals'],
  registeredusers: ['users'],
  rejectedsenders: ['users', 'groups'],
  sponsors: ['users', 'groups'],
  transitivememberof: ['groups', 'directoryroles', 'administrativeunits'],
  transitivemembers: ['users', 'groups', 'serviceprincipals', 'devices', 'contacts'],
  transitivereports: ['users'],
};

const singleNavigations = new Set(['manager']);

/** Keys that are the same as the plain id in the path. */
const plainKeys = new Set(['', 'id', 'userprincipalname', 'name']);

/** A segment with its key in parentheses: `users('ada@contoso.example')`, `applications(appId='…')`. */
function readKey(content: string): string {
  const [, name = '', value = ''] = /^\s*(?:([a-z_]\w*)\s*=)?\s*(.*?)\s*$/s.exec(content) ?? [];
  const plain = /^'.*'$/s.test(value) ? value.slice(1, -1).replaceAll("''", "'") : value;
  return plainKeys.has(name) ? plain : `${name}=${withDashes(plain)}`;
}

/** Ids may be read in any notation of a GUID: without dashes, in braces. */
function withDashes(segment: string): string {
  const parts = /^\{?([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})\}?$/.exec(segment);
  return parts === null ? segment : parts.slice(1).join('-');
}

/** `a(b)` becomes two segments, `delta()` one. */
function separateKey(segment: string): string[] {
  const open = segment.indexOf('(');
  if (open < 0 || !segment.endsWith(')')) return [segment];
  const name = segment.slice(0, open);
  const content = segment.slice(open + 1, -1);
  if (content.trim() === '') return [name];
  // Of several parts it is a key only if all are needed to find the object; as text they are compared as they stand.
  return [...(name === '' ? [] : [name]), readKey(content)];
}

/** Segments without casts; the last cast that stood behind a key, for addresses that need it. */
function withoutCasts(segments: readonly string[]): { readonly plain: string[]; readonly cast: string | undefined } {
  const plain: string[] = [];
  let cast: string | undefined;
  for (const segment of segments) {
    const name = /^(?:microsoft\.)?graph\.(.+)$/.exec(segment)?.[1];
    if (name === undefined) {
      plain.push(segment);
    } else if (castTypes.has(name) && plain.length > 0) {
      cast = name;
    } else {
      plain.push(name.split('.').at(-1) ?? name);
    }
  }
  return { plain, cast };
}

/** The canonical address of a path below the version root, and the type that it is cast to. */
function readPath(path: string): { readonly address: Address; readonly cast: string | undefined } {
  const segments = splitPath(path).flatMap(separateKey).map(withDashes);
  const [first] = segments;
  const { plain, cast } = withoutCasts(first === 'v1.0' || first === 'beta' ? segments.slice(1) : segments);
  return { address: withoutAliases(plain), cast };
}

function withoutAliases(plain: readonly string[]): Address {
  const [first, second] = plain;
  if (first === 'me') return ['users', signedInUser, ...plain.slice(1)];
  if (first === 'users' && (second === 'me' || second === 'me-token-to-replace')) {
    return ['users', signedInUser, ...plain.slice(2)];
  }
  if (first === 'directory' && second === 'administrativeunits') return plain.slice(1);
  if (first === 'deleteditems') return ['directory', ...plain];
  return plain;
}

/** The path of a rule. `{id}` is any segment. */
export function graphRuleAddress(path: string): Address {
  return readPath(path).address.map((segment) => (/^\{.*\}$/.test(segment) ? '*' : segment));
}

/** Every address of what a request reads or changes, its own first. */
export function graphAddresses(path: string): readonly [Address, ...Address[]] {
  const { address, cast } = readPath(path);
  const byObject = objectAddresses(address, cast);
  return [address, ...byObject, ...educationTwins(address), ...navigated(address, cast)];
}

/**
 * Users and groups of the directory under the names that schools have for them.
 * https://learn.microsoft.com/graph/api/resources/educationuser
 */
function educationTwins([first, collection, ...rest]: Address): readonly Address[] {
  if (first !== 'education') return [];
  if (collection === 'me') return [['users', signedInUser, ...rest.filter((segment) => segment !== 'user')]];
  const [key, ...below] = rest;
  if (key === undefined) return collection === 'users' ? [['users']] : [];
  if (collection === 'users') return [['users', key, ...(below[0] === 'user' ? below.slice(1) : below)]];
  return collection === 'classes' ? [['groups', key, ...(below[0] === 'group' ? below.slice(1) : below)]] : [];
}

/** `/directoryObjects/{id}` is a user, a group, an app …: whichever it is, its rules hold. */
function objectAddresses(address: Address, cast: string | undefined): readonly Address[] {
  const [first, id, ...rest] = address;
  if (first !== 'directoryobjects' || id === undefined || !isKey(id)) return [];
  return collectionsOf(directoryCollections, cast).map((collection) => [collection, id, ...rest]);
}

/** `/groups/{id}/members/{id}` is the member itself, unless it ends with `$ref`. */
function navigated(address: Address, cast: string | undefined): readonly Address[] {
  if (address.at(-1) === '$ref') return [];
  return address.flatMap((segment, at) => {
    const targets = at < 2 ? undefined : navigations[segment];
    if (targets === undefined) return [];
    const isSingle = singleNavigations.has(segment);
    const [key = unknownSegment, ...rest] = isSingle
      ? [unknownSegment, ...address.slice(at + 1)]
      : address.slice(at + 1);
    if (key.startsWith('$')) return [];
    return collectionsOf(targets, cast).map((collection) => [collection, key, ...rest]);
  });
}

function collectionsOf(collections: readonly string[], cast: string | undefined): readonly string[] {
  const known = cast === undefined ? undefined : collectionsOfTypes[cast];
  return known === undefined ? collections : [known];
}

function isKey(segment: string): boolean {
  return guidPattern.test(segment) || segment.includes('=') || segment.includes('@') || segment === unknownSegment;
}

/** Objects that are read by a list of their ids, whatever they are. https://learn.microsoft.com/graph/api/directoryobject-getbyids */
export function foundByIds(address: Address, body: unknown): readonly Address[] {
  const ids = /^get(?:byids|objectsbyid)$/.test(address.at(-1) ?? '') ? member(body, 'ids') : undefined;
  if (!Array.isArray(ids)) return [];
  return ids.flatMap((id) => directoryCollections.map((collection) => [collection, textOf(id).toLowerCase()]));
}

/** What `$expand` brings besides, as addresses of its own: `/groups?$expand=members` reads the members. */
export function expandedAddresses(address: Address, query: Readonly<Record<string, string>>): readonly Address[] {
  const expand = Object.entries(query).flatMap(([name, value]) => (/^\$?expand$/i.test(name) ? [value] : []));
  if (expand.length === 0) return [];
  const parent = address.length % 2 === 1 ? [...address, unknownSegment] : address;
  const names =
    expand
      .join(',')
      .toLowerCase()
      .match(/(?<![\w$=.])[a-z]\w*(?=[\s,()/;]|$)/g) ?? [];
  const expandedFrom = (from: Address) =>
    names.flatMap((name) => {
      const own = [...from, name];
      return [own, ...navigated(own, undefined)];
    });
  const first = expandedFrom(parent);
  if (!expand.some((one) => /expand/i.test(one))) return first;
  // Inside of an expansion another one may stand; which of the names belongs to which object does not matter.
  const targets = [...new Map(first.filter((one) => one.length === 2).map((one) => [one.join('/'), one])).values()];
  return [...first, ...targets.flatMap(expandedFrom)];
}
