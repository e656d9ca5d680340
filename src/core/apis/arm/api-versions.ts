import { LRUCache } from 'lru-cache';
import type { CallContext } from '../../base/call-context.ts';
import { AppError } from '../../base/errors.ts';
import { offerNames } from '../../base/nearest.ts';
import { quoted, quoteNames } from '../../base/plain-text.ts';
import { type ArmPath, parseArmPath, resourceTypes } from './arm-path.ts';
import type { ProviderSource, ProviderType, ProviderTypes } from './provider-source.ts';

/** Which api-version goes out when the caller names none. */
export interface VersionChoice {
  readonly version: string;
  /** Resource type that it belongs to, as the provider spells it: `Microsoft.Storage/storageAccounts`. */
  readonly resourceType: string;
  readonly isPreview: boolean;
}

/** Provider metadata that the process has read, for all connections: by cloud, subscription or tenant, and namespace. */
export interface VersionCache {
  readonly providers: LRUCache<string, ProviderTypes>;
  /** What the provider published and this cloud does not serve, with what it serves instead: by type and version. */
  readonly instead: LRUCache<string, string>;
  /** Look-ups in progress; a call that needs the same one waits for its answer. */
  readonly pending: Map<string, Promise<ProviderTypes>>;
}

export function createVersionCache(): VersionCache {
  return { providers: new LRUCache({ max: 500 }), instead: new LRUCache({ max: 500 }), pending: new Map() };
}

export interface ApiVersionsOptions {
  readonly source: ProviderSource;
  readonly cache: VersionCache;
  /** Cloud and tenant: what the metadata belongs to besides the subscription. */
  readonly home: string;
}

/** Finds the api-version for paths that name none. */
export class ApiVersions {
  readonly #options: ApiVersionsOptions;

  constructor(options: ApiVersionsOptions) {
    this.#options = options;
  }

  /** Throws `not_found` with the nearest names when no provider knows the type, `invalid_argument` for paths without one. */
  async choose(path: string, preview: boolean, call: CallContext): Promise<VersionChoice> {
    const choice = await this.#published(path, preview, call);
    const instead = this.#options.cache.instead.get(this.#insteadOf(choice));
    return instead === undefined ? choice : { ...choice, version: instead, isPreview: isPreview(instead) };
  }

  /** Remembers that a chosen version is not served here, and which one is. */
  replace(choice: VersionChoice, version: string): void {
    this.#options.cache.instead.set(this.#insteadOf(choice), version);
  }

  #insteadOf({ resourceType, version }: VersionChoice): string {
    return `${this.#options.home} ${resourceType} ${version}`.toLowerCase();
  }

  async #published(path: string, preview: boolean, call: CallContext): Promise<VersionChoice> {
    const parsed = parseArmPath(path);
    const own = ownVersion(parsed.lower);
    const isTyped = parsed.namespace !== undefined && parsed.rest.length > 0;
    if (own !== undefined && !(preview && isTyped)) return own;
    if (parsed.namespace === undefined || !isTyped) {
      throw new AppError('invalid_argument', 'The path is not one of Azure Resource Manager.', {
        hint: 'Use /subscriptions/{id}/resourceGroups/{name}/providers/{namespace}/{type}/{name}, or pass api_version.',
      });
    }
    const provider = await this.#provider(parsed, parsed.namespace, call);
    const type = findType(provider, parsed);
    if (type === undefined) throw unknownType(provider, parsed);
    const version = newest(type.apiVersions, preview);
    if (version === undefined) {
      throw new AppError('not_found', `${quoted(`${provider.namespace}/${type.name}`)} has no published api-version.`, {
        hint: 'Pass the api_version that the reference of the resource type names.',
      });
    }
    return { version, resourceType: `${provider.namespace}/${type.name}`, isPreview: isPreview(version) };
  }

  async #provider({ subscriptionId }: ArmPath, namespace: string, call: CallContext): Promise<ProviderTypes> {
    try {
      return await this.#read(namespace, subscriptionId, call);
    } catch (error) {
      if (!(error instanceof AppError) || subscriptionId === undefined) throw error;
      // An identity with access to a single resource group cannot read the providers of the subscription.
      if (error.code === 'permission_denied') return this.#read(namespace, undefined, call);
      throw error.status === 404 && error.upstream?.code !== 'SubscriptionNotFound'
        ? await this.#unknownNamespace(namespace, subscriptionId, call)
        : error;
    }
  }

  async #read(namespace: string, subscriptionId: string | undefined, call: CallContext): Promise<ProviderTypes> {
    const { source, cache, home } = this.#options;
    const key = `${home} ${subscriptionId ?? ''} ${namespace}`.toLowerCase();
    for (;;) {
      const known = cache.providers.get(key);
      if (known !== undefined) return known;
      const pending = cache.pending.get(key);
      if (pending === undefined) {
        const reading = source.types(namespace, subscriptionId, call);
        cache.pending.set(key, reading);
        try {
          const provider = await reading;
          cache.providers.set(key, provider);
          return provider;
        } finally {
          cache.pending.delete(key);
        }
      }
      try {
        return await pending;
      } catch (error) {
        // The call that looked it up was abandoned; this one looks for itself.
        const wasGivenUp = error instanceof AppError && (error.code === 'cancelled' || error.code === 'timeout');
        if (!wasGivenUp || call.signal.aborted) throw error;
      }
    }
  }

  async #unknownNamespace(namespace: string, subscriptionId: string, call: CallContext): Promise<AppError> {
    const all = await this.#options.source.namespaces(subscriptionId, call);
    const { near } = offerNames(namespace, all);
    return new AppError('not_found', `There is no resource provider ${namespace}.`, {
      hint: near.length === 0 ? 'GET /subscriptions/{id}/providers lists all.' : `Did you mean ${quoteNames(near)}?`,
      detail: { nearest: near },
    });
  }
}

