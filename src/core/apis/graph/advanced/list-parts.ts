import { counted } from '../../../base/counted.ts';
import { withoutUndefined } from '../../../base/without-undefined.ts';
import type { ApiRequest } from '../../../http/api-client.ts';
import { classifyDirectoryPath, pathSegments } from './directory-path.ts';
import {
  consistencyHeader,
  findHeader,
  type PropertyLookup,
  planQuery,
  type QueryOptions,
  readQueryOptions,
} from './plan-query.ts';
import { mostAlternatives, type SplitFilter, splitFilter } from './split-filter.ts';

/** One of the requests that a list is read with. */
export interface ListPart {
  readonly request: ApiRequest;
  /** The type of its objects, where the list holds several: `user`. */
  readonly type?: string;
}

/** A list that the service gives only in parts. */
export interface ListParts {
  readonly parts: readonly ListPart[];
  /** What was done, for the caller. */
  readonly note: string;
  /** No object is in two parts. */
  readonly isDisjoint: boolean;
  /** The parts have `id` only so that objects can be told apart: the caller did not ask for it. */
  readonly hidesId: boolean;
  /** It was split because the service refused the whole, although it is an advanced query. */
  readonly isForced: boolean;
}

/**
 * Types of objects that stay among the deleted items for 30 days; a list of them has to name one.
 * https://learn.microsoft.com/graph/api/directory-deleteditems-list
 */
const deletedTypes = ['user', 'group', 'application', 'servicePrincipal', 'administrativeUnit', 'device'] as const;

/**
 * The parts of a list that the service would refuse as a whole: a filter with more than 15 alternatives, and the deleted
 * items of all types. `isForced` splits an advanced query too, whose limit is another one.
 */
export function partsOf(request: ApiRequest, lookup: PropertyLookup, isForced = false): ListParts | undefined {
  if (!mayHaveParts(request)) return undefined;
  return isForced
    ? filterParts(request, lookup, true)
    : (deletedParts(request, lookup) ?? filterParts(request, lookup, false));
}

/** A cheap test: most requests have none. */
function mayHaveParts({ method, verbatim, path, params }: ApiRequest): boolean {
  if (method !== 'GET' || verbatim === true) return false;
  if (/deleteditems/i.test(path) || /filter/i.test(path)) return true;
  return params !== undefined && Object.keys(params).some((name) => /filter/i.test(name));
}

function deletedParts(request: ApiRequest, lookup: PropertyLookup): ListParts | undefined {
  const segments = pathSegments(request.path);
  if (segments.length !== 2 || segments[0] !== 'directory' || segments[1] !== 'deleteditems') return undefined;
  const [bare = '', query] = request.path.trim().split(/\?(.*)/s, 2);
  const typed = deletedTypes.map((type) => {
    const path = `${bare.replace(/\/+$/, '')}/microsoft.graph.${type}${query === undefined ? '' : `?${query}`}`;
    return { request: { ...request, path }, type };
  });
  const isSorted = readQueryOptions(request).$orderby !== undefined;
  const note = `Deleted items are listed by type: ${deletedTypes.join(', ')} were read one after the other${isSorted ? ', each sorted by itself' : ''}. For one type use /directory/deletedItems/microsoft.graph.user and the like.`;
  // The filter of each type may be too long as well.
  const splits = typed.map(({ request: own }) => filterParts(own, lookup, false));
  const parts = typed.flatMap(
    (whole, at): readonly ListPart[] => splits[at]?.parts.map((own) => ({ ...whole, ...own })) ?? [whole],
  );
  const long = splits.find((split) => split !== undefined);
  return {
    parts,
    note: long === undefined ? note : `${note} ${long.note}`,
    isDisjoint: splits.every((split) => split?.isDisjoint !== false),
    hidesId: splits.some((split) => split?.hidesId),
    isForced: false,
  };
}

function filterParts(request: ApiRequest, lookup: PropertyLookup, isForced: boolean): ListParts | undefined {
  const path = classifyDirectoryPath(request.path);
  if (path === undefined || path.shape === 'entity' || path.counts) return undefined;
  const options = readQueryOptions(request);
  const { $filter: filter, $orderby: order } = options;
  // Parts in order are not the whole in order.
  if (filter === undefined || order !== undefined || (!isForced && isAdvanced(request, lookup))) return undefined;
  const split = splitFilter(filter);
  if (split === undefined) return undefined;
  const hidesId = !split.isDisjoint && lacksId(options);
  const parts = split.filters.map((text) => ({ request: withOptions(request, text, hidesId ? options : {}) }));
  return { parts, note: describeSplit(split), isDisjoint: split.isDisjoint, hidesId, isForced };
}

/** Those have another limit: the length of the address. */
function isAdvanced(request: ApiRequest, lookup: PropertyLookup): boolean {
  return findHeader(request.headers, consistencyHeader) !== undefined || planQuery(request, lookup)?.header === true;
}

function lacksId({ $select: select }: QueryOptions): boolean {
  return select !== undefined && !select.split(',').some((name) => /^(?:id|\*)$/i.test(name.trim()));
}

function withOptions(request: ApiRequest, filter: string, { $select: select }: QueryOptions): ApiRequest {
  const named = select === undefined ? /^\$?filter$/i : /^\$?(?:filter|select)$/i;
  const others = Object.entries(request.params ?? {}).filter(([name]) => !named.test(name));
  const own = withoutUndefined({ $filter: filter, $select: select === undefined ? undefined : `${select},id` });
  return { ...request, params: { ...Object.fromEntries(others), ...own } };
}

function describeSplit({ alternatives, filters }: SplitFilter): string {
  return `The filter has ${alternatives} alternatives and the directory takes ${mostAlternatives} at a time: it was sent as ${counted(filters.length, 'request')}, and each object is listed once.`;
}
