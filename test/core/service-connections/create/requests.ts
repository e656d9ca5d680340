import { builtInClouds, type Cloud } from '../../../../src/core/base/clouds.ts';
import { Secret } from '../../../../src/core/secrets/secret.ts';
import type {
  CreateServiceConnection,
  ServiceConnectionCredential,
  ServiceConnectionTarget,
} from '../../../../src/core/service-connections/service-connection.ts';
import { testPem } from '../../connections/test-pem.ts';

export const ids = {
  tenant: '11111111-1111-4111-8111-111111111111',
  client: '22222222-2222-4222-8222-222222222222',
  subscription: '33333333-3333-4333-8333-333333333333',
  project: '44444444-4444-4444-8444-444444444444',
} as const;

export const identityId = `/subscriptions/${ids.subscription}/resourceGroups/rg-1/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-1`;
export const webAppId = `/subscriptions/${ids.subscription}/resourceGroups/rg-1/providers/Microsoft.Web/sites/app-1`;
export const profile = '<publishData><publishProfile userPWD="not-a-password" /></publishData>';
export const pem = testPem();
export const clientKey = 'not-the-key-of-anybody';

export const credentials: Readonly<Record<string, ServiceConnectionCredential>> = {
  automatic: { kind: 'automatic' },
  app_registration: { kind: 'app_registration', clientId: ids.client },
  managed_identity: { kind: 'managed_identity', resourceId: identityId },
  key: { kind: 'key', clientId: ids.client, key: new Secret(clientKey) },
  certificate: { kind: 'certificate', clientId: ids.client, certificate: new Secret(pem) },
  agent: { kind: 'agent' },
  publish_profile: { kind: 'publish_profile', profile: new Secret(profile), webAppId },
};

export const targets: Readonly<Record<string, ServiceConnectionTarget>> = {
  subscription: { level: 'Subscription', subscriptionId: ids.subscription, subscriptionName: 'Production' },
  group: {
    level: 'Subscription',
    subscriptionId: ids.subscription,
    subscriptionName: 'Production',
    resourceGroup: 'rg-1',
  },
  managementGroup: { level: 'ManagementGroup', managementGroupId: 'mg-1', managementGroupName: 'Everything' },
  workspace: {
    level: 'AzureMLWorkspace',
    subscriptionId: ids.subscription,
    subscriptionName: 'Production',
    resourceGroup: 'rg-1',
    workspaceName: 'mlw-1',
    workspaceLocation: 'swedencentral',
  },
};

export function request(changes: Partial<CreateServiceConnection> = {}): CreateServiceConnection {
  return {
    project: 'Payments',
    name: 'azure-new',
    scheme: 'WorkloadIdentityFederation',
    credential: { kind: 'app_registration', clientId: ids.client },
    target: { level: 'Subscription', subscriptionId: ids.subscription, subscriptionName: 'Production' },
    ...changes,
  };
}

export function cloudNamed(name: string): Cloud {
  const cloud = builtInClouds[name];
  if (cloud === undefined) throw new Error(`There is no cloud ${name}.`);
  return cloud;
}

export const publicCloud = { cloud: cloudNamed('public'), clock: { now: () => Date.parse('2026-12-20T10:00:00Z') } };
