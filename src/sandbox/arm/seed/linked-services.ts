import { addressMark } from '../../base/hosts.ts';
import type { PlainObject } from '../../base/plain-object.ts';
import { appIds } from '../../seed/sandbox-credentials.ts';
import { tenant } from '../../seed/tenant.ts';
import type { ArmSeedContext, ResourceSeed } from './resource-seed.ts';

const done = { provisioningState: 'Succeeded' };

export function storageAccount(
  name: string,
  properties: PlainObject = {},
  tags?: Record<string, string>,
): ResourceSeed {
  return {
    type: 'Microsoft.Storage/storageAccounts',
    name,
    kind: 'StorageV2',
    sku: { name: 'Standard_LRS', tier: 'Standard' },
    ...(tags ? { tags } : {}),
    properties: {
      ...done,
      primaryEndpoints: { blob: addressMark('storage', name) },
      primaryLocation: 'westeurope',
      statusOfPrimary: 'available',
      accessTier: 'Hot',
      dnsEndpointType: 'Standard',
      allowSharedKeyAccess: false,
      allowBlobPublicAccess: false,
      publicNetworkAccess: 'Enabled',
      networkAcls: { bypass: 'AzureServices', defaultAction: 'Allow', ipRules: [], virtualNetworkRules: [] },
      isHnsEnabled: false,
      minimumTlsVersion: 'TLS1_2',
      supportsHttpsTrafficOnly: true,
      ...properties,
    },
  };
}

export function containers(account: string, names: readonly string[]): readonly ResourceSeed[] {
  return names.map((name) => ({
    type: 'Microsoft.Storage/storageAccounts/blobServices/containers',
    name: `${account}/default/${name}`,
    properties: { publicAccess: 'None', leaseState: 'Available', hasImmutabilityPolicy: false },
  }));
}

export function serviceBus(name: string, properties: PlainObject = {}, sku = 'Standard'): ResourceSeed {
  return {
    type: 'Microsoft.ServiceBus/namespaces',
    name,
    sku: { name: sku, tier: sku },
    properties: {
      provisioningState: 'Succeeded',
      status: 'Active',
      serviceBusEndpoint: addressMark('servicebus', name),
      metricId: `${tenant.subscriptionId}:${name}`,
      disableLocalAuth: true,
      publicNetworkAccess: 'Enabled',
      minimumTlsVersion: '1.2',
      zoneRedundant: sku === 'Premium',
      ...properties,
    },
  };
}

export function queues(namespace: string, names: readonly string[]): readonly ResourceSeed[] {
  return names.map((name) => ({
    type: 'Microsoft.ServiceBus/namespaces/queues',
    name: `${namespace}/${name}`,
    properties: { status: 'Active', maxSizeInMegabytes: 1024, maxDeliveryCount: 10, lockDuration: 'PT1M' },
  }));
}

export function postgresServer(name: string, properties: PlainObject = {}): ResourceSeed {
  return {
    type: 'Microsoft.DBforPostgreSQL/flexibleServers',
    name,
    sku: { name: 'Standard_B2s', tier: 'Burstable' },
    properties: {
      fullyQualifiedDomainName: addressMark('postgresql', name, 'host'),
      version: '17',
      state: 'Ready',
      administratorLogin: 'dbadmin',
      authConfig: { activeDirectoryAuth: 'Enabled', passwordAuth: 'Disabled', tenantId: tenant.id },
      network: { publicNetworkAccess: 'Enabled' },
      highAvailability: { mode: 'Disabled', state: 'NotEnabled' },
      storage: { storageSizeGB: 32, autoGrow: 'Enabled', tier: 'P4' },
      ...properties,
    },
  };
}

/** The database role of the sandbox identity: an Entra administrator of the server. */
export function postgresAdministrator(server: string, { principalOf }: ArmSeedContext): ResourceSeed {
  return {
    type: 'Microsoft.DBforPostgreSQL/flexibleServers/administrators',
    name: `${server}/${principalOf(appIds.sandbox)}`,
    properties: {
      principalType: 'ServicePrincipal',
      principalName: 'tenantry-sandbox',
      objectId: principalOf(appIds.sandbox),
      tenantId: tenant.id,
    },
  };
}

export function gremlinAccount(name: string, properties: PlainObject = {}, traits: PlainObject = {}): ResourceSeed {
  return {
    type: 'Microsoft.DocumentDB/databaseAccounts',
    name,
    kind: 'GlobalDocumentDB',
    properties: {
      ...done,
      documentEndpoint: `https://${name}.documents.azure.com:443/`,
      gremlinEndpoint: addressMark('cosmos', name),
      databaseAccountOfferType: 'Standard',
      capabilities: [{ name: 'EnableGremlin' }],
      consistencyPolicy: { defaultConsistencyLevel: 'Session' },
      disableLocalAuth: true,
      publicNetworkAccess: 'Enabled',
      ipRules: [],
      isVirtualNetworkFilterEnabled: false,
      ...properties,
    },
    traits: { gremlinRbac: true, ...traits },
  };
}

export function graphs(account: string, database: string, names: readonly string[]): readonly ResourceSeed[] {
  const type = 'Microsoft.DocumentDB/databaseAccounts/gremlinDatabases';
  return [
    { type, name: `${account}/${database}`, properties: { resource: { id: database } } },
    ...names.map((name) => ({
      type: `${type}/graphs`,
      name: `${account}/${database}/${name}`,
      properties: { resource: { id: name, partitionKey: { paths: ['/pk'], kind: 'Hash' } } },
    })),
  ];
}

/** Gremlin's own access control: contributor for the sandbox identity. */
export function gremlinAccess(account: string, accountId: string, { principalOf }: ArmSeedContext): ResourceSeed {
  return {
    type: 'Microsoft.DocumentDB/databaseAccounts/gremlinRoleAssignments',
    name: `${account}/5a11d0c5-7e4a-4c0d-8b0a-9e3100000001`,
    properties: {
      roleDefinitionId: `${accountId}/gremlinRoleDefinitions/00000000-0000-0000-0000-000000000002`,
      principalId: principalOf(appIds.sandbox),
      scope: accountId,
    },
  };
}

export function searchService(name: string, properties: PlainObject = {}): ResourceSeed {
  return {
    type: 'Microsoft.Search/searchServices',
    name,
    sku: { name: 'basic' },
    properties: {
      provisioningState: 'succeeded',
      status: 'running',
      endpoint: addressMark('search', name),
      authOptions: { aadOrApiKey: { aadAuthFailureMode: 'http401WithBearerChallenge' } },
      disableLocalAuth: false,
      publicNetworkAccess: 'enabled',
      networkRuleSet: { ipRules: [], bypass: 'None' },
      replicaCount: 1,
      partitionCount: 1,
      hostingMode: 'default',
      semanticSearch: 'free',
      ...properties,
    },
    traits: { indexes: ['products', 'manuals'] },
  };
}
