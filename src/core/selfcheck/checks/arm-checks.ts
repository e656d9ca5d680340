import type { SelfCheck } from '../self-check.ts';
import { exactly, list, object } from '../shape.ts';
import { armPage } from './arm-page.ts';

const rest = 'https://learn.microsoft.com/rest/api/resources';
const reader = 'the role Reader on the subscription';

const tracked = {
  id: 'string',
  name: 'string',
  type: 'string',
  location: 'string',
  'tags?': 'object|null',
} as const;

const subscription = object({
  id: 'string',
  subscriptionId: 'guid',
  displayName: 'string',
  state: '=Enabled|=Warned|=PastDue|=Disabled|=Deleted',
  tenantId: 'guid',
  subscriptionPolicies: 'object',
  authorizationSource: 'string',
});

const resourceGroup = object({
  ...tracked,
  properties: object({ provisioningState: 'string' }),
});

/** Listed resources have no properties. */
const resource = exactly({
  ...tracked,
  'location?': 'string',
  'kind?': 'string',
  'sku?': 'object|null',
  'plan?': 'object|null',
  'identity?': 'object|null',
  'managedBy?': 'string',
  'zones?': 'array',
  'extendedLocation?': 'object',
  'systemData?': 'object',
  'etag?': 'string',
});

const provider = object({
  id: 'string',
  namespace: 'string',
  registrationState: '=NotRegistered|=Registering|=Registered|=Unregistering',
  'registrationPolicy?': '=RegistrationRequired|=RegistrationFree',
  resourceTypes: list(object({ resourceType: 'string', locations: list('string'), apiVersions: list('string') })),
});

const roleAssignment = object({
  id: 'string',
  name: 'guid',
  type: 'string',
  properties: object({
    roleDefinitionId: 'string',
    principalId: 'guid',
    principalType: '=User|=Group|=ServicePrincipal|=ForeignGroup|=Device',
    scope: 'string',
  }),
});

const roleDefinition = object({
  id: 'string',
  name: 'guid',
  type: 'string',
  properties: object({
    roleName: 'string',
    type: '=BuiltInRole|=CustomRole',
    permissions: list(
      object({
        actions: list('string'),
        notActions: list('string'),
        'dataActions?': list('string'),
        'notDataActions?': list('string'),
      }),
    ),
  }),
});

const reads = { 'x-ms-ratelimit-remaining-subscription-reads': 'digits' } as const;

