import { badRequest } from './arm-error.ts';
import { isSameId } from './arm-ids.ts';
import { type ProviderSeed, providerCatalogue, type ResourceTypeSeed } from './seed/provider-catalogue.ts';

export function findProvider(namespace: string): ProviderSeed | undefined {
  return providerCatalogue.find((provider) => isSameId(provider.namespace, namespace));
}

/** The type as its provider publishes it. An unlisted nested type uses the entry of its parent. */
export function findType(fullType: string): ResourceTypeSeed | undefined {
  const [namespace = '', ...parts] = fullType.split('/');
  const provider = findProvider(namespace);
  for (let length = parts.length; provider && length > 0; length--) {
    const name = parts.slice(0, length).join('/');
    const found = provider.resourceTypes.find(({ resourceType }) => isSameId(resourceType, name));
    if (found) return found;
  }
  return undefined;
}

/** A type as its provider spells it. Unlisted nested parts stay as given. */
export function spellType(fullType: string): string {
  const [namespace = '', ...parts] = fullType.split('/');
  const found = findType(fullType);
  const known = found?.resourceType.split('/') ?? [];
  return [findProvider(namespace)?.namespace ?? namespace, ...known, ...parts.slice(known.length)].join('/');
}

/** `api-version` of a query; it must appear exactly once. */
export function requireApiVersion(query: ReadonlyMap<string, string>): string {
  const version = query.get('api-version');
  if (version) return version;
  throw badRequest(
    'MissingApiVersionParameter',
    'The api-version query parameter (?api-version=) is required for all requests.',
  );
}

const ownNamespaces = ['microsoft.resources', 'microsoft.management'];

/** Throws if the type or namespace is unknown or does not have the version. */
export function checkApiVersion(fullType: string, version: string, location = ''): void {
  const [namespace = '', ...rest] = fullType.split('/');
  const name = rest.join('/');
  if (!findProvider(namespace)) {
    throw badRequest('InvalidResourceNamespace', `The resource namespace '${namespace}' is invalid.`);
  }
  const type = findType(fullType);
  if (!type) {
    throw badRequest(
      'InvalidResourceType',
      `The resource type '${name}' could not be found in the namespace '${namespace}' for api version '${version}'. The supported api-versions are ''.`,
    );
  }
  if (type.apiVersions.some((one) => isSameId(one, version))) return;
  const versions = type.apiVersions.join(', ');
  if (ownNamespaces.includes(namespace.toLowerCase())) {
    throw badRequest(
      'InvalidApiVersionParameter',
      `The api-version '${version}' is invalid. The supported versions are '${type.apiVersions.join(',')}'.`,
    );
  }
  const locations = type.locations.map(normalizeLocation).join(', ');
  throw badRequest(
    'NoRegisteredProviderFound',
    `No registered resource provider found for location '${location}' and API version '${version}' for type '${name}'. The supported api-versions are '${versions}'. The supported locations are '${locations}'.`,
  );
}

/** `West Europe` and `westeurope` are the same region. */
export function normalizeLocation(location: string): string {
  return location.toLowerCase().replaceAll(' ', '');
}
