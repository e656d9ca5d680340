import { type AnswerRow, connectionStrings, keyPair } from './answer-row.ts';

// Source: the type declarations of the official `@azure/arm-*` packages, and the reference pages of the actions.

/** Keys, credentials, passwords and tokens of one resource: what was asked for is kept under a name. */
const credentials: readonly AnswerRow[] = [
  {
    provider: 'Microsoft.Storage',
    paths: ['storageAccounts/*/listKeys', 'storageAccounts/*/regenerateKey'],
    kept: ['keys[].value'],
  },
  { provider: 'Microsoft.Storage', paths: ['localUsers/*/listKeys'], kept: ['sharedKey'] },
  { provider: 'Microsoft.Storage', paths: ['localUsers/*/regeneratePassword'], kept: ['sshPassword'] },
  {
    provider: 'Microsoft.DocumentDB',
    methods: ['POST', 'GET'],
    paths: ['databaseAccounts/*/listKeys', 'databaseAccounts/*/readonlykeys', 'databaseAccounts/*/regenerateKey'],
    kept: ['primaryMasterKey', 'secondaryMasterKey', 'primaryReadonlyMasterKey', 'secondaryReadonlyMasterKey'],
    strip: 1,
  },
  {
    provider: 'Microsoft.DocumentDB',
    paths: ['listConnectionStrings'],
    kept: ['connectionStrings[].connectionString'],
  },
  {
    paths: ['authorizationRules/*/listKeys', 'authorizationRules/*/regenerateKeys'],
    kept: [...keyPair, ...connectionStrings],
  },
  { provider: 'Microsoft.Search', paths: ['listAdminKeys'], kept: keyPair },
  { provider: 'Microsoft.Search', paths: ['regenerateAdminKey/*'], kept: keyPair, strip: 2 },
  { provider: 'Microsoft.Search', paths: ['listQueryKeys'], kept: ['value[].key'] },
  { provider: 'Microsoft.Search', paths: ['createQueryKey/*'], kept: ['key'], strip: 2 },
  {
    provider: 'Microsoft.CognitiveServices',
    paths: ['accounts/*/listKeys', 'accounts/*/regenerateKey'],
    kept: ['key1', 'key2'],
  },
  {
    provider: 'Microsoft.MachineLearningServices',
    paths: ['workspaces/*/listKeys'],
    kept: [
      'userStorageKey',
      'appInsightsInstrumentationKey',
      'containerRegistryCredentials.passwords[].value',
      'notebookAccessKeys.primaryAccessKey',
      'notebookAccessKeys.secondaryAccessKey',
    ],
  },
  {
    provider: 'Microsoft.MachineLearningServices',
    paths: ['listNotebookKeys'],
    kept: ['primaryAccessKey', 'secondaryAccessKey'],
  },
  { provider: 'Microsoft.MachineLearningServices', paths: ['listStorageAccountKeys'], kept: ['userStorageKey'] },
  {
    paths: ['connections/*/listsecrets'],
    kept: ['credentials.*', 'credentials.keys.*'],
    open: [
      ...['authType', 'category', 'target', 'group'].map((name) => `properties.${name}`),
      // A map of keys has names of its own, so what identifies stays only beside it.
      ...['clientId', 'tenantId', 'username', 'accessKeyId', 'resourceId', 'authUrl'].map(
        (name) => `credentials.${name}`,
      ),
    ],
  },
  {
    provider: 'Microsoft.MachineLearningServices',
    paths: ['datastores/*/listSecrets'],
    kept: ['key', 'sasToken', 'clientSecret', 'certificate'],
    open: ['secretsType'],
  },
  {
    provider: 'Microsoft.MachineLearningServices',
    paths: ['computes/*/listKeys'],
    kept: ['databricksAccessToken', 'administratorAccount.password', 'administratorAccount.privateKeyData'],
    // A kubeconfig holds several secrets and much besides.
    masked: ['userKubeConfig', 'adminKubeConfig'],
    open: ['computeType'],
  },
  {
    provider: 'Microsoft.MachineLearningServices',
    paths: ['Endpoints/*/listKeys', 'Endpoints/*/regenerateKeys'].flatMap(endpointKinds),
    kept: keyPair,
  },
  {
    provider: 'Microsoft.MachineLearningServices',
    paths: endpointKinds('Endpoints/*/token'),
    kept: ['accessToken'],
    open: ['tokenType'],
  },
  {
    provider: 'Microsoft.Web',
    paths: ['host/default/listkeys'],
    kept: ['masterKey', 'functionKeys.*', 'systemKeys.*'],
    strip: 3,
  },
  { provider: 'Microsoft.Web', paths: ['functions/*/listkeys'], kept: ['$.*', '$.properties.*'] },
  { provider: 'Microsoft.Web', paths: ['functions/*/listsecrets'], kept: ['key'], masked: ['trigger_url'] },
  {
    provider: 'Microsoft.ContainerRegistry',
    paths: ['listCredentials', 'regenerateCredential', 'generateCredentials'],
    kept: ['passwords[].value'],
  },
  {
    provider: 'Microsoft.ContainerService',
    paths: ['listClusterAdminCredential', 'listClusterUserCredential', 'listClusterMonitoringUserCredential'],
    kept: ['kubeconfigs[].value'],
  },
  {
    provider: 'Microsoft.ContainerService',
    paths: ['accessProfiles/*/listCredential'],
    kept: ['properties.kubeConfig'],
  },
  {
    provider: 'Microsoft.Kubernetes',
    paths: ['listClusterUserCredential'],
    kept: ['kubeconfigs[].value', 'hybridConnectionConfig.token'],
  },
  {
    provider: 'Microsoft.AppConfiguration',
    paths: ['configurationStores/*/ListKeys', 'configurationStores/*/RegenerateKey'],
    kept: ['value[].value', 'value[].connectionString', '$.value', '$.connectionString'],
  },
  { provider: 'Microsoft.Cache', paths: ['listKeys', 'regenerateKey'], kept: keyPair },
  {
    provider: 'Microsoft.SignalRService',
    paths: ['listKeys', 'regenerateKey'],
    kept: [...keyPair, ...connectionStrings],
  },
  { provider: 'Microsoft.Batch', paths: ['listKeys', 'regenerateKeys'], kept: ['primary', 'secondary'] },
  { provider: 'Microsoft.Devices', paths: ['listkeys'], kept: keyPair, open: ['rights'] },
  { provider: 'Microsoft.Automation', paths: ['automationAccounts/*/listKeys'], kept: ['keys[].value'] },
  {
    provider: 'Microsoft.Automation',
    methods: ['GET'],
    paths: ['agentRegistrationInformation'],
    kept: ['keys.primary', 'keys.secondary'],
  },
  {
    provider: 'Microsoft.Automation',
    paths: ['agentRegistrationInformation/regenerateKey'],
    kept: ['keys.primary', 'keys.secondary'],
  },
  {
    provider: 'Microsoft.OperationalInsights',
    paths: ['sharedKeys', 'regenerateSharedKey'],
    kept: ['primarySharedKey', 'secondarySharedKey'],
  },
  { provider: 'Microsoft.EventGrid', paths: ['listKeys', 'regenerateKey'], kept: ['key1', 'key2'] },
  { provider: 'Microsoft.ApiManagement', paths: ['namedValues/*/listValue'], kept: ['value'] },
  {
    provider: 'Microsoft.ApiManagement',
    paths: ['subscriptions/*/listSecrets', 'tenant/*/listSecrets'],
    kept: keyPair,
  },
  { provider: 'Microsoft.ApiManagement', paths: ['gateways/*/listKeys'], kept: ['primary', 'secondary'] },
  { provider: 'Microsoft.ApiManagement', paths: ['gateways/*/generateToken', 'users/*/token'], kept: ['value'] },
  {
    provider: 'Microsoft.ApiManagement',
    paths: [
      'identityProviders/*/listSecrets',
      'openidConnectProviders/*/listSecrets',
      'authorizationServers/*/listSecrets',
    ],
    kept: ['clientSecret', 'resourceOwnerPassword'],
    open: ['resourceOwnerUsername'],
  },
  { provider: 'Microsoft.ApiManagement', paths: ['portalsettings/*/listSecrets'], kept: ['validationKey'] },
  {
    paths: ['integrationRuntimes/*/listAuthKeys', 'integrationRuntimes/*/regenerateAuthKey'],
    kept: ['authKey1', 'authKey2'],
  },
  { paths: ['integrationRuntimes/*/getConnectionInfo'], kept: ['serviceToken'] },
  { provider: 'Microsoft.App', paths: ['getAuthtoken'], kept: ['properties.token'] },
  {
    provider: 'Microsoft.Compute',
    paths: ['sshPublicKeys/*/generateKeyPair'],
    kept: ['privateKey'],
    open: ['publicKey'],
  },
  {
    provider: 'Microsoft.Communication',
    paths: ['listKeys', 'regenerateKey'],
    kept: [...keyPair, ...connectionStrings],
  },
  { provider: 'Microsoft.Maps', paths: ['listKeys', 'regenerateKey'], kept: keyPair },
  { provider: 'Microsoft.HDInsight', paths: ['getGatewaySettings'], kept: ['restAuthCredential.password'] },
  {
    provider: 'Microsoft.Network',
    methods: ['GET', 'POST', 'PUT'],
    paths: ['connections/*/sharedkey'],
    kept: ['value'],
    only: true,
    strip: 1,
  },
  { provider: 'Microsoft.DesktopVirtualization', paths: ['retrieveRegistrationToken'], kept: ['token'] },
  { provider: 'Microsoft.Insights', paths: ['ApiKeys'], kept: ['apiKey'], only: true },
  {
    provider: 'Microsoft.Purview',
    paths: ['accounts/*/listkeys'],
    kept: ['atlasKafkaPrimaryEndpoint', 'atlasKafkaSecondaryEndpoint'],
  },
];