function findType({ types }: ProviderTypes, path: ArmPath): ProviderType | undefined {
  for (const wanted of resourceTypes(path)) {
    const found = types.find(({ name }) => name.toLowerCase() === wanted.toLowerCase());
    if (found !== undefined && found.apiVersions.length > 0) return found;
  }
  return undefined;
}

function unknownType({ namespace, types }: ProviderTypes, path: ArmPath): AppError {
  const [wanted = ''] = resourceTypes(path);
  const { names: near } = offerNames(
    wanted,
    types.map(({ name }) => name),
  );
  return new AppError('not_found', `${quoted(namespace)} has no resource type ${quoted(wanted)}.`, {
    hint: `Use one of its types: ${quoteNames(near)}${near.length < types.length ? ', …' : ''}.`,
    detail: { nearest: near },
  });
}

function isPreview(version: string): boolean {
  return !/^\d{4}-\d{2}-\d{2}$/.test(version);
}

/** Versions are dates: the greatest text is the newest. A stable one is newer than previews of the same day. */
function newest(versions: readonly string[], preview: boolean): string | undefined {
  const sorted = versions.toSorted((a, b) => compareVersions(b, a));
  return (preview ? undefined : sorted.find((version) => !isPreview(version))) ?? sorted[0];
}

function compareVersions(one: string, other: string): number {
  const byDate = one.slice(0, 10).localeCompare(other.slice(0, 10));
  return byDate === 0 ? Number(isPreview(other)) - Number(isPreview(one)) || one.localeCompare(other) : byDate;
}

interface OwnRoute {
  /** Of the path in lower case. */
  readonly pattern: RegExp;
  readonly resourceType: string;
  readonly version: string;
}

const group = '/subscriptions/[^/]+/resourcegroups';

/**
 * Routes of Resource Manager itself, and of the providers that every subscription has. They need a version like all others,
 * and they are needed to look versions up.
 *
 * https://learn.microsoft.com/rest/api/resources, https://learn.microsoft.com/rest/api/authorization
 */
const ownRoutes: readonly OwnRoute[] = [
  route('^/tenants$', 'Microsoft.Resources/tenants', '2022-12-01'),
  route('^/subscriptions(?:/[^/]+)?$', 'Microsoft.Resources/subscriptions', '2022-12-01'),
  route('^/subscriptions/[^/]+/locations$', 'Microsoft.Resources/subscriptions/locations', '2022-12-01'),
  route(`^${group}(?:/[^/]+)?$`, 'Microsoft.Resources/subscriptions/resourceGroups', '2021-04-01'),
  route(
    `^${group}/[^/]+/(?:exporttemplate|moveresources|validatemoveresources)$`,
    'Microsoft.Resources/subscriptions/resourceGroups',
    '2021-04-01',
  ),
  route(`^(?:${group}/[^/]+|/subscriptions/[^/]+)/resources$`, 'Microsoft.Resources/resources', '2021-04-01'),
  route('^/subscriptions/[^/]+/tagnames(?:/|$)', 'Microsoft.Resources/tagNames', '2021-04-01'),
  route('^(?:/subscriptions/[^/]+)?/providers(?:/[^/]+)?$', 'Microsoft.Resources/providers', '2021-04-01'),
  route(
    '^/subscriptions/[^/]+/providers/[^/]+/(?:register|unregister|providerpermissions|resourcetypes)$',
    'Microsoft.Resources/providers',
    '2021-04-01',
  ),
  provider('microsoft.resources/tags', 'Microsoft.Resources/tags', '2021-04-01'),
  provider('microsoft.resources/deployments', 'Microsoft.Resources/deployments', '2024-03-01'),
  provider('microsoft.resources/checkresourcename', 'Microsoft.Resources/checkResourceName', '2022-12-01'),
  provider('microsoft.authorization/roleassignments', 'Microsoft.Authorization/roleAssignments', '2022-04-01'),
  provider('microsoft.authorization/roledefinitions', 'Microsoft.Authorization/roleDefinitions', '2022-04-01'),
  provider('microsoft.authorization/permissions', 'Microsoft.Authorization/permissions', '2022-04-01'),
  provider('microsoft.authorization/denyassignments', 'Microsoft.Authorization/denyAssignments', '2022-04-01'),
  provider('microsoft.authorization/locks', 'Microsoft.Authorization/locks', '2020-05-01'),
  provider('microsoft.management/managementgroups', 'Microsoft.Management/managementGroups', '2021-04-01'),
  provider('microsoft.management/getentities', 'Microsoft.Management/getEntities', '2021-04-01'),
  provider('microsoft.resourcegraph/resources', 'Microsoft.ResourceGraph/resources', '2024-04-01'),
];

function route(pattern: string, resourceType: string, version: string): OwnRoute {
  return { pattern: new RegExp(pattern), resourceType, version };
}

/** Of the last provider in the path: extension resources hang below any other. */
function provider(type: string, resourceType: string, version: string): OwnRoute {
  return route(`/providers/${type.replaceAll('.', '\\.')}(?:/(?!.*/providers/)|$)`, resourceType, version);
}

/** The api-version of a route that Resource Manager answers itself; undefined for resources of other providers. */
function ownVersion(lowerPath: string): VersionChoice | undefined {
  const found = ownRoutes.find(({ pattern }) => pattern.test(lowerPath));
  return found && { version: found.version, resourceType: found.resourceType, isPreview: false };
}
