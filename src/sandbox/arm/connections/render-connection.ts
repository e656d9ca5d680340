import { isRecord } from '../../../core/base/guards.ts';
import { withoutUndefined } from '../../../core/base/without-undefined.ts';
import { namesOf } from '../../base/names.ts';
import { type PlainObject, recordOf } from '../../base/plain-object.ts';
import { isSameId } from '../arm-ids.ts';
import type { ArmResource } from '../arm-store.ts';

/** Who created a connection and who last changed it. */
export interface ConnectionAuthors {
  readonly createdBy: string;
  readonly createdByType: string;
  readonly lastModifiedBy: string;
  readonly lastModifiedByType: string;
}

interface RenderOptions {
  /** Replaces the resource's own id, which lists spell differently. */
  readonly id?: string;
  /** Connection type of the requested parent: a project shows its hub's connections as its own. */
  readonly type: string;
  readonly withSecrets?: boolean;
}

/** A connection as responses show it: without credentials unless they were requested. */
export function renderConnection(connection: ArmResource, { id, type, withSecrets }: RenderOptions): PlainObject {
  const { authType, category, ...rest } = connection.properties;
  const { credentials, value } = withSecrets ? secretsOf(connection) : {};
  const owner = connection.id.replace(/\/connections\/[^/]+$/i, '');
  return {
    id: id ?? connection.id,
    name: connection.name,
    type,
    properties: {
      authType,
      ...(credentials === undefined ? {} : { credentials }),
      ...(category === undefined ? {} : { category, group: groupOf(String(category)) }),
      isSharedToAll: false,
      ...rest,
      ...(value === undefined ? {} : { value }),
      createdByWorkspaceArmId: owner,
    },
    systemData: systemData(connection),
  };
}

function systemData({ createdTime, changedTime, traits }: ArmResource): PlainObject {
  const seeded = {
    createdBy: 'Platform Team',
    createdByType: 'User',
    lastModifiedBy: 'Platform Team',
    lastModifiedByType: 'User',
  };
  const authors = isRecord(traits?.['authors']) ? traits['authors'] : {};
  return { createdAt: createdTime, lastModifiedAt: changedTime, ...seeded, ...authors };
}

/** Connection types of workspaces and of Foundry accounts and projects. */
const connectionTypes = [
  'Microsoft.MachineLearningServices/workspaces/connections',
  'Microsoft.CognitiveServices/accounts/connections',
  'Microsoft.CognitiveServices/accounts/projects/connections',
] as const;

/**
 * A connection as it is stored: its secrets are kept apart, where only ListSecrets reads them. Other resources are
 * unchanged.
 */
export function concealSecrets(resource: ArmResource): ArmResource {
  if (!connectionTypes.some((type) => isSameId(type, resource.type))) return resource;
  const { credentials, value, ...properties } = resource.properties;
  const secrets = withoutUndefined({ credentials, value });
  if (Object.keys(secrets).length === 0) return resource;
  return { ...resource, properties, traits: { ...resource.traits, secrets } };
}

/** `credentials` and `value` of a connection, if it has them. */
export function secretsOf({ traits }: ArmResource): PlainObject {
  return recordOf(traits?.['secrets']);
}

/**
 * The group that the service derives from each category. The 102 categories are those of api-version 2024-04-01. Their
 * groups are not published; these are inferred from the names.
 */
const categoriesOf: Readonly<Record<string, string>> = {
  Azure: `ADLSGen2 AzureBlob AzureDataExplorer AzureDatabricksDeltaLake AzureMariaDb AzureMySqlDb AzureOneLake
    AzurePostgresDb AzureSqlDb AzureSqlMi AzureSynapseAnalytics AzureTableStorage ContainerRegistry CosmosDb
    CosmosDbMongoDbApi`,
  AzureAI: 'AIServices AzureOpenAI BingLLMSearch CognitiveSearch CognitiveService Serverless',
  Database: `AmazonRdsForOracle AmazonRdsForSqlServer AmazonRedshift Db2 Drill GoogleBigQuery Greenplum Hbase Hive Impala
    Informix MariaDb MicrosoftAccess MySql Netezza Oracle Phoenix PostgreSql Presto SapBw SapHana SapOpenHub SapTable
    Snowflake Spark SqlServer Sybase Teradata Vertica`,
  NoSQL: 'Cassandra Couchbase MongoDbAtlas MongoDbV2 Redis',
  File: 'AmazonS3Compatible FileServer FtpServer GoogleCloudStorage Hdfs OracleCloudStorage S3 Sftp',
  GenericProtocol: `ApiKey CustomKeys GenericContainerRegistry GenericHttp GenericRest Git ODataRest Odbc PythonFeed
    WebTable`,
  ServicesAndApps: `AmazonMws Concur Dynamics DynamicsAx DynamicsCrm Eloqua GoogleAdWords Hubspot Jira Magento Marketo
    Office365 OpenAI OracleServiceCloud PayPal QuickBooks Responsys Salesforce SalesforceMarketingCloud
    SalesforceServiceCloud SapCloudForCustomer SapEcc Serp ServiceNow SharePointOnlineList Shopify Square Xero Zoho`,
};

const groupByCategory = new Map(
  Object.entries(categoriesOf).flatMap(([group, names]) => namesOf(names).map((name) => [name, group] as const)),
);

/** Categories of later versions, which Foundry takes. */
const laterCategories = namesOf(`
  Elasticsearch ManagedOnlineEndpoint Pinecone ApiManagement AppConfig AppInsights AzureContainerAppEnvironment
  AzureKeyVault AzureStorageAccount Databricks GroundingWithBingSearch GroundingWithCustomSearch MicrosoftFabric
  ModelGateway PowerPlatformEnvironment RemoteA2A RemoteTool Sharepoint`);

export function isFoundryCategory(category: string): boolean {
  return groupByCategory.has(category) || laterCategories.includes(category);
}

export const groupedCategories: readonly string[] = [...groupByCategory.keys()];

/** The service accepts unknown categories, because newer versions have more of them. */
function groupOf(category: string): string {
  if (category.startsWith('Remote')) return 'GenericProtocol';
  return groupByCategory.get(category) ?? (category.startsWith('Azure') ? 'Azure' : 'ServicesAndApps');
}
