import { withoutUndefined } from '../../base/without-undefined.ts';
import { decodeLoosely } from '../../http/url-text.ts';

/** What a path of Azure Resource Manager says about itself. Names keep their case; the rest is compared without it. */
export interface ArmPath {
  /** Subscription id in lower case; absent for what belongs to the tenant. */
  readonly subscriptionId?: string;
  /** Namespace of the last provider in the path, as written: `Microsoft.Storage`. */
  readonly namespace?: string;
  /** What follows the namespace, as written: type, name, type, name … and perhaps an action. */
  readonly rest: readonly string[];
  /** The whole path in lower case, without a slash at the end. */
  readonly lower: string;
}

/** Reads a path such as `/subscriptions/{id}/resourceGroups/{name}/providers/{namespace}/{type}/{name}`. */
export function parseArmPath(path: string): ArmPath {
  const [bare = ''] = path.split('?', 1);
  const segments = bare.split('/').filter((segment) => segment !== '');
  const lower = segments.map((segment) => decodeLoosely(segment).toLowerCase());
  const subscriptionId = lower[0] === 'subscriptions' ? lower[1] : undefined;
  const at = lower.lastIndexOf('providers');
  const namespace = at < 0 ? undefined : segments[at + 1];
  return withoutUndefined({
    subscriptionId,
    namespace: namespace && decodeLoosely(namespace),
    rest: namespace === undefined ? [] : segments.slice(at + 2).map(decodeLoosely),
    lower: `/${lower.join('/')}`,
  });
}

/**
 * Possible types of the path, the most specific first: for `a/{name}/b/{name}` that is `a/b`, then `a`. An action at
 * the end (`a/{name}/start`) looks like a nested type; no provider knows it, so its parent is found.
 */
export function resourceTypes({ rest }: ArmPath): readonly string[] {
  const parts = rest.filter((_, index) => index % 2 === 0);
  return parts.map((_, index) => parts.slice(0, parts.length - index).join('/'));
}

/** Actions that are called with POST and change nothing; last segment of the path, lower case. */
const readOnlyActions = new Set([
  'calculatetemplatehash',
  'checkdomainavailability',
  'checknameavailability',
  'checkpolicyrestrictions',
  'checkresourcename',
  'checkzonepeers',
  'getentities',
  'validate',
  'validatemoveresources',
  'whatif',
]);

/**
 * A POST that changes nothing: a query, a check, a validation, a what-if. The `list…` actions that hand out keys and
 * tokens (`listKeys`, `listCredentials`) do not belong here: a key is enough to write, a read-only lock refuses them too,
 * and a connection that only reads must not reach them.
 *
 * https://learn.microsoft.com/azure/azure-resource-manager/management/lock-resources#considerations-before-applying-your-locks
 */
export function isReadOnlyPost(path: string): boolean {
  const { lower, namespace, rest } = parseArmPath(path);
  const last = lower.split('/').at(-1) ?? '';
  switch (namespace?.toLowerCase()) {
    case 'microsoft.resourcegraph':
      return /^resource(?:s|shistory|changes|changedetails)$/.test(last) && rest.length === 1;
    case 'microsoft.costmanagement':
      return last === 'query' || last === 'forecast';
    case 'microsoft.policyinsights':
      return last === 'queryresults' || last === 'summarize' || readOnlyActions.has(last);
    default:
      return readOnlyActions.has(last);
  }
}

/** Actions that give the same answer however often they are called, although they do not count as reads. */
export function isRepeatableAction(path: string): boolean {
  const { lower, rest } = parseArmPath(path);
  const last = lower.split('/').at(-1) ?? '';
  return rest.length > 1 && /^list/.test(last) ? true : /\/providers\/[^/]+\/(?:un)?register$/.test(lower);
}
