import type { CheckGroup, SelfCheck } from '../self-check.ts';
import { list, object, type Shape } from '../shape.ts';
import { armPage } from './arm-page.ts';

const reader = 'the role Reader on the subscription';
const storageVersion = { 'x-ms-version': '2021-12-02' };

const resourcesOf = (properties: Shape) =>
  armPage(object({ id: 'string', name: 'string', type: 'string', location: 'string', properties }));

/** The services of one kind, as Resource Manager lists them. */
function listed(id: string, type: string, version: string, properties: Shape): SelfCheck {
  return {
    id,
    asks: `resources of the type ${type}`,
    about: 'shape',
    request: { service: 'arm', path: `/subscriptions/{subscription}/providers/${type}`, version },
    expect: { body: resourcesOf(properties), nextBy: ['$skiptoken', '$skip'] },
    source: 'https://learn.microsoft.com/rest/api/azure',
    needs: reader,
  };
}

const access = '=Enabled|=Disabled|=SecuredByPerimeter|null';

const storage: readonly SelfCheck[] = [
  listed(
    'storage.accounts',
    'Microsoft.Storage/storageAccounts',
    '2024-01-01',
    object({
      provisioningState: '=Succeeded|=Creating|=ResolvingDNS',
      'primaryEndpoints?': object({ 'blob?': 'url' }),
      'allowSharedKeyAccess?': 'boolean|null',
      'publicNetworkAccess?': access,
      'networkAcls?': object({ defaultAction: '=Allow|=Deny' }),
    }),
  ),
  {
    id: 'storage.containers',
    asks: 'one container of a storage account',
    about: 'shape',
    request: { service: 'blob', path: '/', query: { comp: 'list', maxresults: 1 }, headers: storageVersion },
    expect: { body: 'xml' },
    source: 'https://learn.microsoft.com/rest/api/storageservices/list-containers2',
    needs: 'a Storage Blob Data role',
  },
  {
    id: 'storage.refuses.unknown-container',
    asks: 'a container that does not exist',
    about: 'code',
    request: {
      service: 'blob',
      method: 'HEAD',
      path: '/tenantry-selfcheck',
      query: { restype: 'container' },
      headers: storageVersion,
    },
    expect: { status: 404, codes: ['ContainerNotFound'] },
    source: 'https://learn.microsoft.com/rest/api/storageservices/blob-service-error-codes',
    needs: 'a Storage Blob Data role',
  },
];

const broker: readonly SelfCheck[] = [
  listed(
    'broker.namespaces',
    'Microsoft.ServiceBus/namespaces',
    '2021-11-01',
    object({
      provisioningState: 'string',
      'status?': 'string',
      'serviceBusEndpoint?': 'url',
      'disableLocalAuth?': 'boolean|null',
      'publicNetworkAccess?': access,
    }),
  ),
  {
    id: 'broker.queues',
    asks: 'one queue of a namespace, as a feed',
    about: 'shape',
    request: { service: 'servicebus', path: '/$Resources/queues', query: { $top: 1, 'api-version': '2021-05' } },
    expect: { body: 'xml' },
    source: 'https://learn.microsoft.com/azure/service-bus-messaging/authenticate-application',
    needs: 'the role Azure Service Bus Data Owner',
  },
];

/** https://learn.microsoft.com/javascript/api/@azure/arm-postgresql-flexible/knownserverstate */
const serverStates = [
  ...['=Ready', '=Starting', '=Restarting', '=Stopped', '=Stopping', '=Updating', '=Dropping', '=Disabled'],
  ...['=Inaccessible', '=Provisioning'],
].join('|');

const database: readonly SelfCheck[] = [
  listed(
    'database.servers',
    'Microsoft.DBforPostgreSQL/flexibleServers',
    '2024-08-01',
    object({
      state: serverStates,
      fullyQualifiedDomainName: 'string',
      version: 'string',
      'authConfig?': object({ 'activeDirectoryAuth?': '=Enabled|=Disabled', 'passwordAuth?': '=Enabled|=Disabled' }),
    }),
  ),
];

const gremlin: readonly SelfCheck[] = [
  listed(
    'graph.accounts',
    'Microsoft.DocumentDB/databaseAccounts',
    '2024-11-15',
    object({
      provisioningState: 'string',
      documentEndpoint: 'url',
      'capabilities?': list(object({ name: 'string' })),
      'disableLocalAuth?': 'boolean|null',
    }),
  ),
];

const vector: readonly SelfCheck[] = [
  listed(
    'vector.services',
    'Microsoft.Search/searchServices',
    '2023-11-01',
    object({
      provisioningState: '=succeeded|=provisioning|=failed|=Succeeded',
      status: '=running|=provisioning|=deleting|=degraded|=disabled|=error|=stopped',
      'authOptions?': 'object|null',
      'disableLocalAuth?': 'boolean|null',
      'publicNetworkAccess?': '=enabled|=disabled|=Enabled|=Disabled|null',
    }),
  ),
  {
    id: 'vector.indexes',
    asks: 'the names of indexes',
    about: 'shape',
    request: { service: 'azure-search', path: '/indexes', query: { $select: 'name', 'api-version': '2024-07-01' } },
    expect: { body: object({ '@odata.context?': 'url', value: list(object({ name: 'string' })) }) },
    source: 'https://learn.microsoft.com/rest/api/searchservice/indexes/list',
    needs: 'a role that may read index definitions, such as Search Service Contributor',
    learns: { index: 'value.0.name' },
  },
  {
    id: 'vector.count',
    asks: 'how many documents an index has: a number as text',
    about: 'shape',
    request: { service: 'azure-search', path: '/indexes/{index}/docs/$count', query: { 'api-version': '2024-07-01' } },
    expect: { body: 'digits|integer' },
    source: 'https://learn.microsoft.com/rest/api/searchservice/documents/count',
    needs: 'the role Search Index Data Reader',
  },
  {
    id: 'vector.refuses.unknown-index',
    asks: 'the documents of an index that does not exist',
    about: 'code',
    request: {
      service: 'azure-search',
      path: '/indexes/tenantry-selfcheck/docs/$count',
      query: { 'api-version': '2024-07-01' },
    },
    expect: { status: 404 },
    source: 'https://learn.microsoft.com/azure/search/search-security-rbac',
    needs: 'the role Search Index Data Reader',
  },
];

export const dataPlaneGroups: readonly CheckGroup[] = [
  { scopes: ['storage'], checks: storage },
  { scopes: ['broker'], checks: broker },
  { scopes: ['database'], checks: database },
  { scopes: ['graph'], checks: gremlin },
  { scopes: ['vector'], checks: vector },
];
