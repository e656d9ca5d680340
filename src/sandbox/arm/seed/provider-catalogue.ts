/** A resource type as its provider publishes it. */
export interface ResourceTypeSeed {
  /** Without namespace: `storageAccounts`, `storageAccounts/blobServices`. */
  readonly resourceType: string;
  /** Newest first. */
  readonly apiVersions: readonly string[];
  readonly defaultApiVersion?: string;
  /** Display names; empty for types without a region. */
  readonly locations: readonly string[];
  readonly capabilities: string;
}

export interface ProviderSeed {
  readonly namespace: string;
  readonly resourceTypes: readonly ResourceTypeSeed[];
  readonly isRegistrationFree: boolean;
  /** False: `NotRegistered` until someone registers it. */
  readonly isRegistered: boolean;
}

const regions = ['West Europe', 'North Europe', 'Germany West Central', 'Sweden Central', 'East US', 'East US 2'];
const taggable = 'CrossResourceGroupResourceMove, CrossSubscriptionResourceMove, SupportsTags, SupportsLocation';

/** `types` maps names to their versions, newest first. A `*` before a name marks a type without regions. */
function provider(
  namespace: string,
  types: Readonly<Record<string, string>>,
  { isRegistered = true, isRegistrationFree = false } = {},
): ProviderSeed {
  const resourceTypes = Object.entries(types).flatMap(([names, versions]) =>
    names.split(' ').map((name) => resourceType(name, versions.split(' '))),
  );
  return { namespace, resourceTypes, isRegistered, isRegistrationFree };
}

function resourceType(name: string, apiVersions: readonly string[]): ResourceTypeSeed {
  const isGlobal = name.startsWith('*');
  const isNested = name.includes('/');
  const stable = apiVersions.find((version) => !version.includes('-preview'));
  return {
    resourceType: isGlobal ? name.slice(1) : name,
    apiVersions,
    ...(stable && isNested ? {} : { defaultApiVersion: stable ?? apiVersions[0] ?? '' }),
    locations: isGlobal ? [] : regions,
    capabilities: isGlobal || isNested ? 'None' : taggable,
  };
}

const core =
  '2025-04-01 2025-03-01 2024-11-01 2024-08-01 2024-07-01 2024-03-01 2023-07-01 2022-12-01 2022-09-01 2022-01-01 2021-04-01 2021-01-01 2020-10-01 2020-06-01 2020-01-01 2019-10-01 2019-05-01 2018-05-01 2016-06-01';
const authorization = '2022-04-01 2022-01-01-preview 2020-10-01-preview 2020-04-01-preview 2018-07-01 2015-07-01';
const storage = '2026-09-01 2026-04-01 2025-06-01 2025-01-01 2024-01-01 2023-05-01 2023-01-01 2022-09-01 2021-09-01';
const serviceBus = '2026-01-01 2025-05-01-preview 2024-01-01 2022-10-01-preview 2021-11-01 2017-04-01';
const postgresql = '2026-01-01-preview 2025-08-01 2025-06-01-preview 2024-08-01 2023-12-01-preview 2022-12-01';
const cosmos = '2026-03-15 2025-11-01-preview 2025-10-15 2025-05-01-preview 2024-11-15 2024-08-15 2023-11-15';
const gremlinAccess = '2026-03-15 2025-11-01-preview 2025-05-01-preview';
const search = '2026-03-01-preview 2025-05-01 2025-02-01-preview 2024-06-01-preview 2023-11-01';
const compute = '2025-04-01 2024-11-01 2024-07-01 2024-03-01 2023-09-01 2019-12-01';
const network = '2025-05-01 2025-01-01 2024-07-01 2024-05-01 2024-01-01 2023-11-01';
const keyVault = '2025-05-01 2024-11-01 2023-07-01 2022-07-01';
const machineLearning = [
  '2026-09-01 2026-05-01 2026-03-01 2025-12-01 2025-10-01-preview 2025-09-01 2025-07-01-preview 2025-06-01 2025-04-01',
  '2025-04-01-preview 2025-01-01-preview 2024-10-01 2024-10-01-preview 2024-07-01-preview 2024-04-01 2024-04-01-preview',
  '2024-01-01-preview 2023-10-01 2023-08-01-preview 2023-06-01-preview 2023-04-01 2022-10-01',
].join(' ');
const cognitive =
  '2026-09-01 2026-07-01 2026-05-01 2026-03-01 2025-12-01 2025-10-01-preview 2025-09-01 2025-06-01 2025-04-01-preview 2024-10-01 2023-05-01';
const foundry =
  '2026-09-01 2026-07-01 2026-05-01 2026-03-01 2025-12-01 2025-10-01-preview 2025-09-01 2025-06-01 2025-04-01-preview';
const web = '2025-03-01 2024-11-01 2024-04-01 2023-12-01';

