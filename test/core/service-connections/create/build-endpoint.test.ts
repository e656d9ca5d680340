import { describe, expect, test } from 'vitest';
import { buildEndpoint } from '../../../../src/core/service-connections/create/build-endpoint.ts';
import { checkRequest } from '../../../../src/core/service-connections/create/check-request.ts';
import type { PlannedIdentity } from '../../../../src/core/service-connections/create/creation.ts';
import type { NewEndpoint } from '../../../../src/core/service-connections/endpoint.ts';
import type {
  CreateServiceConnection,
  ServiceConnectionScheme,
} from '../../../../src/core/service-connections/service-connection.ts';
import { clientKey, credentials, ids, pem, profile, publicCloud, request, targets, webAppId } from './requests.ts';

const project = { id: ids.project, name: 'Payments' };

function build(
  changes: Partial<CreateServiceConnection>,
  identity: Partial<PlannedIdentity> = {},
  isDraft = false,
): NewEndpoint {
  const plan = checkRequest(request(changes), publicCloud);
  const whole = { tenantId: ids.tenant, clientId: ids.client, isAutomatic: false, ...identity };
  return buildEndpoint({ plan, target: plan.target, identity: whole, project, isDraft });
}

test('a whole body', () => {
  const body = build({ scheme: 'ServicePrincipal', credential: credentials['key'] as never, description: 'Deploys' });
  expect(body).toEqual({
    name: 'azure-new',
    type: 'azurerm',
    url: 'https://management.azure.com/',
    description: 'Deploys',
    owner: 'library',
    isShared: false,
    isReady: true,
    serviceEndpointProjectReferences: [
      { projectReference: { id: ids.project, name: 'Payments' }, name: 'azure-new', description: 'Deploys' },
    ],
    data: {
      environment: 'AzureCloud',
      scopeLevel: 'Subscription',
      subscriptionId: ids.subscription,
      subscriptionName: 'Production',
      creationMode: 'Manual',
    },
    authorization: {
      scheme: 'ServicePrincipal',
      parameters: {
        tenantid: ids.tenant,
        serviceprincipalid: ids.client,
        authenticationType: 'spnKey',
        serviceprincipalkey: clientKey,
      },
    },
  });
});

describe('parameters', () => {
  const rows: readonly [string, ServiceConnectionScheme, Partial<PlannedIdentity>, object][] = [
    [
      'certificate',
      'ServicePrincipal',
      {},
      { serviceprincipalid: ids.client, authenticationType: 'spnCertificate', servicePrincipalCertificate: pem },
    ],
    ['app_registration', 'WorkloadIdentityFederation', {}, { serviceprincipalid: ids.client }],
    ['managed_identity', 'WorkloadIdentityFederation', {}, { serviceprincipalid: ids.client }],
    ['agent', 'ManagedServiceIdentity', {}, {}],
    ['publish_profile', 'PublishProfile', {}, { publishProfile: profile }],
  ];
  test.each(rows)('of %s with %s', (kind, scheme, identity, parameters) => {
    const body = build({ scheme, credential: credentials[kind] as never }, identity);
    expect(body.authorization).toEqual({ scheme, parameters: { tenantid: ids.tenant, ...parameters } });
    expect(body.data).toMatchObject({ creationMode: 'Manual' });
  });

  const made = { isAutomatic: true };
  test('an app that Azure DevOps makes is left empty', () => {
    const { clientId: _, ...nobody } = { clientId: '', tenantId: ids.tenant, isAutomatic: true };
    const plan = checkRequest(request({ credential: { kind: 'automatic' } }), publicCloud);
    const body = buildEndpoint({ plan, target: plan.target, identity: nobody, project, isDraft: false });
    expect(body.authorization.parameters).toEqual({ tenantid: ids.tenant, serviceprincipalid: '' });
    expect(body.data).toMatchObject({ creationMode: 'Automatic', identityType: 'AppRegistrationAutomatic' });
    const secret = build({ credential: { kind: 'automatic' }, scheme: 'ServicePrincipal' }, { ...made, clientId: '' });
    expect(secret.authorization.parameters).toEqual({
      tenantid: ids.tenant,
      serviceprincipalid: '',
      authenticationType: 'spnKey',
      serviceprincipalkey: '',
    });
    expect(secret.data).not.toHaveProperty('identityType');
  });

  test('the kind of a federated identity is told', () => {
    const typeOf = (kind: string) => build({ credential: credentials[kind] as never }).data?.['identityType'];
    expect(typeOf('app_registration')).toBe('AppRegistrationManual');
    expect(typeOf('managed_identity')).toBe('ManagedIdentity');
    expect(typeOf('automatic')).toBe('AppRegistrationManual');
  });

  test('a draft says so, and is not ready', () => {
    const body = build({}, {}, true);
    expect(body).toMatchObject({ isReady: false, data: { isDraft: 'true' } });
    expect(build({}).data).not.toHaveProperty('isDraft');
  });

  test('the web app and the service management reference are data', () => {
    expect(build({ scheme: 'PublishProfile', credential: credentials['publish_profile'] as never }).data).toMatchObject(
      { resourceId: webAppId },
    );
    expect(build({ serviceManagementReference: 'CHG-7' }).data).toMatchObject({ serviceManagementReference: 'CHG-7' });
  });
});

