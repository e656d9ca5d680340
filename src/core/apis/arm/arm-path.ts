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

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/** Reads a path such as `/subscriptions/{id}/resourceGroups/{name}/providers/{namespace}/{type}/{name}`. */
export function parseArmPath(path: string): ArmPath {
  const [bare = ''] = path.split('?', 1);
  const segments = bare.split('/').filter((segment) => segment !== '');
  const lower = segments.map((segment) => decode(segment).toLowerCase());
  const subscriptionId = lower[0] === 'subscriptions' ? lower[1] : undefined;
  const at = lower.lastIndexOf('providers');
  const namespace = at < 0 ? undefined : segments[at + 1];
  return {
    ...(subscriptionId === undefined ? {} : { subscriptionId }),
    ...(namespace === undefined ? {} : { namespace: decode(namespace) }),
    rest: namespace === undefined ? [] : segments.slice(at + 2).map(decode),
    lower: `/${lower.join('/')}`,
  };
}

/**
 * Types that the path may be of, the most specific first: for `a/{name}/b/{name}` that is `a/b`, then `a`. An action at
 * the end (`a/{name}/start`) looks like a nested type; no provider knows it, so its parent is found.
 */
export function resourceTypes({ rest }: ArmPath): readonly string[] {
  const parts = rest.filter((_, index) => index % 2 === 0);
  return parts.map((_, index) => parts.slice(0, parts.length - index).join('/'));
}
