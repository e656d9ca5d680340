// Operations whose answers hold secrets, as their references list them: written by hand, not taken from the code.

/** Stands for every secret of a fixture. */
export const marker = 'MARKED-c7f1e2-Zq';

export interface SecretRow {
  readonly api: 'arm' | 'graph' | 'devops';
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly path: string;
  /** Members with secrets, as `keys[].value`; the empty text is a bare string. */
  readonly kept: readonly string[];
  readonly masked: readonly string[];
}

const group = '/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/rg-x/providers';

/** One line for each row: `path: kept members | masked members`, with `GET` or `PUT` in front where it is no POST. */
const armLines = `
Microsoft.Storage/storageAccounts/a/listKeys: keys[].value
Microsoft.Storage/storageAccounts/a/regenerateKey: keys[].value
Microsoft.Storage/storageAccounts/a/ListAccountSas: | accountSasToken
Microsoft.Storage/storageAccounts/a/ListServiceSas: | serviceSasToken
Microsoft.Storage/storageAccounts/a/localUsers/u/listKeys: sharedKey
Microsoft.Storage/storageAccounts/a/localUsers/u/regeneratePassword: sshPassword
Microsoft.DocumentDB/databaseAccounts/c/listKeys: primaryMasterKey secondaryMasterKey primaryReadonlyMasterKey secondaryReadonlyMasterKey
Microsoft.DocumentDB/databaseAccounts/c/readonlykeys: primaryReadonlyMasterKey secondaryReadonlyMasterKey
GET Microsoft.DocumentDB/databaseAccounts/c/readonlykeys: primaryReadonlyMasterKey secondaryReadonlyMasterKey
Microsoft.DocumentDB/databaseAccounts/c/listConnectionStrings: connectionStrings[].connectionString
Microsoft.DocumentDB/mongoClusters/c/listConnectionStrings: connectionStrings[].connectionString
Microsoft.ServiceBus/namespaces/n/authorizationRules/r/listKeys: primaryKey secondaryKey primaryConnectionString secondaryConnectionString aliasPrimaryConnectionString aliasSecondaryConnectionString
Microsoft.ServiceBus/namespaces/n/queues/q/authorizationRules/r/regenerateKeys: primaryKey secondaryKey primaryConnectionString secondaryConnectionString
Microsoft.EventHub/namespaces/n/eventhubs/h/authorizationRules/r/listKeys: primaryKey secondaryKey primaryConnectionString
Microsoft.Relay/namespaces/n/authorizationRules/r/listKeys: primaryKey secondaryKey
Microsoft.NotificationHubs/namespaces/n/notificationHubs/h/authorizationRules/r/listKeys: primaryKey secondaryKey
Microsoft.Search/searchServices/s/listAdminKeys: primaryKey secondaryKey
Microsoft.Search/searchServices/s/regenerateAdminKey/primary: primaryKey secondaryKey
Microsoft.Search/searchServices/s/listQueryKeys: value[].key
Microsoft.Search/searchServices/s/createQueryKey/mine: key
Microsoft.CognitiveServices/accounts/a/listKeys: key1 key2
Microsoft.CognitiveServices/accounts/a/regenerateKey: key1 key2
Microsoft.MachineLearningServices/workspaces/w/listKeys: userStorageKey appInsightsInstrumentationKey containerRegistryCredentials.passwords[].value notebookAccessKeys.primaryAccessKey notebookAccessKeys.secondaryAccessKey
Microsoft.MachineLearningServices/workspaces/w/listNotebookKeys: primaryAccessKey secondaryAccessKey
Microsoft.MachineLearningServices/workspaces/w/listNotebookAccessToken: | accessToken refreshToken
Microsoft.MachineLearningServices/workspaces/w/listStorageAccountKeys: userStorageKey
Microsoft.MachineLearningServices/workspaces/w/connections/c/listsecrets: properties.credentials.key properties.credentials.keys.mine properties.credentials.clientSecret
Microsoft.CognitiveServices/accounts/a/connections/c/listsecrets: properties.credentials.pat
Microsoft.MachineLearningServices/workspaces/w/datastores/d/listSecrets: key sasToken clientSecret certificate
Microsoft.MachineLearningServices/workspaces/w/computes/c/listKeys: databricksAccessToken administratorAccount.password administratorAccount.privateKeyData | userKubeConfig adminKubeConfig
Microsoft.MachineLearningServices/workspaces/w/onlineEndpoints/e/listKeys: primaryKey secondaryKey
Microsoft.MachineLearningServices/workspaces/w/batchEndpoints/e/listKeys: primaryKey secondaryKey
Microsoft.MachineLearningServices/workspaces/w/serverlessEndpoints/e/regenerateKeys: primaryKey secondaryKey
Microsoft.MachineLearningServices/workspaces/w/onlineEndpoints/e/token: accessToken
Microsoft.Web/sites/s/config/publishingcredentials/list: | properties.publishingPassword properties.publishingPasswordHash properties.publishingPasswordHashSalt properties.scmUri
Microsoft.Web/sites/s/slots/t/config/appsettings/list: | properties.DB properties.clientId properties.name
Microsoft.Web/sites/s/config/metadata/list: | properties.A
Microsoft.Web/sites/s/config/connectionstrings/list: | properties.Db.value
Microsoft.Web/sites/s/config/authsettings/list: | properties.googleClientSecret properties.facebookAppSecret properties.clientSecret
Microsoft.Web/sites/s/config/authsettingsV2/list: | properties.identityProviders.x.registration.clientSecretSettingValue
Microsoft.Web/sites/s/config/azurestorageaccounts/list: | properties.mount.accessKey
Microsoft.Web/sites/s/config/backup/list: | properties.storageAccountUrl
GET Microsoft.Web/sites/s/config/logs: | properties.httpLogs.azureBlobStorage.sasUrl
Microsoft.Web/sites/s/host/default/listkeys: masterKey functionKeys.default systemKeys.durable
Microsoft.Web/sites/s/functions/f/listkeys: default other
Microsoft.Web/sites/s/functions/f/listsecrets: key | trigger_url
Microsoft.Web/staticSites/s/listSecrets: | properties.apiKey
Microsoft.Web/staticSites/s/listAppSettings: | properties.A
Microsoft.Web/staticSites/s/builds/b/listFunctionAppSettings: | properties.A
Microsoft.Web/staticSites/s/databaseConnections/default/show: | properties.connectionString
Microsoft.ContainerRegistry/registries/r/listCredentials: passwords[].value
Microsoft.ContainerRegistry/registries/r/regenerateCredential: passwords[].value
Microsoft.ContainerRegistry/registries/r/generateCredentials: passwords[].value
Microsoft.ContainerRegistry/registries/r/runs/u/listLogSasUrl: | logLink logArtifactLink
Microsoft.ContainerRegistry/registries/r/listBuildSourceUploadUrl: | uploadUrl
Microsoft.ContainerService/managedClusters/k/listClusterAdminCredential: kubeconfigs[].value
Microsoft.ContainerService/managedClusters/k/listClusterUserCredential: kubeconfigs[].value
Microsoft.ContainerService/managedClusters/k/listClusterMonitoringUserCredential: kubeconfigs[].value
Microsoft.ContainerService/managedClusters/k/accessProfiles/p/listCredential: properties.kubeConfig
Microsoft.Kubernetes/connectedClusters/k/listClusterUserCredential: kubeconfigs[].value hybridConnectionConfig.token
Microsoft.AppConfiguration/configurationStores/s/ListKeys: value[].value value[].connectionString
Microsoft.AppConfiguration/configurationStores/s/RegenerateKey: value connectionString
Microsoft.Cache/redis/r/listKeys: primaryKey secondaryKey
Microsoft.Cache/redisEnterprise/r/databases/d/regenerateKey: primaryKey secondaryKey
Microsoft.SignalRService/signalR/s/listKeys: primaryKey secondaryKey primaryConnectionString secondaryConnectionString
Microsoft.SignalRService/webPubSub/s/regenerateKey: primaryKey primaryConnectionString
Microsoft.Batch/batchAccounts/b/listKeys: primary secondary
Microsoft.Batch/batchAccounts/b/regenerateKeys: primary secondary
Microsoft.Devices/IotHubs/h/listkeys: value[].primaryKey value[].secondaryKey
Microsoft.Devices/IotHubs/h/IotHubKeys/n/listkeys: primaryKey secondaryKey
Microsoft.Devices/provisioningServices/p/listkeys: value[].primaryKey value[].secondaryKey
Microsoft.Devices/provisioningServices/p/keys/n/listkeys: primaryKey secondaryKey
Microsoft.Automation/automationAccounts/a/listKeys: keys[].Value
GET Microsoft.Automation/automationAccounts/a/agentRegistrationInformation: keys.primary keys.secondary
Microsoft.Automation/automationAccounts/a/agentRegistrationInformation/regenerateKey: keys.primary keys.secondary
Microsoft.Automation/automationAccounts/a/webhooks/generateUri: |
PUT Microsoft.Automation/automationAccounts/a/webhooks/w: | properties.uri
Microsoft.OperationalInsights/workspaces/w/sharedKeys: primarySharedKey secondarySharedKey
Microsoft.OperationalInsights/workspaces/w/regenerateSharedKey: primarySharedKey secondarySharedKey
Microsoft.Logic/workflows/w/listCallbackUrl: | value queries.sig
Microsoft.Logic/workflows/w/triggers/t/listCallbackUrl: | value queries.sig
Microsoft.Logic/integrationAccounts/i/listCallbackUrl: | value
Microsoft.EventGrid/topics/t/listKeys: key1 key2
Microsoft.EventGrid/domains/t/regenerateKey: key1 key2
Microsoft.EventGrid/eventSubscriptions/e/getFullUrl: | endpointUrl
Microsoft.EventGrid/topics/t/eventSubscriptions/e/getDeliveryAttributes: | value[].properties.value
Microsoft.ApiManagement/service/s/namedValues/n/listValue: value
Microsoft.ApiManagement/service/s/subscriptions/n/listSecrets: primaryKey secondaryKey
Microsoft.ApiManagement/service/s/tenant/n/listSecrets: primaryKey secondaryKey
Microsoft.ApiManagement/service/s/gateways/g/listKeys: primary secondary
Microsoft.ApiManagement/service/s/gateways/g/generateToken: value
Microsoft.ApiManagement/service/s/users/u/token: value
Microsoft.ApiManagement/service/s/users/u/generateSsoUrl: | value
Microsoft.ApiManagement/service/s/identityProviders/i/listSecrets: clientSecret
Microsoft.ApiManagement/service/s/openidConnectProviders/i/listSecrets: clientSecret
Microsoft.ApiManagement/service/s/authorizationServers/i/listSecrets: clientSecret resourceOwnerPassword
Microsoft.ApiManagement/service/s/portalsettings/i/listSecrets: validationKey
Microsoft.DataFactory/factories/f/integrationRuntimes/r/listAuthKeys: authKey1 authKey2
Microsoft.Synapse/workspaces/f/integrationRuntimes/r/regenerateAuthKey: authKey1 authKey2
Microsoft.DataFactory/factories/f/integrationRuntimes/r/getConnectionInfo: serviceToken
Microsoft.DataFactory/factories/f/getDataPlaneAccess: | accessToken
Microsoft.DataFactory/factories/f/getGitHubAccessToken: | gitHubAccessToken
Microsoft.App/containerApps/a/listSecrets: | value[].value
Microsoft.App/jobs/a/listSecrets: | value[].value
Microsoft.App/managedEnvironments/e/daprComponents/d/listSecrets: | value[].value
Microsoft.App/containerApps/a/getAuthtoken: properties.token
Microsoft.Compute/disks/d/beginGetAccess: | accessSAS securityDataAccessSAS securityMetadataAccessSAS
Microsoft.Compute/snapshots/d/beginGetAccess: | properties.output.accessSAS
Microsoft.Compute/sshPublicKeys/k/generateKeyPair: privateKey
Microsoft.Compute/virtualMachines/v/retrieveBootDiagnosticsData: | consoleScreenshotBlobUri serialConsoleLogBlobUri
Microsoft.Communication/communicationServices/c/listKeys: primaryKey primaryConnectionString
Microsoft.Maps/accounts/m/listKeys: primaryKey
Microsoft.Maps/accounts/m/listSas: | accountSasToken
Microsoft.BotService/botServices/b/channels/c/listChannelWithKeys: | properties.properties.key
Microsoft.BotService/botServices/b/connections/c/listWithSecrets: | properties.clientSecret properties.parameters[].value
Microsoft.HDInsight/clusters/c/getGatewaySettings: restAuthCredential.password
Microsoft.HDInsight/clusters/c/configurations: | configurations.gateway.secretish
GET Microsoft.Network/connections/c/sharedkey: value
Microsoft.Network/virtualNetworkGateways/g/generatevpnclientpackage: |
Microsoft.Network/bastionHosts/b/getShareableLinks: | value[].bsl
Microsoft.DesktopVirtualization/hostPools/h/retrieveRegistrationToken: token
Microsoft.ContainerInstance/containerGroups/g/containers/c/exec: | password webSocketUri
Microsoft.Insights/components/c/ApiKeys: apiKey
Microsoft.Purview/accounts/p/listkeys: atlasKafkaPrimaryEndpoint
Contoso.X/things/t/listSecrets: | a b.c d[].e f[]
Contoso.X/things/t/listAuthKeys: | whatever.it.is
Contoso.X/things/t/regeneratePrimary: | x
Contoso.X/things/t/getAccessToken: | x
`;

