/**
 * Group of each category, as the service derives it. The 102 categories are those of api-version 2024-04-01; which group
 * they are in is published nowhere and is our reading of their names.
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
  Object.entries(categoriesOf).flatMap(([group, names]) => names.split(/\s+/).map((name) => [name, group] as const)),
);

/** Every category that has a group of its own reading. */
export const groupedCategories: readonly string[] = [...groupByCategory.keys()];

/** The service takes categories that it does not know; newer versions have more of them. */
export function groupOf(category: string): string {
  return groupByCategory.get(category) ?? (category.startsWith('Azure') ? 'Azure' : 'ServicesAndApps');
}
