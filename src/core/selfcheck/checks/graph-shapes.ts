import type { SelfCheck } from '../self-check.ts';
import { exactly, list, object, type Shape } from '../shape.ts';

const docs = 'https://learn.microsoft.com/graph/api';

/** A page of a list. */
const pageOf = (item: Shape) =>
  object({
    '@odata.context?': 'url',
    '@odata.nextLink?': 'url',
    '@microsoft.graph.tips?': 'string',
    value: list(item),
  });

/** What `/users` answers without `$select`, and nothing else. */
const defaultUser = exactly({
  id: 'guid',
  businessPhones: 'array',
  displayName: 'string|null',
  givenName: 'string|null',
  jobTitle: 'string|null',
  mail: 'string|null',
  mobilePhone: 'string|null',
  officeLocation: 'string|null',
  preferredLanguage: 'string|null',
  surname: 'string|null',
  userPrincipalName: 'string',
});

const licensedUser = exactly({
  id: 'guid',
  accountEnabled: 'boolean|null',
  usageLocation: 'string|null',
  userType: '=Member|=Guest|null',
  createdDateTime: 'date-time|null',
  assignedLicenses: list(object({ skuId: 'guid', disabledPlans: list('guid') })),
  licenseAssignmentStates: list(
    object({
      skuId: 'guid',
      assignedByGroup: 'guid|null',
      state: '=Active|=ActiveWithError|=Disabled|=Error',
      error: 'string|null',
      disabledPlans: list('guid'),
    }),
  ),
});

const group = object({
  id: 'guid',
  displayName: 'string|null',
  description: 'string|null',
  groupTypes: list('string'),
  mailEnabled: 'boolean|null',
  mailNickname: 'string|null',
  securityEnabled: 'boolean|null',
  createdDateTime: 'date-time|null',
  'visibility?': 'string|null',
});

const sku = object({
  id: 'string',
  skuId: 'guid',
  skuPartNumber: 'string',
  appliesTo: '=User|=Company',
  capabilityStatus: '=Enabled|=Warning|=Suspended|=Deleted|=LockedOut',
  consumedUnits: 'integer',
  prepaidUnits: object({ enabled: 'integer', suspended: 'integer', warning: 'integer', 'lockedOut?': 'integer' }),
  servicePlans: list(
    object({
      servicePlanId: 'guid',
      servicePlanName: 'string',
      provisioningStatus: 'string',
      appliesTo: '=User|=Company',
    }),
  ),
});

const application = object({
  id: 'guid',
  appId: 'guid',
  displayName: 'string|null',
  createdDateTime: 'date-time|null',
  signInAudience:
    '=AzureADMyOrg|=AzureADMultipleOrgs|=AzureADandPersonalMicrosoftAccount|=PersonalMicrosoftAccount|null',
  identifierUris: 'array',
  keyCredentials: 'array',
  passwordCredentials: list(
    object({ keyId: 'guid', endDateTime: 'date-time|null', hint: 'string|null', secretText: 'null' }),
  ),
});

const servicePrincipal = object({
  id: 'guid',
  appId: 'guid',
  displayName: 'string|null',
  servicePrincipalType: 'string|null',
  accountEnabled: 'boolean|null',
  appRoles: 'array',
  servicePrincipalNames: 'array',
});

const device = object({
  id: 'guid',
  deviceId: 'guid|null',
  displayName: 'string|null',
  accountEnabled: 'boolean|null',
  operatingSystem: 'string|null',
  trustType: 'string|null',
  approximateLastSignInDateTime: 'date-time|null',
});

const audit = object({
  id: 'string',
  activityDateTime: 'date-time',
  activityDisplayName: 'string',
  category: 'string',
  result: '=success|=failure|=timeout|=unknownFutureValue|null',
  initiatedBy: 'object',
  targetResources: 'array',
});

