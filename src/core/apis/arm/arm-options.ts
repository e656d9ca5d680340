import type { CallContext } from '../../base/call-context.ts';
import type { ApiRequest } from '../../http/api-client.ts';
import { bareOptions, namesWithDollars, withDollars } from '../../http/odata-options.ts';
import { parseArmPath } from './arm-path.ts';

/** Providers of Resource Manager itself, whose options all begin with `$`. */
const ownProviders = new Set(['microsoft.authorization', 'microsoft.management', 'microsoft.resources']);

/**
 * The request with `$` before the options of OData where it is certain that they have one. Some providers define plain names
 * (`top` and `orderby` of metrics): theirs stay, and the answer says so.
 * https://learn.microsoft.com/rest/api/resources/resources/list
 */
export function withArmOptions(request: ApiRequest, call: Pick<CallContext, 'note'>): ApiRequest {
  const names = bareOptions(request);
  if (names.length === 0) return request;
  const { namespace } = parseArmPath(request.path.replace(/^https?:\/\/[^/]+/i, ''));
  const shown = namesWithDollars(names);
  if (namespace === undefined || ownProviders.has(namespace.toLowerCase())) {
    call.note(`Query options of Resource Manager begin with $: sent as ${shown}.`);
    return withDollars(request, names);
  }
  const bare = names.join(', ');
  call.note(`Sent as given: ${bare}. If the answer ignores it, this provider wants ${shown}.`);
  return request;
}
