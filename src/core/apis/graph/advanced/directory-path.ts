import { decodeLoosely } from '../../../http/url-text.ts';

/** Types of directory objects whose lists take advanced queries. `directoryObject` is a mixed list. */
export type DirectoryType =
  | 'user'
  | 'group'
  | 'application'
  | 'servicePrincipal'
  | 'device'
  | 'administrativeUnit'
  | 'orgContact'
  | 'directoryRole'
  | 'contract'
  | 'appRoleAssignment'
  | 'oAuth2PermissionGrant'
  | 'directoryObject';

/** What a path below the version root addresses, when that is in the directory. */
export interface DirectoryPath {
  /** Type of the addressed object, or of the objects in the list. */
  readonly type: DirectoryType;
  /** `collection`: `/users`. `relationship`: `/groups/{id}/members`. `entity`: one object. */
  readonly shape: 'collection' | 'relationship' | 'entity';
  /** The list is narrowed to one type by a cast segment. */
  readonly cast: boolean;
  readonly transitive: boolean;
  /** The path ends with `/$count` and answers a number. */
  readonly counts: boolean;
}

const collections: Readonly<Record<string, DirectoryType>> = {
  users: 'user',
  groups: 'group',
  applications: 'application',
  serviceprincipals: 'servicePrincipal',
  devices: 'device',
  administrativeunits: 'administrativeUnit',
  contacts: 'orgContact',
  directoryroles: 'directoryRole',
  contracts: 'contract',
  oauth2permissiongrants: 'oAuth2PermissionGrant',
};

const membership = { memberof: 'directoryObject', transitivememberof: 'directoryObject' } as const;

/** Relationships that take advanced queries: https://learn.microsoft.com/graph/aad-advanced-queries */
const relationships: Readonly<Partial<Record<DirectoryType, Readonly<Record<string, DirectoryType>>>>> = {
  administrativeUnit: { members: 'directoryObject' },
  application: { owners: 'directoryObject' },
  device: { ...membership, registeredusers: 'directoryObject', registeredowners: 'directoryObject' },
  group: {
    ...membership,
    members: 'directoryObject',
    transitivemembers: 'directoryObject',
    owners: 'directoryObject',
    approleassignments: 'appRoleAssignment',
  },
  orgContact: membership,
  servicePrincipal: {
    ...membership,
    owners: 'directoryObject',
    approleassignments: 'appRoleAssignment',
    approleassignedto: 'appRoleAssignment',
    oauth2permissiongrants: 'oAuth2PermissionGrant',
  },
  user: {
    ...membership,
    ownedobjects: 'directoryObject',
    registereddevices: 'directoryObject',
    owneddevices: 'directoryObject',
    transitivemanagers: 'directoryObject',
    directreports: 'directoryObject',
    transitivereports: 'directoryObject',
    approleassignments: 'appRoleAssignment',
    oauth2permissiongrants: 'oAuth2PermissionGrant',
  },
};

/** Types that a list can be cast to. */
const castTypes: readonly DirectoryType[] = [
  'user',
  'group',
  'application',
  'servicePrincipal',
  'device',
  'administrativeUnit',
  'orgContact',
  'directoryRole',
];

/** Stands for a key written in parentheses: `users('ada@contoso.example')`. */
const keySegment = '\u0000';

/** Path segments below the version root, lower case, keys in parentheses as segments of their own. */
export function pathSegments(path: string): string[] {
  const query = path.indexOf('?');
  const bare = query < 0 ? path : path.slice(0, query);
  const local = bare
    .replace(/^https?:\/\/[^/]+.*?\/(?=(?:v1\.0|beta)(?:\/|$))/i, '/')
    .replace(/^\/?(?:v1\.0|beta)(?=\/|$)/i, '');
  return separateKeys(local)
    .split('/')
    .filter((segment) => segment !== '')
    .map((segment) => decodeLoosely(segment).toLowerCase());
}

/** Index of the parenthesis that closes the one at `from`, outside quoted texts; -1 when there is none. */
function closingParenthesis(text: string, from: number): number {
  let isQuoted = false;
  for (let at = from + 1; at < text.length; at++) {
    const character = text.charAt(at);
    if (character === "'") {
      isQuoted = !isQuoted;
    } else if (character === ')' && !isQuoted) {
      return at;
    }
  }
  return -1;
}

/** `users('a/b')` becomes `users/` and a key; `delta()` loses its parentheses. */
function separateKeys(path: string): string {
  let separated = '';
  let at = 0;
  for (let open = path.indexOf('('); open >= 0; open = path.indexOf('(', at)) {
    const close = closingParenthesis(path, open);
    if (close < 0) break;
    separated += path.slice(at, open) + (close === open + 1 ? '' : `/${keySegment}`);
    at = close + 1;
  }
  return separated + path.slice(at);
}

function castOf(segment: string | undefined): DirectoryType | undefined {
  const name = /^(?:microsoft\.)?graph\.(\w+)$/.exec(segment ?? '')?.[1];
  return name === undefined ? undefined : castTypes.find((type) => type.toLowerCase() === name);
}

function isFunction(segment: string): boolean {
  return segment === 'delta' || segment.startsWith('microsoft.graph.') || segment.startsWith('$');
}

/** Reads the segments after a list: nothing, a cast, `$count`, a cast and `$count`. Anything else is not a list. */
function readList(
  rest: readonly string[],
  list: Pick<DirectoryPath, 'type' | 'shape' | 'transitive'>,
): DirectoryPath | undefined {
  const cast = castOf(rest[0]);
  const tail = cast === undefined ? rest : rest.slice(1);
  if (tail.length > 1 || (tail.length === 1 && tail[0] !== '$count')) return undefined;
  return { ...list, type: cast ?? list.type, cast: cast !== undefined, counts: tail.length === 1 };
}

function readBelowEntity(type: DirectoryType, rest: readonly string[]): DirectoryPath | undefined {
  const [navigation, ...tail] = rest;
  if (navigation === undefined) return { type, shape: 'entity', cast: false, transitive: false, counts: false };
  const target = relationships[type]?.[navigation];
  if (target === undefined) return undefined;
  return readList(tail, { type: target, shape: 'relationship', transitive: navigation.startsWith('transitive') });
}

/** `deletedItems` follows the type that it is cast to; without one it cannot be listed. */
function readDeletedItems(rest: readonly string[]): DirectoryPath | undefined {
  const list = readList(rest, { type: 'directoryObject', shape: 'collection', transitive: false });
  return list?.cast ? { ...list, cast: false } : undefined;
}

/** What a path addresses in the directory; undefined where advanced queries are not possible. */
export function classifyDirectoryPath(path: string): DirectoryPath | undefined {
  const segments = pathSegments(path);
  const [first = '', ...afterFirst] = segments;
  if (first === 'me') return readBelowEntity('user', afterFirst);
  if (first === 'directory' && afterFirst[0] === 'deleteditems') return readDeletedItems(afterFirst.slice(1));
  const [name = '', ...rest] = first === 'directory' ? afterFirst : segments;
  const type = first === 'directory' && name !== 'administrativeunits' ? undefined : collections[name];
  if (type === undefined) return undefined;
  const [second, ...below] = rest;
  if (second === undefined || second === '$count') {
    return readList(rest, { type, shape: 'collection', transitive: false });
  }
  return isFunction(second) ? undefined : readBelowEntity(type, below);
}
