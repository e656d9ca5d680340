import type { PlainObject } from '../../base/plain-object.ts';
import { appIds } from '../../seed/sandbox-credentials.ts';
import { tenant } from '../../seed/tenant.ts';
import { workspace } from './platform-resources.ts';
import type { ResourceSeed } from './resource-seed.ts';

const workspaceType = 'Microsoft.MachineLearningServices/workspaces';
const accountType = 'Microsoft.CognitiveServices/accounts';
const group = `/subscriptions/${tenant.subscriptionId}/resourceGroups/rg-contoso-ml/providers`;
const openAiId = `${group}/${accountType}/oai-contoso-research`;
const searchId = `/subscriptions/${tenant.subscriptionId}/resourceGroups/rg-contoso-data/providers/Microsoft.Search/searchServices/srch-contoso-vectors`;
const systemAssigned = { type: 'SystemAssigned' };

/** A connection below a parent; its credentials are no use anywhere. */
function connection(
  parentType: string,
  name: string,
  { credentials, ...properties }: PlainObject & { readonly credentials?: PlainObject },
): ResourceSeed {
  return {
    type: `${parentType}/connections`,
    name,
    properties: { metadata: {}, ...properties },
    ...(credentials ? { traits: { secrets: { credentials } } } : {}),
  };
}

/** Connections of the workspace, one for each way to sign in that teams use most. */
export function workspaceConnections(workspaceName: string): readonly ResourceSeed[] {
  const own = (name: string, properties: Parameters<typeof connection>[2]) =>
    connection(workspaceType, `${workspaceName}/${name}`, properties);
  return [
    own('openai-research', {
      authType: 'ApiKey',
      category: 'AzureOpenAI',
      target: 'https://oai-contoso-research.openai.azure.com/',
      metadata: { ApiType: 'Azure', ApiVersion: '2024-10-21', ResourceId: openAiId },
      credentials: { key: 'sandbox-openai-key' },
    }),
    own('papers-search', {
      authType: 'AAD',
      category: 'CognitiveSearch',
      target: 'https://srch-contoso-vectors.search.windows.net/',
      metadata: { ApiType: 'Azure', ApiVersion: '2024-07-01', ResourceId: searchId },
    }),
    own('papers-blob', {
      authType: 'AccountKey',
      category: 'AzureBlob',
      target: 'https://stcontosoml.blob.core.windows.net/papers',
      metadata: { AccountName: 'stcontosoml', ContainerName: 'papers' },
      credentials: { key: 'sandbox-account-key' },
    }),
    own('lake-curated', {
      authType: 'ServicePrincipal',
      category: 'ADLSGen2',
      target: 'https://stcontosoml.dfs.core.windows.net/curated',
      metadata: { AccountName: 'stcontosoml', ContainerName: 'curated' },
      credentials: { clientId: appIds.limited, clientSecret: 'sandbox-client-secret', tenantId: tenant.id },
    }),
    own('training-images', {
      authType: 'ManagedIdentity',
      category: 'ContainerRegistry',
      target: 'crcontosoml.azurecr.io',
      credentials: {},
    }),
    own('models-git', {
      authType: 'PAT',
      category: 'Git',
      target: 'https://github.com/contoso/models',
      expiryTime: '2026-12-31T00:00:00Z',
      credentials: { pat: 'sandbox-pat' },
    }),
    own('usage-warehouse', {
      authType: 'UsernamePassword',
      category: 'Snowflake',
      target: 'jdbc:snowflake://contoso.snowflakecomputing.com/?db=usage&warehouse=small&role=reader',
      credentials: { username: 'research', password: 'sandbox-password' },
    }),
    own('search-tools', {
      authType: 'CustomKeys',
      category: 'CustomKeys',
      target: 'https://tools.contoso.example',
      credentials: { keys: { apiKey: 'sandbox-tool-key', tenantKey: 'sandbox-tenant-key' } },
    }),
  ];
}

/** A hub with one connection for all of its projects and one of its own, and a project in it. */
export function hubAndProject(hubName: string, projectName: string): readonly ResourceSeed[] {
  const hub = { ...workspace(hubName, { enableDataIsolation: true }), kind: 'Hub' };
  const hubResourceId = `${group}/${workspaceType}/${hubName}`;
  return [
    hub,
    { ...workspace(projectName, { hubResourceId }), kind: 'Project' },
    connection(workspaceType, `${hubName}/openai-shared`, {
      authType: 'ApiKey',
      category: 'AzureOpenAI',
      target: 'https://oai-contoso-research.openai.azure.com/',
      metadata: { ApiType: 'Azure', ApiVersion: '2024-10-21', ResourceId: openAiId },
      isSharedToAll: true,
      credentials: { key: 'sandbox-shared-key' },
    }),
    connection(workspaceType, `${hubName}/serp-operators`, {
      authType: 'ApiKey',
      category: 'Serp',
      target: 'https://serpapi.com/search',
      isSharedToAll: false,
      credentials: { key: 'sandbox-serp-key' },
    }),
    connection(workspaceType, `${projectName}/assist-feed`, {
      authType: 'None',
      category: 'PythonFeed',
      target: 'https://pkgs.contoso.example/simple',
    }),
  ];
}

/** An account of Azure AI Foundry with a project, and a connection of each. */
export function foundry(accountName: string, projectName: string): readonly ResourceSeed[] {
  const done = { provisioningState: 'Succeeded' };
  const endpoint = `https://${accountName}.cognitiveservices.azure.com/`;
  return [
    {
      type: accountType,
      name: accountName,
      kind: 'AIServices',
      sku: { name: 'S0' },
      identity: systemAssigned,
      properties: { ...done, endpoint, customSubDomainName: accountName, allowProjectManagement: true },
    },
    {
      type: `${accountType}/projects`,
      name: `${accountName}/${projectName}`,
      identity: systemAssigned,
      properties: { ...done, displayName: projectName, isDefault: true },
    },
    connection(accountType, `${accountName}/account-search`, {
      authType: 'AAD',
      category: 'CognitiveSearch',
      target: 'https://srch-contoso-vectors.search.windows.net/',
      metadata: { ApiType: 'Azure', ResourceId: searchId, location: 'westeurope' },
      isSharedToAll: true,
    }),
    connection(`${accountType}/projects`, `${accountName}/${projectName}/project-insights`, {
      authType: 'ApiKey',
      category: 'AppInsights',
      target: `${group}/Microsoft.Insights/components/appi-contoso-ml`,
      metadata: { ApiType: 'Azure', ResourceId: `${group}/Microsoft.Insights/components/appi-contoso-ml` },
      credentials: { key: 'sandbox-insights-connection-string' },
    }),
  ];
}
