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

type ConnectionKind = readonly [authType: string, category: string, target: string];

/** A connection below a parent. Its credentials do not work anywhere. */
function connection(
  parentType: string,
  name: string,
  [authType, category, target]: ConnectionKind,
  { credentials, ...rest }: PlainObject & { readonly credentials?: PlainObject } = {},
): ResourceSeed {
  return {
    type: `${parentType}/connections`,
    name,
    properties: { metadata: {}, authType, category, target, ...rest },
    ...(credentials ? { traits: { secrets: { credentials } } } : {}),
  };
}

/** Connections of the workspace, one for each common way to sign in. */
export function workspaceConnections(workspaceName: string): readonly ResourceSeed[] {
  const own = (name: string, kind: ConnectionKind, rest: Parameters<typeof connection>[3]) =>
    connection(workspaceType, `${workspaceName}/${name}`, kind, rest);
  return [
    own('openai-research', ['ApiKey', 'AzureOpenAI', 'https://oai-contoso-research.openai.azure.com/'], {
      metadata: { ApiType: 'Azure', ApiVersion: '2024-10-21', ResourceId: openAiId },
      credentials: { key: 'sandbox-openai-key' },
    }),
    own('papers-search', ['AAD', 'CognitiveSearch', 'https://srch-contoso-vectors.search.windows.net/'], {
      metadata: { ApiType: 'Azure', ApiVersion: '2024-07-01', ResourceId: searchId },
    }),
    own('papers-blob', ['AccountKey', 'AzureBlob', 'https://stcontosoml.blob.core.windows.net/papers'], {
      metadata: { AccountName: 'stcontosoml', ContainerName: 'papers' },
      credentials: { key: 'sandbox-account-key' },
    }),
    own('lake-curated', ['ServicePrincipal', 'ADLSGen2', 'https://stcontosoml.dfs.core.windows.net/curated'], {
      metadata: { AccountName: 'stcontosoml', ContainerName: 'curated' },
      credentials: { clientId: appIds.limited, clientSecret: 'sandbox-client-secret', tenantId: tenant.id },
    }),
    own('training-images', ['ManagedIdentity', 'ContainerRegistry', 'crcontosoml.azurecr.io'], { credentials: {} }),
    own('models-git', ['PAT', 'Git', 'https://github.com/contoso/models'], {
      expiryTime: '2026-12-31T00:00:00Z',
      credentials: { pat: 'sandbox-pat' },
    }),
    own(
      'usage-warehouse',
      [
        'UsernamePassword',
        'Snowflake',
        'jdbc:snowflake://contoso.snowflakecomputing.com/?db=usage&warehouse=small&role=reader',
      ],
      { credentials: { username: 'research', password: 'sandbox-password' } },
    ),
    own('search-tools', ['CustomKeys', 'CustomKeys', 'https://tools.contoso.example'], {
      credentials: { keys: { apiKey: 'sandbox-tool-key', tenantKey: 'sandbox-tenant-key' } },
    }),
  ];
}

/** A hub with a connection shared with all its projects, a connection that it does not share, and a project. */
export function hubAndProject(hubName: string, projectName: string): readonly ResourceSeed[] {
  const hub = { ...workspace(hubName, { enableDataIsolation: true }), kind: 'Hub' };
  const hubResourceId = `${group}/${workspaceType}/${hubName}`;
  return [
    hub,
    { ...workspace(projectName, { hubResourceId }), kind: 'Project' },
    connection(
      workspaceType,
      `${hubName}/openai-shared`,
      ['ApiKey', 'AzureOpenAI', 'https://oai-contoso-research.openai.azure.com/'],
      {
        metadata: { ApiType: 'Azure', ApiVersion: '2024-10-21', ResourceId: openAiId },
        isSharedToAll: true,
        credentials: { key: 'sandbox-shared-key' },
      },
    ),
    connection(workspaceType, `${hubName}/serp-operators`, ['ApiKey', 'Serp', 'https://serpapi.com/search'], {
      isSharedToAll: false,
      credentials: { key: 'sandbox-serp-key' },
    }),
    connection(workspaceType, `${projectName}/assist-feed`, [
      'None',
      'PythonFeed',
      'https://pkgs.contoso.example/simple',
    ]),
  ];
}

/** An Azure AI Foundry account with a project, each with a connection. */
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
    connection(
      accountType,
      `${accountName}/account-search`,
      ['AAD', 'CognitiveSearch', 'https://srch-contoso-vectors.search.windows.net/'],
      { metadata: { ApiType: 'Azure', ResourceId: searchId, location: 'westeurope' }, isSharedToAll: true },
    ),
    connection(
      `${accountType}/projects`,
      `${accountName}/${projectName}/project-insights`,
      ['ApiKey', 'AppInsights', `${group}/Microsoft.Insights/components/appi-contoso-ml`],
      {
        metadata: { ApiType: 'Azure', ResourceId: `${group}/Microsoft.Insights/components/appi-contoso-ml` },
        credentials: { key: 'sandbox-insights-connection-string' },
      },
    ),
  ];
}
