import { tenant } from '../../seed/tenant.ts';
import { foundry, hubAndProject, workspaceConnections } from './ai-resources.ts';
import {
  containers,
  graphs,
  gremlinAccess,
  gremlinAccount,
  postgresAdministrator,
  postgresServer,
  queues,
  searchService,
  serviceBus,
  storageAccount,
} from './linked-services.ts';
import {
  insights,
  keyVault,
  openAi,
  registry,
  shopIdentity,
  virtualMachine,
  virtualNetwork,
  webApp,
  workspace,
} from './platform-resources.ts';
import type { ArmSeedContext, GroupSeed } from './resource-seed.ts';

/** The resource group of the usable linked services. */
const dataGroup = 'rg-contoso-data';
export const dataGroupId = `/subscriptions/${tenant.subscriptionId}/resourceGroups/${dataGroup}`;
const gremlinId = `${dataGroupId}/providers/Microsoft.DocumentDB/databaseAccounts/cosmos-contoso-graph`;

/**
 * The first subscription: production. `rg-contoso-data` has a usable instance of each linked service,
 * `rg-contoso-legacy` one of each that is switched off.
 */
export function productionGroups(context: ArmSeedContext): readonly GroupSeed[] {
  return [
    {
      name: dataGroup,
      location: 'westeurope',
      tags: { environment: 'production', owner: 'data-platform' },
      resources: [
        storageAccount('stcontosodata', {}, { environment: 'production', classification: 'internal' }),
        ...containers('stcontosodata', ['invoices', 'exports']),
        serviceBus('sb-contoso-orders'),
        ...queues('sb-contoso-orders', ['orders', 'returns']),
        postgresServer('psql-contoso-app'),
        postgresAdministrator('psql-contoso-app', context),
        gremlinAccount('cosmos-contoso-graph'),
        ...graphs('cosmos-contoso-graph', 'knowledge', ['people', 'assets']),
        gremlinAccess('cosmos-contoso-graph', gremlinId, context),
        searchService('srch-contoso-vectors'),
      ],
    },
    {
      name: 'rg-contoso-legacy',
      location: 'westeurope',
      tags: { environment: 'production', retire: '2026' },
      resources: [
        storageAccount('stcontosoarchive', {
          publicNetworkAccess: 'Disabled',
          networkAcls: { bypass: 'None', defaultAction: 'Deny', ipRules: [], virtualNetworkRules: [] },
        }),
        serviceBus('sb-contoso-legacy', { publicNetworkAccess: 'Disabled' }, 'Premium'),
        postgresServer('psql-contoso-legacy', {
          version: '13',
          authConfig: { activeDirectoryAuth: 'Disabled', passwordAuth: 'Enabled' },
        }),
        gremlinAccount('cosmos-contoso-legacy', { disableLocalAuth: false }, { gremlinRbac: false }),
        ...graphs('cosmos-contoso-legacy', 'org', ['units']),
        searchService('srch-contoso-legacy', { authOptions: { apiKeyOnly: {} } }),
      ],
    },
    {
      name: 'rg-contoso-web',
      location: 'westeurope',
      tags: { environment: 'production', owner: 'web-shop' },
      resources: [
        ...webApp('app-contoso-shop', 'plan-contoso-shop'),
        storageAccount('stcontosoweb', {}, { environment: 'production' }),
        ...containers('stcontosoweb', ['assets']),
        keyVault('kv-contoso-shop'),
        ...shopIdentity(context),
        ...insights('contoso-shop'),
      ],
    },
    {
      name: 'rg-contoso-network',
      location: 'westeurope',
      tags: { environment: 'production', owner: 'platform' },
      resources: [...virtualNetwork('vnet-contoso-hub', '10.0'), ...virtualMachine('vm-jump-01', { isPublic: true })],
    },
    {
      name: 'rg-contoso-ml',
      location: 'swedencentral',
      tags: { environment: 'production', owner: 'research' },
      resources: [
        workspace('mlw-contoso-research'),
        ...workspaceConnections('mlw-contoso-research'),
        storageAccount('stcontosoml'),
        keyVault('kv-contoso-ml'),
        registry('crcontosoml'),
        openAi('oai-contoso-research'),
        ...hubAndProject('hub-contoso-ai', 'proj-contoso-assist'),
        ...foundry('aif-contoso', 'assist'),
        ...insights('contoso-ml'),
      ],
    },
    { name: 'rg-contoso-protected', location: 'westeurope', resources: [keyVault('kv-contoso-keys')] },
  ];
}

/** The second subscription: development. */
export function developmentGroups(): readonly GroupSeed[] {
  return [
    {
      name: 'rg-dev-apps',
      location: 'northeurope',
      tags: { environment: 'development' },
      resources: [
        ...webApp('app-contoso-shop-dev', 'plan-contoso-shop-dev'),
        storageAccount('stcontosodev', { publicNetworkAccess: 'Enabled' }, { environment: 'development' }),
        serviceBus('sb-contoso-dev', { disableLocalAuth: false }, 'Basic'),
        postgresServer('psql-contoso-dev', { state: 'Stopped' }),
        searchService('srch-contoso-dev', { publicNetworkAccess: 'disabled', disableLocalAuth: true }),
        keyVault('kv-contoso-dev'),
      ],
    },
    {
      name: 'rg-dev-compute',
      location: 'northeurope',
      tags: { environment: 'development' },
      resources: [
        ...virtualNetwork('vnet-dev', '10.20'),
        ...virtualMachine('vm-build-01', { tags: { role: 'build' } }),
        ...virtualMachine('vm-build-02', { tags: { role: 'build' } }),
        ...virtualMachine('vm-test-01', { os: 'Windows', size: 'Standard_D4s_v5', tags: { role: 'test' } }),
      ],
    },
    { name: 'rg-dev-empty', location: 'northeurope', resources: [] },
  ];
}