/** Azure Resource Manager itself. */
export const armChecks: readonly SelfCheck[] = [
  {
    id: 'arm.subscriptions',
    asks: 'the subscriptions that are visible',
    about: 'shape',
    request: { service: 'arm', path: '/subscriptions', version: '2022-12-01' },
    expect: {
      body: armPage(subscription, { 'count?': 'object' }),
      headers: { 'x-ms-client-request-id': 'guid' },
      nextBy: ['$skiptoken'],
    },
    source: `${rest}/subscriptions/list`,
    learns: { subscription: 'value.0.subscriptionId' },
  },
  {
    id: 'arm.groups',
    asks: 'resource groups, a page of one, with what is left of the budget',
    about: 'throttle',
    request: {
      service: 'arm',
      path: '/subscriptions/{subscription}/resourcegroups',
      query: { $top: 1 },
      version: '2021-04-01',
    },
    expect: { body: armPage(resourceGroup), headers: reads, atMost: 1, nextBy: ['$skiptoken'] },
    source: 'https://learn.microsoft.com/azure/azure-resource-manager/management/request-limits-and-throttling',
    needs: reader,
    learns: { resource_group: 'value.0.name' },
  },
  {
    id: 'arm.groups.next-page',
    asks: 'the second page of resource groups',
    about: 'paging',
    request: { service: 'arm', path: '', follows: 'arm.groups' },
    expect: { body: armPage(resourceGroup), atMost: 1, nextBy: ['$skiptoken'] },
    source: `${rest}/resource-groups/list`,
  },
  {
    id: 'arm.resources',
    asks: 'resources, which are listed without properties',
    about: 'shape',
    request: {
      service: 'arm',
      path: '/subscriptions/{subscription}/resources',
      query: { $top: 5 },
      version: '2021-04-01',
    },
    expect: { body: armPage(resource), atMost: 5, nextBy: ['$skiptoken'] },
    source: `${rest}/resources/list`,
    needs: reader,
  },
  {
    id: 'arm.provider',
    asks: 'a provider with its types and their versions',
    about: 'shape',
    request: {
      service: 'arm',
      path: '/subscriptions/{subscription}/providers/Microsoft.Storage',
      version: '2021-04-01',
    },
    expect: { body: provider },
    source: `${rest}/providers/get`,
    needs: reader,
  },
  {
    id: 'arm.role-assignments',
    asks: 'role assignments of the subscription',
    about: 'shape',
    request: {
      service: 'arm',
      path: '/subscriptions/{subscription}/providers/Microsoft.Authorization/roleAssignments',
      query: { $filter: 'atScope()' },
      version: '2022-04-01',
    },
    expect: { body: armPage(roleAssignment), nextBy: ['$skiptoken'] },
    source: 'https://learn.microsoft.com/rest/api/authorization/role-assignments/list-for-scope',
    needs: 'Microsoft.Authorization/roleAssignments/read',
  },
  {
    id: 'arm.role-definition',
    asks: 'the built-in role Reader, found by its name',
    about: 'shape',
    request: {
      service: 'arm',
      path: '/subscriptions/{subscription}/providers/Microsoft.Authorization/roleDefinitions',
      query: { $filter: "roleName eq 'Reader'" },
      version: '2022-04-01',
    },
    expect: { body: armPage(roleDefinition), atMost: 1 },
    source: 'https://learn.microsoft.com/rest/api/authorization/role-definitions/list',
    needs: 'Microsoft.Authorization/roleDefinitions/read',
  },
  {
    id: 'arm.permissions',
    asks: 'what the connection may do in a resource group',
    about: 'shape',
    request: {
      service: 'arm',
      path: '/subscriptions/{subscription}/resourcegroups/{resource_group}/providers/Microsoft.Authorization/permissions',
      version: '2022-04-01',
    },
    expect: { body: armPage(object({ actions: list('string'), notActions: list('string') })) },
    source: 'https://learn.microsoft.com/rest/api/authorization/permissions/list-for-resource-group',
    needs: 'Microsoft.Authorization/permissions/read',
  },
  {
    id: 'arm.refuses.no-version',
    asks: 'a request without api-version',
    about: 'code',
    request: { service: 'arm', path: '/subscriptions', version: 'none' },
    expect: { status: 400, codes: ['MissingApiVersionParameter'] },
    source: 'https://learn.microsoft.com/rest/api/azure',
  },
  {
    id: 'arm.refuses.old-version',
    asks: 'an api-version that never was',
    about: 'code',
    request: { service: 'arm', path: '/subscriptions/{subscription}/resourcegroups', version: '1999-01-01' },
    expect: { status: 400, codes: ['InvalidApiVersionParameter'] },
    source: 'https://learn.microsoft.com/rest/api/azure',
    needs: reader,
  },
  {
    id: 'arm.refuses.unknown-version-of-type',
    asks: 'an api-version that a provider does not have',
    about: 'code',
    request: {
      service: 'arm',
      path: '/subscriptions/{subscription}/providers/Microsoft.Storage/storageAccounts',
      version: '1999-01-01',
    },
    expect: { status: 400, codes: ['NoRegisteredProviderFound', 'InvalidResourceType', 'InvalidApiVersionParameter'] },
    source: 'https://learn.microsoft.com/azure/azure-resource-manager/troubleshooting/common-deployment-errors',
    needs: reader,
  },
  {
    id: 'arm.refuses.unknown-group',
    asks: 'a resource group that does not exist',
    about: 'code',
    request: {
      service: 'arm',
      path: '/subscriptions/{subscription}/resourcegroups/rg-tenantry-selfcheck',
      version: '2021-04-01',
    },
    expect: { status: 404, codes: ['ResourceGroupNotFound'] },
    source: 'https://learn.microsoft.com/azure/azure-resource-manager/troubleshooting/error-not-found',
    needs: reader,
  },
  {
    id: 'arm.head.unknown-group',
    asks: 'whether a resource group exists, with HEAD',
    about: 'code',
    request: {
      service: 'arm',
      method: 'HEAD',
      path: '/subscriptions/{subscription}/resourcegroups/rg-tenantry-selfcheck',
      version: '2021-04-01',
    },
    expect: { status: 404 },
    source: `${rest}/resource-groups/check-existence`,
    needs: reader,
  },
];