const graphLines = `
/applications/1/addPassword: secretText
/applications(appId='22222222-2222-4222-8222-222222222222')/addPassword: secretText
/servicePrincipals/1/microsoft.graph.addPassword: secretText
/users/1/authentication/temporaryAccessPassMethods: temporaryAccessPass
/me/authentication/methods/1/resetPassword: newPassword
/users('1')/authentication/passwordMethods/1/resetPassword: newPassword
GET /informationProtection/bitlocker/recoveryKeys/1: key
GET /informationProtection/bitlocker/recoveryKeys/1/key: value
GET /directory/deviceLocalCredentials/1: credentials[].passwordBase64
GET /directory/deviceLocalCredentials/1?$select=credentials: value.credentials[].passwordBase64
GET /servicePrincipals/1/synchronization/secrets: | value[].value
/servicePrincipals/1/createPasswordSingleSignOnCredentials: | credentials[].value
/servicePrincipals/1/getPasswordSingleSignOnCredentials: | credentials[].value
GET /identity/identityProviders: | value[].clientSecret
/trustFramework/keySets/1/generateKey: | k d
/trustFramework/keySets/1/uploadSecret: | k
GET /trustFramework/keySets/1: | keys[].k
GET /deviceManagement/managedDevices/1/getFileVaultKey: value
GET /deviceManagement/deviceConfigurations/1/getOmaSettingPlainTextValue(secretReferenceValueId='x'): | value
GET /deviceManagement/managedDevices/1: | activationLockBypassCode
GET /deviceAppManagement/vppTokens: | value[].token
GET /deviceManagement/androidDeviceOwnerEnrollmentProfiles/1: | tokenValue qrCodeContent
/deviceManagement/androidManagedStoreAccountEnterpriseSettings/createGooglePlayWebToken: | value
GET /deviceAppManagement/mobileApps/1/contentVersions/1/files/1: | azureStorageUri fileEncryptionInfo.encryptionKey fileEncryptionInfo.macKey
/subscriptions: | clientState
GET /subscriptions: | value[].clientState
GET /identity/identityProviders/1/clientSecret: | value
GET /applications/1/passwordCredentials: | value[].secretText
`;

