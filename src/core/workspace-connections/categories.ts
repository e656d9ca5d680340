import { foundryAuthTypes } from './workspace-connection.ts';

/** Categories of api-version 2024-04-01; all 102 of them. The service takes others as well, since the list is open. */
export const categories: readonly string[] = [
  ...words('ADLSGen2 AIServices AmazonMws AmazonRdsForOracle AmazonRdsForSqlServer AmazonRedshift AmazonS3Compatible'),
  ...words('ApiKey AzureBlob AzureDataExplorer AzureDatabricksDeltaLake AzureMariaDb AzureMySqlDb AzureOneLake'),
  ...words('AzureOpenAI AzurePostgresDb AzureSqlDb AzureSqlMi AzureSynapseAnalytics AzureTableStorage BingLLMSearch'),
  ...words('Cassandra CognitiveSearch CognitiveService Concur ContainerRegistry CosmosDb CosmosDbMongoDbApi Couchbase'),
  ...words('CustomKeys Db2 Drill Dynamics DynamicsAx DynamicsCrm Eloqua FileServer FtpServer'),
  ...words('GenericContainerRegistry GenericHttp GenericRest Git GoogleAdWords GoogleBigQuery GoogleCloudStorage'),
  ...words('Greenplum Hbase Hdfs Hive Hubspot Impala Informix Jira Magento MariaDb Marketo MicrosoftAccess'),
  ...words('MongoDbAtlas MongoDbV2 MySql Netezza ODataRest Odbc Office365 OpenAI Oracle OracleCloudStorage'),
  ...words('OracleServiceCloud PayPal Phoenix PostgreSql Presto PythonFeed QuickBooks Redis Responsys S3 Salesforce'),
  ...words('SalesforceMarketingCloud SalesforceServiceCloud SapBw SapCloudForCustomer SapEcc SapHana SapOpenHub'),
  ...words('SapTable Serp Serverless ServiceNow Sftp SharePointOnlineList Shopify Snowflake Spark SqlServer Square'),
  ...words('Sybase Teradata Vertica WebTable Xero Zoho'),
];

/** Categories of later versions, which Azure AI Foundry takes. */
export const laterCategories: readonly string[] = [
  ...words('Elasticsearch ManagedOnlineEndpoint Pinecone ApiManagement AppConfig AppInsights'),
  ...words('AzureContainerAppEnvironment AzureKeyVault AzureStorageAccount Databricks GroundingWithBingSearch'),
  ...words('GroundingWithCustomSearch MicrosoftFabric ModelGateway PowerPlatformEnvironment RemoteA2A RemoteTool'),
  ...words('Sharepoint'),
];

/** What connections of a category usually look like. */
export interface CategoryHabits {
  readonly authTypes: readonly string[];
  /** Keys of `metadata` that those who use the connection look for. Compared without regard to case. */
  readonly metadata?: readonly string[];
}

const azureAi = ['ApiType', 'ResourceId'];
const storage = ['AccountName', 'ContainerName'];
/** Agent tools take keys, OAuth2 or an identity of Foundry, never AAD or ManagedIdentity. */
const agentTools: readonly string[] = ['None', 'CustomKeys', 'OAuth2', ...foundryAuthTypes];
const free: readonly string[] = ['UsernamePassword', 'None', 'ApiKey', 'CustomKeys'];

/** Habits, not rules: the service enforces none of them. After the specification's prose and Microsoft's Python SDK. */
const habits: Readonly<Record<string, CategoryHabits>> = {
  AzureOpenAI: { authTypes: ['ApiKey', 'AAD'], metadata: ['ApiType', 'ApiVersion', 'ResourceId'] },
  AIServices: { authTypes: ['ApiKey', 'AAD'], metadata: azureAi },
  CognitiveService: { authTypes: ['ApiKey', 'AAD'], metadata: ['Kind', 'ApiVersion', ...azureAi] },
  CognitiveSearch: { authTypes: ['ApiKey', 'AAD'], metadata: ['ApiVersion', ...azureAi] },
  OpenAI: { authTypes: ['ApiKey'] },
  Serp: { authTypes: ['ApiKey'] },
  Serverless: { authTypes: ['ApiKey'] },
  ApiKey: { authTypes: ['ApiKey'] },
  CustomKeys: { authTypes: ['CustomKeys'] },
  AzureBlob: { authTypes: ['AccountKey', 'SAS', 'AAD'], metadata: storage },
  ADLSGen2: { authTypes: ['ServicePrincipal', 'AAD', 'ManagedIdentity', 'AccessKey'], metadata: storage },
  AzureOneLake: { authTypes: ['ServicePrincipal', 'AAD'] },
  ContainerRegistry: { authTypes: ['ManagedIdentity', 'UsernamePassword', 'None', 'PAT'] },
  GenericContainerRegistry: { authTypes: ['UsernamePassword'] },
  Git: { authTypes: ['PAT', 'UsernamePassword', 'None'] },
  PythonFeed: { authTypes: ['UsernamePassword', 'PAT', 'None'] },
  S3: { authTypes: ['AccessKey'] },
  Snowflake: { authTypes: ['UsernamePassword', 'ServicePrincipal', 'OAuth2'] },
  AzureSqlDb: { authTypes: ['UsernamePassword', 'ServicePrincipal', 'ManagedIdentity'] },
  AzurePostgresDb: { authTypes: ['UsernamePassword'] },
  CosmosDb: { authTypes: ['AAD', 'AccountKey', 'ApiKey'], metadata: azureAi },
  CosmosDbMongoDbApi: { authTypes: ['AAD', 'AccountKey', 'ApiKey'], metadata: azureAi },
  Redis: { authTypes: free },
  FtpServer: { authTypes: free },
  Sftp: { authTypes: free },
  GenericHttp: { authTypes: free },
  GenericRest: { authTypes: free },
  ODataRest: { authTypes: free },
  RemoteTool: { authTypes: agentTools },
  RemoteA2A: { authTypes: agentTools },
  MicrosoftFabric: { authTypes: ['AAD', 'UserEntraToken'] },
  Salesforce: { authTypes: ['UsernamePassword', 'OAuth2'] },
};

export function habitsOf(category: string): CategoryHabits | undefined {
  return Object.hasOwn(habits, category) ? habits[category] : undefined;
}

function words(text: string): string[] {
  return text.split(' ');
}
