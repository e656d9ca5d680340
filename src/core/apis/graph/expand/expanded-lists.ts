import { isRecord, textOf } from '../../../base/guards.ts';
import { withoutUndefined } from '../../../base/without-undefined.ts';
import type { ApiRequest } from '../../../http/api-client.ts';
import { absoluteLink } from '../../../http/page.ts';
import { classifyDirectoryPath, pathSegments } from '../advanced/directory-path.ts';
import { nextLinkName } from '../graph-descriptor.ts';
import type { Expansion } from './parse-expand.ts';

/**
 * What the directory expands at most, without a link to the rest.
 * https://learn.microsoft.com/graph/query-parameters#expand-parameter
 */
export const mostExpanded = 20;

/** Relationships of the directory that hold many objects, in lower case, and whether `$top` may ask for 999 of them. */
const collections: ReadonlyMap<string, boolean> = new Map([
  ['approleassignedto', false],
  ['approleassignments', false],
  ['createdobjects', false],
  ['directreports', true],
  ['federatedidentitycredentials', false],
  ['memberof', true],
  ['members', true],
  ['oauth2permissiongrants', false],
  ['owneddevices', true],
  ['ownedobjects', true],
  ['owners', true],
  ['registereddevices', true],
  ['registeredowners', true],
  ['registeredusers', true],
  ['transitivememberof', true],
  ['transitivemembers', true],
]);

/** Where an object lives, by its type. */
const homes: Readonly<Record<string, string>> = {
  administrativeUnit: 'directory/administrativeUnits',
  application: 'applications',
  device: 'devices',
  directoryRole: 'directoryRoles',
  group: 'groups',
  orgContact: 'contacts',
  servicePrincipal: 'servicePrincipals',
  user: 'users',
};

/** The request behind an answer with expanded objects. */
export interface ExpandedRequest extends Pick<ApiRequest, 'path' | 'apiVersion' | 'headers'> {
  /** Absolute address that answered, or would. */
  readonly url: string;
  /** The answer is a list of objects, not one. */
  readonly isList: boolean;
}

/** An expanded list of an object that may have been cut. */
export interface CutList {
  /** Index of its owner. */
  readonly index: number;
  /** As the answer has it: `members`. */
  readonly name: string;
  /** The request for all of it, or for its rest; undefined when its owner has no address. */
  readonly request: ApiRequest | undefined;
  /** What is there already and does not come again. */
  readonly kept: readonly unknown[];
}

/** The lists in these objects that have more than the answer shows, or may have. */
export function cutListsIn(
  items: readonly unknown[],
  expansions: readonly Expansion[],
  request: ExpandedRequest,
): readonly CutList[] {
  return items.flatMap((item, index) => {
    if (!isRecord(item)) return [];
    return expansions.flatMap((expansion) => cutListOf(item, index, expansion, request) ?? []);
  });
}

function cutListOf(
  item: Readonly<Record<string, unknown>>,
  index: number,
  { navigation, options }: Expansion,
  request: ExpandedRequest,
): CutList | undefined {
  const wanted = navigation.toLowerCase();
  const name = Object.keys(item).find((key) => key.toLowerCase() === wanted);
  const list = name === undefined ? undefined : item[name];
  if (name === undefined || !Array.isArray(list)) return undefined;
  const { headers } = request;
  const link = textOf(item[`${name}${nextLinkName}`]);
  if (link !== '') {
    const path = absoluteLink(link, request.url);
    return { index, name, kept: list, request: withoutUndefined({ method: 'GET', path, verbatim: true, headers }) };
  }
  const takesTop = collections.get(wanted);
  if (takesTop === undefined || list.length !== mostExpanded) return undefined;
  const owner = ownerOf(item, request);
  if (owner === undefined) return { index, name, kept: [], request: undefined };
  const hasTop = takesTop && !/(?:^|\/)directoryroles\b/i.test(owner);
  const params = { ...options, ...(hasTop ? { $top: 999 } : {}) };
  const { apiVersion = versionIn(request.url) } = request;
  const whole = { method: 'GET', path: `${owner}/${name}`, params, apiVersion } as const;
  return { index, name, kept: [], request: withoutUndefined(whole) };
}

/** Address of an object below the version root: by its type, or where the request found it. */
function ownerOf(item: Readonly<Record<string, unknown>>, { path, isList }: ExpandedRequest): string | undefined {
  const type = /^#microsoft\.graph\.(\w+)$/.exec(textOf(item['@odata.type']))?.[1];
  const id = textOf(item['id']);
  const home = type === undefined ? undefined : homes[type];
  if (home !== undefined && id !== '') return `/${home}/${encodeURIComponent(id)}`;
  const bare = withoutVersion(path.split('?', 1)[0] ?? '');
  if (!isList) return bare;
  // The members of a group do not live below it.
  const isHome = pathSegments(path).length === 1 || classifyDirectoryPath(path)?.shape === 'collection';
  return isHome && id !== '' ? `${bare}/${encodeURIComponent(id)}` : undefined;
}

function withoutVersion(path: string): string {
  const local = path.trim().replace(/^https?:\/\/[^/]+.*?\/(?=(?:v1\.0|beta)(?:\/|$))/i, '/');
  return `/${local.replace(/^\/?(?:(?:v1\.0|beta)(?:\/|$))?/i, '').replace(/\/$/, '')}`;
}

function versionIn(url: string): string | undefined {
  return /^https?:\/\/[^/]+(?:\/[^/]+)*?\/(v1\.0|beta)(?=\/)/i.exec(url)?.[1]?.toLowerCase();
}