/** Settings with many values, addresses with a signature, and tokens of a moment: masked, and nothing is stored. */
const settings: readonly AnswerRow[] = [
  { provider: 'Microsoft.Storage', paths: ['ListAccountSas'], masked: ['accountSasToken'] },
  { provider: 'Microsoft.Storage', paths: ['ListServiceSas'], masked: ['serviceSasToken'] },
  {
    provider: 'Microsoft.MachineLearningServices',
    paths: ['listNotebookAccessToken'],
    masked: ['accessToken', 'refreshToken'],
  },
  {
    provider: 'Microsoft.Web',
    paths: ['config/publishingcredentials/list'],
    masked: ['publishingPassword', 'publishingPasswordHash', 'publishingPasswordHashSalt', 'scmUri'],
  },
  { provider: 'Microsoft.Web', paths: ['publishxml'] },
  { provider: 'Microsoft.Web', paths: ['config/appsettings/list', 'config/metadata/list'], masked: ['properties.*'] },
  {
    provider: 'Microsoft.Web',
    paths: ['config/connectionstrings/list'],
    masked: ['properties.*.value'],
    open: ['properties.*.type'],
  },
  { provider: 'Microsoft.Web', paths: ['config/authsettings/list', 'config/authsettingsV2/list'] },
  {
    provider: 'Microsoft.Web',
    paths: ['config/azurestorageaccounts/list'],
    masked: ['properties.*.accessKey'],
    open: ['accountName', 'shareName', 'mountPath', 'properties.*.type', 'state', 'protocol'],
  },
  { provider: 'Microsoft.Web', paths: ['config/backup/list'], masked: ['storageAccountUrl'] },
  { provider: 'Microsoft.Web', methods: ['GET', 'PUT'], paths: ['config/logs'], masked: ['sasUrl'] },
  {
    provider: 'Microsoft.Web',
    paths: ['listSecrets', 'listAppSettings', 'listFunctionAppSettings'],
    masked: ['properties.*'],
  },
  { provider: 'Microsoft.Web', paths: ['databaseConnections/*/show'], masked: ['connectionString'] },
  { provider: 'Microsoft.ContainerRegistry', paths: ['listLogSasUrl'], masked: ['logLink', 'logArtifactLink'] },
  {
    provider: 'Microsoft.ContainerRegistry',
    paths: ['listBuildSourceUploadUrl'],
    masked: ['uploadUrl'],
    open: ['relativePath'],
  },
  { provider: 'Microsoft.Automation', paths: ['webhooks/generateUri'], masked: [''], strip: 2 },
  { provider: 'Microsoft.Automation', methods: ['PUT', 'PATCH'], paths: ['webhooks/*'], masked: ['properties.uri'] },
  {
    provider: 'Microsoft.Logic',
    paths: ['listCallbackUrl'],
    masked: ['value', 'queries.sig'],
    open: ['method', 'basePath', 'relativePath'],
  },
  { provider: 'Microsoft.EventGrid', paths: ['getFullUrl'], masked: ['endpointUrl'] },
  { provider: 'Microsoft.EventGrid', paths: ['getDeliveryAttributes'], masked: ['value[].properties.value'] },
  { provider: 'Microsoft.ApiManagement', paths: ['users/*/generateSsoUrl'], masked: ['value'] },
  { provider: 'Microsoft.DataFactory', paths: ['getDataPlaneAccess'], masked: ['accessToken'] },
  { provider: 'Microsoft.DataFactory', paths: ['getGitHubAccessToken'], masked: ['gitHubAccessToken'] },
  { provider: 'Microsoft.App', paths: ['listSecrets'], masked: ['value[].value'] },
  {
    provider: 'Microsoft.Compute',
    paths: ['beginGetAccess'],
    masked: ['accessSAS', 'securityDataAccessSAS', 'securityMetadataAccessSAS'],
  },
  {
    provider: 'Microsoft.Compute',
    paths: ['retrieveBootDiagnosticsData'],
    masked: ['consoleScreenshotBlobUri', 'serialConsoleLogBlobUri'],
  },
  { provider: 'Microsoft.Maps', paths: ['listSas'], masked: ['accountSasToken'] },
  { provider: 'Microsoft.BotService', paths: ['listChannelWithKeys', 'listWithSecrets'] },
  {
    provider: 'Microsoft.HDInsight',
    methods: ['GET', 'POST'],
    paths: ['configurations', 'configurations/*'],
    only: false,
  },
  { provider: 'Microsoft.Network', paths: ['generatevpnclientpackage'], masked: [''] },
  { provider: 'Microsoft.Network', paths: ['getShareableLinks', 'createShareableLinks'], masked: ['bsl'] },
  { provider: 'Microsoft.ContainerInstance', paths: ['exec'], masked: ['password', 'webSocketUri'] },
];

/** Actions whose names look as if they handed out secrets, and which do not; and links that are meant for people. */
export const openActions: readonly AnswerRow[] = [
  { provider: 'Microsoft.Logic', paths: ['listKeyVaultKeys'], open: [] },
  { provider: 'Microsoft.Web', paths: ['createUserInvitation'], open: ['invitationUrl'] },
];

export const armRows: readonly AnswerRow[] = [...credentials, ...settings];

function endpointKinds(path: string): readonly string[] {
  return ['online', 'batch', 'serverless'].map((kind) => `${kind}${path}`);
}