const devopsLines = `
/contoso/_apis/tokens/pats: patToken.token
/contoso/p/_apis/distributedtask/hubs/build/plans/1/jobs/1/oidctoken: | oidcToken
GET /contoso/p/_apis/serviceendpoint/endpoints: | value[].authorization.parameters.apitoken value[].authorization.parameters.anything
`;

function readLines(text: string, api: SecretRow['api'], prefix: string): readonly SecretRow[] {
  return text
    .trim()
    .split('\n')
    .map((line) => {
      const [, method = 'POST', path = '', members = ''] = /^(?:(GET|PUT) )?(\S+?): ?(.*)$/.exec(line) ?? [];
      const [kept = '', masked = ''] = members.split('|').map((part) => part.trim());
      const split = (part: string) => part.split(/\s+/).filter(Boolean);
      const isBare = kept === '' && masked === '';
      return {
        api,
        method: method as SecretRow['method'], // the pattern has no other
        path: `${prefix}${path}`,
        kept: split(kept),
        masked: isBare ? [''] : split(masked),
      };
    });
}

export const secretRows: readonly SecretRow[] = [
  ...readLines(armLines, 'arm', `${group}/`),
  ...readLines(graphLines, 'graph', ''),
  ...readLines(devopsLines, 'devops', ''),
];

