import type { VersionChoice } from './arm-api.ts';

interface OwnRoute {
  /** Of the path in lower case. */
  readonly pattern: RegExp;
  readonly resourceType: string;
  readonly version: string;
}

const group = '/subscriptions/[^/]+/resourcegroups';

/**
 * Routes of Resource Manager itself, and of the providers that every subscription has. They are versioned like all
 * others, and asking for their versions would need them.
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
export function ownVersion(lowerPath: string): VersionChoice | undefined {
  const found = ownRoutes.find(({ pattern }) => pattern.test(lowerPath));
  return found && { version: found.version, resourceType: found.resourceType, isPreview: false };
}