/** Source: the api-versions folders of Azure/azure-rest-api-specs. */
export const providerCatalogue: readonly ProviderSeed[] = [
  provider(
    'Microsoft.Resources',
    {
      '*tenants *locations *providers': core,
      '*subscriptions *subscriptions/resources *subscriptions/providers': core,
      '*subscriptions/resourceGroups *subscriptions/locations *subscriptions/tagNames': core,
      '*resources *resourceGroups *deployments *deployments/operations *tags': core,
      '*links': '2016-09-01',
    },
    { isRegistrationFree: true },
  ),
  provider(
    'Microsoft.Authorization',
    {
      '*roleAssignments': authorization,
      '*roleDefinitions': `2022-05-01-preview ${authorization}`,
      '*roleAssignmentScheduleInstances *roleEligibilityScheduleInstances': '2020-10-01 2020-10-01-preview',
      '*permissions': '2022-04-01 2018-07-01 2015-07-01',
      '*denyAssignments': '2022-04-01 2018-07-01-preview',
      '*locks': '2020-05-01 2017-04-01 2016-09-01 2015-01-01',
      '*policyAssignments': '2025-03-01 2024-05-01 2023-04-01 2022-06-01',
      '*policyDefinitions': '2025-03-01 2024-05-01 2023-04-01 2021-06-01',
    },
    { isRegistrationFree: true },
  ),
  provider(
    'Microsoft.Management',
    { '*managementGroups': '2023-04-01 2021-04-01 2020-05-01 2020-02-01' },
    { isRegistrationFree: true },
  ),
  provider(
    'Microsoft.ResourceGraph',
    { '*resources': '2024-04-01 2022-10-01 2021-06-01-preview 2021-03-01 2019-04-01', '*operations': '2024-04-01' },
    { isRegistrationFree: true },
  ),
  provider('Microsoft.Storage', {
    'storageAccounts storageAccounts/blobServices storageAccounts/blobServices/containers': storage,
    'storageAccounts/queueServices storageAccounts/fileServices checkNameAvailability': storage,
  }),
  provider('Microsoft.ServiceBus', {
    'namespaces namespaces/queues namespaces/topics': serviceBus,
    'namespaces/networkRuleSets namespaces/authorizationRules': serviceBus,
  }),
  provider('Microsoft.DBforPostgreSQL', {
    'flexibleServers flexibleServers/databases flexibleServers/administrators': postgresql,
    'flexibleServers/firewallRules flexibleServers/configurations': postgresql,
  }),
  provider('Microsoft.DocumentDB', {
    'databaseAccounts databaseAccounts/gremlinDatabases databaseAccounts/gremlinDatabases/graphs': cosmos,
    'databaseAccounts/gremlinRoleDefinitions databaseAccounts/gremlinRoleAssignments': gremlinAccess,
    'databaseAccounts/sqlRoleAssignments': cosmos,
  }),
  provider('Microsoft.Search', { 'searchServices checkNameAvailability': search }),
  provider('Microsoft.Compute', {
    'virtualMachines virtualMachines/extensions': compute,
    disks: '2025-01-02 2024-03-02 2023-10-02',
    virtualMachineScaleSets: compute,
  }),
  provider('Microsoft.Network', {
    'virtualNetworks virtualNetworks/subnets networkInterfaces': network,
    'networkSecurityGroups publicIPAddresses privateEndpoints': network,
    '*privateDnsZones': '2024-06-01 2020-06-01 2018-09-01',
  }),
  provider('Microsoft.KeyVault', { 'vaults vaults/secrets': keyVault }),
  provider('Microsoft.ManagedIdentity', {
    userAssignedIdentities: '2024-11-30 2023-07-31-preview 2023-01-31 2018-11-30',
    'userAssignedIdentities/federatedIdentityCredentials': '2024-11-30 2023-07-31-preview 2023-01-31',
  }),
  provider('Microsoft.MachineLearningServices', {
    'workspaces workspaces/connections workspaces/computes': machineLearning,
    'workspaces/datastores workspaces/onlineEndpoints': machineLearning,
  }),
  provider('Microsoft.CognitiveServices', {
    'accounts accounts/deployments': cognitive,
    'accounts/connections accounts/projects accounts/projects/connections': foundry,
  }),
  provider('Microsoft.Web', { 'sites serverfarms sites/config': web }),
  provider('Microsoft.Insights', {
    components: '2020-02-02 2018-05-01-preview 2015-05-01',
    '*diagnosticSettings': '2021-05-01-preview 2016-09-01',
  }),
  provider('Microsoft.OperationalInsights', { workspaces: '2025-07-01 2025-02-01 2023-09-01 2022-10-01' }),
  provider('Microsoft.ContainerRegistry', { registries: '2025-11-01 2025-06-01-preview 2025-04-01 2023-07-01' }),
  provider('Microsoft.Chaos', { experiments: '2025-01-01 2024-11-01-preview', '*targets': '2025-01-01' }),
  provider('Microsoft.EdgeOrder', { addresses: '2024-02-01 2022-05-01-preview', orders: '2024-02-01' }),
  // Has only previews, so a client must use the newest of them.
  provider('Microsoft.Impact', { '*workloadImpacts': '2024-05-01-preview 2023-12-01-preview' }),
  provider('Microsoft.Kusto', { 'clusters clusters/databases': '2024-04-13 2023-08-15' }, { isRegistered: false }),
];

/** Regions as `/locations` names them. */
export const locationSeeds = [
  ['westeurope', 'West Europe', 'Europe', '52.3667', '4.9'],
  ['northeurope', 'North Europe', 'Europe', '53.3478', '-6.2597'],
  ['germanywestcentral', 'Germany West Central', 'Europe', '50.110924', '8.682127'],
  ['swedencentral', 'Sweden Central', 'Europe', '60.67488', '17.14127'],
  ['eastus', 'East US', 'US', '37.3719', '-79.8164'],
  ['eastus2', 'East US 2', 'US', '36.6681', '-78.3889'],
] as const;