/** An answer with a marked secret at each member, beside what names things and what is empty. */
export function answerOf({ kept, masked }: SecretRow, spell: (name: string) => string = (name) => name): unknown {
  const members = [...kept, ...masked];
  if (members.length === 1 && members[0] === '') return `https://x.example/${marker}`;
  let body: Record<string, unknown> = {
    keyId: 'key-1',
    hint: 'abc',
    thumbprint: 'A1B2',
    endDateTime: '2027-01-01T00:00:00Z',
  };
  // Every member of a map of keys is a secret.
  if (kept.includes('default')) body = {};
  for (const [index, member] of members.entries()) {
    put(body, member.split('.').map(spell), `${marker}-${index}`);
  }
  return body;
}

function put(target: Record<string, unknown>, steps: readonly string[], value: string): void {
  const [step = '', ...rest] = steps;
  const isList = step.endsWith('[]');
  const name = isList ? step.slice(0, -2) : step;
  if (rest.length === 0) {
    target[name] = isList ? [value] : value;
    return;
  }
  if (isList) {
    target[name] ??= [{ name: 'first' }, { name: 'second', value: null, key: '' }];
    const list = target[name] as Record<string, unknown>[]; // made here
    put(list[0] ?? {}, rest, value);
  } else {
    target[name] ??= {};
    put(target[name] as Record<string, unknown>, rest, value); // made here
  }
}
