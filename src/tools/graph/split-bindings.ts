import { pathSegments } from '../../core/apis/graph/advanced/directory-path.ts';
import { counted } from '../../core/base/counted.ts';
import { isRecord } from '../../core/base/guards.ts';
import { quoted } from '../../core/base/plain-text.ts';
import type { WriteRequest } from './batch-requests.ts';

/**
 * Most references that one request adds, owners and members together.
 * https://learn.microsoft.com/graph/api/group-post-members, https://learn.microsoft.com/graph/api/group-post-groups
 */
const mostReferences = 20;

/** Requests that add the rest of the references to an object that another request makes. */
export interface LaterWrites {
  /** Id of the request that makes it. */
  readonly maker: string;
  /** With `{id}` in the place of the new object's id. */
  readonly items: readonly WriteRequest[];
}

export interface SplitWrites {
  readonly items: readonly WriteRequest[];
  readonly later: readonly LaterWrites[];
}

/** Stands for the id of an object that is not there yet. */
export const futureId = '{id}';

/**
 * Puts several requests in the place of one that adds more references than the service takes at a time. Those to an object
 * that is there come one after the other; those to a new one need its id, and come when the rest is done.
 */
export function splitBindings(requests: readonly WriteRequest[], note: (text: string) => void): SplitWrites {
  const later: LaterWrites[] = [];
  const lastParts = new Map<string, string>();
  const items = requests.flatMap((item): readonly WriteRequest[] => {
    const needed = item.depends_on?.map((id) => lastParts.get(id.toLowerCase()) ?? id);
    const own: WriteRequest = needed === undefined ? item : { ...item, depends_on: needed };
    const bodies = bodiesOf(own);
    if (bodies.length < 2) return [own];
    note(
      `Request ${quoted(own.id)} adds ${counted(referencesOf(own.body).length, 'reference')} and the directory takes ${mostReferences} at a time: it is ${counted(bodies.length, 'request')}, each with an answer of its own.`,
    );
    const [first, ...rest] = bodies.map((body, part): WriteRequest => partOf(own, body, part));
    if (first === undefined) return [own];
    if (own.method === 'POST') {
      later.push({ maker: own.id, items: rest });
      return [first];
    }
    lastParts.set(own.id.toLowerCase(), rest.at(-1)?.id ?? own.id);
    return [first, ...rest];
  });
  return { items, later };
}

/** Ids of the caller's requests have no spaces. */
function partId(id: string, part: number): string {
  return part === 0 ? id : `${id} part ${part + 1}`;
}

function partOf(item: WriteRequest, body: Readonly<Record<string, unknown>>, part: number): WriteRequest {
  const { id, method, endpoint, ...rest } = item;
  if (part === 0) return { ...item, body };
  const own = { ...rest, id: partId(id, part), body, isPart: true };
  const isMaker = method === 'POST';
  const needed = isMaker && part === 1 ? [] : [partId(id, part - 1)];
  const [bare = ''] = endpoint.split('?', 1);
  return {
    ...own,
    method: 'PATCH',
    endpoint: isMaker ? `${bare.replace(/\/+$/, '')}/${futureId}` : endpoint,
    ...(needed.length === 0 ? { depends_on: undefined } : { depends_on: needed }),
  };
}

/** The bodies that together say what one does; a single one where nothing has to be split. */
function bodiesOf(item: WriteRequest): ReadonlyArray<Readonly<Record<string, unknown>>> {
  const { body } = item;
  const references = referencesOf(body);
  if (!isRecord(body) || references.length <= mostReferences || !takesReferences(item)) return [];
  const others = Object.entries(body).filter(([name, value]) => !isBinding(name, value));
  const count = Math.ceil(references.length / mostReferences);
  return Array.from({ length: count }, (_, part) => {
    const chunk = references.slice(part * mostReferences, (part + 1) * mostReferences);
    const lists = Map.groupBy(chunk, ([name]) => name);
    const bound = [...lists].map(([name, pairs]) => [name, pairs.map(([, reference]) => reference)] as const);
    return Object.fromEntries([...(part === 0 ? others : []), ...bound]);
  });
}

/** Groups, and administrative units that are there: objects whose references come as a list in the body. */
function takesReferences({ method, endpoint }: WriteRequest): boolean {
  const segments = pathSegments(endpoint);
  const [collection, id, ...rest] = segments[0] === 'directory' ? segments.slice(1) : segments;
  if (rest.length > 0) return false;
  if (method === 'POST') return collection === 'groups' && id === undefined;
  return method === 'PATCH' && id !== undefined && (collection === 'groups' || collection === 'administrativeunits');
}

/** Each reference with the name of its list; owners first, since a group should have them from the start. */
function referencesOf(body: unknown): ReadonlyArray<readonly [string, unknown]> {
  if (!isRecord(body)) return [];
  const lists = Object.entries(body).filter(([name, value]) => isBinding(name, value));
  const ordered = lists.toSorted(([one], [other]) => Number(isOfOwners(other)) - Number(isOfOwners(one)));
  return ordered.flatMap(([name, list]) =>
    Array.isArray(list) ? list.map((one: unknown) => [name, one] as const) : [],
  );
}

function isBinding(name: string, value: unknown): boolean {
  return /@odata\.bind$/i.test(name) && Array.isArray(value);
}

function isOfOwners(name: string): boolean {
  return /^owners@/i.test(name);
}