/** Lists of the directory, as planner and tools read them. */
export const graphShapeChecks: readonly SelfCheck[] = [
  {
    id: 'graph.organization',
    asks: 'the organization and its domains',
    about: 'shape',
    request: { service: 'graph', path: '/organization', query: { $select: 'id,displayName,verifiedDomains' } },
    expect: {
      body: pageOf(
        object({
          id: 'guid',
          displayName: 'string',
          verifiedDomains: list(object({ name: 'string', isDefault: 'boolean', isInitial: 'boolean', type: 'string' })),
        }),
      ),
      absent: ['@odata.nextLink'],
    },
    source: `${docs}/organization-list`,
  },
  {
    id: 'graph.users.page',
    asks: 'users with the default selection, a page of two',
    about: 'shape',
    request: { service: 'graph', path: '/users', query: { $top: 2 } },
    expect: { body: pageOf(defaultUser), atMost: 2, nextBy: ['$skiptoken'] },
    source: `${docs}/user-list`,
    learns: { user: 'value.0.id' },
  },
  {
    id: 'graph.users.units',
    asks: 'what a request costs in resource units',
    about: 'throttle',
    request: { service: 'graph', path: '/users', query: { $top: 1, $select: 'id' } },
    expect: { headers: { 'x-ms-resource-unit': '=1', 'odata-version': '=4.0' } },
    source: 'https://learn.microsoft.com/graph/throttling-limits',
  },
  {
    id: 'graph.users.licences',
    asks: 'a user with licences, selected',
    about: 'shape',
    request: {
      service: 'graph',
      path: '/users',
      query: {
        $top: 5,
        $select: 'id,accountEnabled,usageLocation,userType,createdDateTime,assignedLicenses,licenseAssignmentStates',
      },
    },
    expect: { body: pageOf(licensedUser), atMost: 5, nextBy: ['$skiptoken'] },
    source: 'https://learn.microsoft.com/graph/api/resources/licenseassignmentstate',
    needs: 'User.Read.All',
  },
  {
    id: 'graph.users.activity',
    asks: 'users with their last sign-in',
    about: 'shape',
    request: { service: 'graph', path: '/users', query: { $top: 2, $select: 'id,signInActivity' } },
    expect: {
      body: pageOf(exactly({ id: 'guid', 'signInActivity?': 'object|null' })),
      atMost: 2,
      nextBy: ['$skiptoken'],
    },
    source: 'https://learn.microsoft.com/graph/api/resources/signinactivity',
    needs: 'AuditLog.Read.All and User.Read.All',
  },
  {
    id: 'graph.groups.page',
    asks: 'groups',
    about: 'shape',
    request: { service: 'graph', path: '/groups', query: { $top: 2 } },
    expect: { body: pageOf(group), atMost: 2, nextBy: ['$skiptoken'] },
    source: `${docs}/group-list`,
    learns: { group: 'value.0.id' },
  },
  {
    id: 'graph.skus',
    asks: 'the licences of the tenant, all at once',
    about: 'shape',
    request: { service: 'graph', path: '/subscribedSkus' },
    expect: { body: pageOf(sku), absent: ['@odata.nextLink'] },
    source: `${docs}/subscribedsku-list`,
  },
  {
    id: 'graph.devices',
    asks: 'devices',
    about: 'shape',
    request: { service: 'graph', path: '/devices', query: { $top: 2 } },
    expect: { body: pageOf(device), atMost: 2, nextBy: ['$skiptoken'] },
    source: `${docs}/device-list`,
  },
  {
    id: 'graph.applications',
    asks: 'applications, whose secrets are never shown',
    about: 'shape',
    request: { service: 'graph', path: '/applications', query: { $top: 5 } },
    expect: { body: pageOf(application), atMost: 5, nextBy: ['$skiptoken'] },
    source: `${docs}/application-list`,
  },
  {
    id: 'graph.service-principals',
    asks: 'service principals',
    about: 'shape',
    request: { service: 'graph', path: '/servicePrincipals', query: { $top: 2 } },
    expect: { body: pageOf(servicePrincipal), atMost: 2, nextBy: ['$skiptoken'] },
    source: `${docs}/serviceprincipal-list`,
  },
  {
    id: 'graph.audit',
    asks: 'the newest line of the directory audit',
    about: 'shape',
    request: { service: 'graph', path: '/auditLogs/directoryAudits', query: { $top: 1 } },
    expect: { body: pageOf(audit), atMost: 1, nextBy: ['$skiptoken', '$skip'] },
    source: `${docs}/directoryaudit-list`,
  },
  {
    id: 'graph.member-of',
    asks: 'what a user is a member of, objects of several types',
    about: 'shape',
    request: { service: 'graph', path: '/users/{user}/memberOf', query: { $top: 2 } },
    expect: {
      body: pageOf(object({ '@odata.type': 'string', id: 'guid' })),
      atMost: 2,
      nextBy: ['$skiptoken'],
    },
    source: `${docs}/user-list-memberof`,
  },
  {
    id: 'graph.by-ids',
    asks: 'two objects by their ids, one of which does not exist',
    about: 'shape',
    request: {
      service: 'graph',
      method: 'POST',
      path: '/directoryObjects/getByIds',
      body: { ids: ['{user}', '5e1fc8ec-0000-4000-8000-000000000000'], types: ['user'] },
    },
    expect: {
      body: pageOf(object({ '@odata.type': '=#microsoft.graph.user', id: 'guid' })),
      atMost: 1,
    },
    source: `${docs}/directoryobject-getbyids`,
  },
  {
    id: 'graph.delta',
    asks: 'a delta query that starts from now',
    about: 'shape',
    request: { service: 'graph', path: '/users/delta', query: { $deltatoken: 'latest' } },
    expect: {
      body: exactly({ '@odata.context?': 'url', '@odata.deltaLink': 'url', value: 'array' }),
      absent: ['@odata.nextLink'],
      atMost: 0,
    },
    source: 'https://learn.microsoft.com/graph/delta-query-overview',
  },
  {
    id: 'graph.batch',
    asks: 'two reads in one batch',
    about: 'shape',
    request: {
      service: 'graph',
      method: 'POST',
      path: '/$batch',
      body: {
        requests: [
          { id: 'A', method: 'GET', url: '/users?$top=1&$select=id' },
          { id: 'b', method: 'GET', url: 'tenantrySelfcheck' },
        ],
      },
    },
    expect: {
      body: exactly({
        responses: list(object({ id: '=A|=b', status: 'integer', 'headers?': 'object', body: 'object' })),
      }),
      atMost: 2,
    },
    source: 'https://learn.microsoft.com/graph/json-batching',
  },
];