describe('scope levels', () => {
  test.each([
    ['subscription', { scopeLevel: 'Subscription', subscriptionId: ids.subscription, subscriptionName: 'Production' }],
    ['group', { scopeLevel: 'Subscription', subscriptionId: ids.subscription, subscriptionName: 'Production' }],
    [
      'managementGroup',
      { scopeLevel: 'ManagementGroup', managementGroupId: 'mg-1', managementGroupName: 'Everything' },
    ],
    [
      'workspace',
      {
        scopeLevel: 'AzureMLWorkspace',
        subscriptionId: ids.subscription,
        subscriptionName: 'Production',
        resourceGroupName: 'rg-1',
        mlWorkspaceName: 'mlw-1',
        mlWorkspaceLocation: 'swedencentral',
      },
    ],
  ])('%s', (level, data) => {
    const body = build({ target: targets[level] as never });
    expect(body.data).toEqual({
      environment: 'AzureCloud',
      ...data,
      creationMode: 'Manual',
      identityType: 'AppRegistrationManual',
    });
    expect(body.authorization.parameters?.['scope']).toBe(
      level === 'group' ? `/subscriptions/${ids.subscription}/resourcegroups/rg-1` : undefined,
    );
  });

  test('an id stands in for a name that nobody could read', () => {
    const subscription = build({ target: { level: 'Subscription', subscriptionId: ids.subscription } });
    expect(subscription.data?.['subscriptionName']).toBe(ids.subscription);
    const group = build({ target: { level: 'ManagementGroup', managementGroupId: 'mg-1' } });
    expect(group.data?.['managementGroupName']).toBe('mg-1');
  });
});

describe('environments', () => {
  test.each([
    ['AzureCloud', 'https://management.azure.com/'],
    ['AzureUSGovernment', 'https://management.usgovcloudapi.net/'],
    ['AzureChinaCloud', 'https://management.chinacloudapi.cn/'],
  ] as const)('%s', (environment, url) => {
    const body = build({ environment, tenantId: ids.tenant });
    expect(body).toMatchObject({ url, data: { environment } });
    expect(body.data).not.toHaveProperty('environmentUrl');
  });

  test('an Azure Stack has an address of its own', () => {
    const environmentUrl = 'https://management.local.azurestack.external';
    const body = build({ environment: 'AzureStack', environmentUrl });
    expect(body).toMatchObject({
      url: `${environmentUrl}/`,
      data: { environment: 'AzureStack', environmentUrl: `${environmentUrl}/` },
    });
  });

  test('every value is text', () => {
    for (const [kind, credential] of Object.entries(credentials)) {
      const scheme = {
        key: 'ServicePrincipal',
        certificate: 'ServicePrincipal',
        agent: 'ManagedServiceIdentity',
        publish_profile: 'PublishProfile',
      }[kind];
      const body = build({ credential, scheme: (scheme ?? 'WorkloadIdentityFederation') as ServiceConnectionScheme });
      const values = [...Object.values(body.data ?? {}), ...Object.values(body.authorization.parameters ?? {})];
      expect(values.every((value) => typeof value === 'string')).toBe(true);
    }
  });
});
