import { isGuid } from '../../../base/guid.ts';
import type { RequestInstead } from '../../../base/request-instead.ts';
import type { DescribedRequest } from '../../../http/api-descriptor.ts';
import { decodeLoosely } from '../../../http/url-text.ts';
import { barePath, optionOf, otherRead, readInstead } from './read-instead.ts';

/** Sets whose objects have a name to find them by. */
const named = ['applications', 'devices', 'groups', 'servicePrincipals', 'users'] as const;
type NamedSet = (typeof named)[number];

/** The set and the key of a path, as far as it begins with a named set. */
function keyIn({ wirePath }: DescribedRequest): { readonly set: NamedSet; readonly key: string } | undefined {
  const [, set = '', key = ''] = /^\/?(\w+)\/([^/()]+)/.exec(wirePath) ?? [];
  const known = named.find((name) => name.toLowerCase() === set.toLowerCase());
  const text = decodeLoosely(key);
  return known === undefined || text === '' || text.startsWith('$') ? undefined : { set: known, key: text };
}

/** Finds an object by the name that stands where its id belongs; undefined where an id does. */
export function findByName(request: DescribedRequest): RequestInstead | undefined {
  const found = keyIn(request);
  if (found === undefined || isGuid(found.key)) return undefined;
  const { set, key } = found;
  const text = key.replaceAll("'", "''");
  const filter =
    set === 'users'
      ? `startswith(userPrincipalName,'${text}') or startswith(displayName,'${text}') or mail eq '${text}'`
      : `displayName eq '${text}'`;
  const select = set === 'users' ? 'id,displayName,userPrincipalName' : 'id,displayName';
  return otherRead(`/${set}`, { $filter: filter, $select: select });
}

/** Alternate keys that are GUIDs like the id, and taken for it. https://learn.microsoft.com/graph/api/application-get */
const alternateKeys: Readonly<Partial<Record<NamedSet, string>>> = {
  applications: 'appId',
  devices: 'deviceId',
  servicePrincipals: 'appId',
};

/** The same read by the alternate key that a GUID may be. */
export function byAlternateKey(request: DescribedRequest): RequestInstead | undefined {
  const found = keyIn(request);
  const property = found && alternateKeys[found.set];
  if (found === undefined || property === undefined || !isGuid(found.key)) return undefined;
  const path = barePath(request).replace(`/${found.key}`, `(${property}='${found.key}')`);
  return readInstead(request, { path });
}

/** The user whose sign-in activity cannot be read by principal name. https://learn.microsoft.com/graph/api/user-get */
export function activityByName(request: DescribedRequest): RequestInstead | undefined {
  const found = keyIn(request);
  if (found?.set !== 'users') return undefined;
  const filter = `userPrincipalName eq '${found.key.replaceAll("'", "''")}'`;
  const $select = optionOf(request, '$select') ?? 'id,signInActivity';
  return otherRead('/users', { $filter: filter, $select });
}

/** The path with one segment named otherwise. */
export function renamedSegment(request: DescribedRequest, pattern: RegExp, name: string): RequestInstead | undefined {
  const path = barePath(request).replace(pattern, name);
  return path === barePath(request) ? undefined : readInstead(request, { path });
}
