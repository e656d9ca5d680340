import type { ApiRequest } from '../../http/api-client.ts';
import { bareOptions, namesWithDollars, withDollars } from '../../http/odata-options.ts';
import { pathSegments } from './advanced/directory-path.ts';

// A file of its own: tools look at the options before the request is made.

/**
 * The request with `$` before the options that Graph would otherwise ignore in v1.0; a link of the service stays as it is.
 * https://learn.microsoft.com/graph/query-parameters
 */
export function withGraphOptions<Request extends Pick<ApiRequest, 'path' | 'params' | 'verbatim'>>(
  request: Request,
  note: ((text: string) => void) | undefined,
): Request {
  if (request.verbatim === true) return request;
  const names = bareOptions(request).filter((name) => !isPlainName(name, request.path));
  if (names.length > 0) note?.(`Query options of Graph begin with $: sent as ${namesWithDollars(names)}.`);
  return withDollars(request, names);
}

/** Options that have no `$`: the search for sites, and the format that a file is turned into; tokens of a pasted link. */
function isPlainName(name: string, path: string): boolean {
  const last = pathSegments(path).at(-1);
  return (
    (name === 'search' && last === 'sites') ||
    (name === 'format' && last === 'content') ||
    (name.endsWith('token') && /^https?:/i.test(path.trim()))
  );
}
