import { invalidArgument } from '../../base/errors.ts';
import type { ApiRequest } from '../../http/api-client.ts';
import { decodeLoosely, splitOutsideQuotes } from '../../http/url-text.ts';
import { pathSegments } from './advanced/directory-path.ts';
import { findHeader, readQueryOptions } from './advanced/plan-query.ts';
import { mailboxOf } from './limits/charges.ts';

/** Collections of the directory that have a delta function. https://learn.microsoft.com/graph/delta-query-overview */
const directoryCollections = new Set([
  'administrativeunits',
  'applications',
  'contacts',
  'devices',
  'directory',
  'directoryobjects',
  'directoryroles',
  'groups',
  'oauth2permissiongrants',
  'serviceprincipals',
  'users',
]);

/**
 * A path as the delta function that it means: a plain list of the directory has one only. Other paths stay as they are.
 * https://learn.microsoft.com/graph/delta-query-overview
 */
export function asDeltaPath(path: string): string {
  const [, list = '', query = ''] = /^([^?]*?)\/?(\?[^?]*)?$/s.exec(path.trim()) ?? [];
  const segments = pathSegments(list);
  const isUnit = segments.length === 2 && segments[0] === 'directory' && segments[1] === 'administrativeunits';
  const isList = segments.length === 1 && segments[0] !== 'directory' && directoryCollections.has(segments[0] ?? '');
  return isUnit || isList ? `${list}/delta${query}` : path;
}

/**
 * The first request of a delta query as its service takes it: without the `$top` that directory objects refuse, and with the
 * page size of mail and calendars in `Prefer`. Throws where an option cannot be left out without another meaning.
 * https://learn.microsoft.com/graph/delta-query-users, https://learn.microsoft.com/graph/delta-query-messages
 */
export function withDeltaOptions(request: ApiRequest, note: (text: string) => void): ApiRequest {
  if (request.verbatim === true) return request;
  const segments = pathSegments(request.path);
  const isMail = mailboxOf(segments) !== undefined;
  const isDirectory = !isMail && directoryCollections.has(segments[0] ?? '') && segments.length <= 3;
  if (!isMail && !isDirectory) return request;
  const { $top: top, $expand: expand, $orderby: order, $filter: filter } = readQueryOptions(request);
  if (isDirectory && (expand ?? order) !== undefined) {
    throw invalidArgument(
      `The delta query has ${expand === undefined ? '$orderby' : '$expand'}, which directory objects do not take.`,
      'Leave it out; changes of members and of the manager come with $select=members or $select=manager.',
    );
  }
  if (isDirectory) checkIds(filter);
  if (top === undefined) return request;
  const plain = withoutOptions(request, /^\$?top$/i);
  if (isDirectory) {
    note('$top was left out: delta queries of directory objects take none. limit stops after that many items.');
    return plain;
  }
  note('$top was sent as Prefer: odata.maxpagesize, which delta queries of mail and calendars take instead.');
  return withPageSize(plain, top);
}

/** Most ids that a delta query of the directory is limited to. https://learn.microsoft.com/graph/delta-query-users */
const mostIds = 50;

function checkIds(filter = ''): void {
  const ids = filter.match(/\bid\s+eq\b/gi)?.length ?? 0;
  if (ids <= mostIds) return;
  throw invalidArgument(
    `The delta query is limited to ${ids} ids, and ${mostIds} are the most.`,
    `Follow them with several calls, each with a name of its own and at most ${mostIds} ids; or follow all objects without $filter.`,
  );
}

/** The request without the options whose names match, wherever they stand. */
function withoutOptions(request: ApiRequest, names: RegExp): ApiRequest {
  const { path, params } = request;
  const [bare = '', query] = path.split(/\?(.*)/s, 2);
  const left = splitOutsideQuotes(query ?? '', '&').filter(
    (pair) => !names.test(decodeLoosely(pair.split('=', 1)[0] ?? '')),
  );
  const others = Object.entries(params ?? {}).filter(([name]) => !names.test(name));
  return {
    ...request,
    path: left.join('&') === '' ? bare : `${bare}?${left.join('&')}`,
    ...(params === undefined ? {} : { params: Object.fromEntries(others) }),
  };
}

/** From the very beginning: a query that once began at "now" (`$deltatoken=latest`) would answer nothing. */
export function fromTheBeginning(request: ApiRequest): ApiRequest {
  return withoutOptions(request, /^\$?(?:delta)?token$/i);
}

function withPageSize(request: ApiRequest, top: string): ApiRequest {
  const given = findHeader(request.headers, 'prefer');
  const others = Object.entries(request.headers ?? {}).filter(([name]) => name.toLowerCase() !== 'prefer');
  const size = `odata.maxpagesize=${top}`;
  const prefer = given === undefined ? size : /odata\.maxpagesize/i.test(given) ? given : `${given}, ${size}`;
  return { ...request, headers: { ...Object.fromEntries(others), Prefer: prefer } };
}
