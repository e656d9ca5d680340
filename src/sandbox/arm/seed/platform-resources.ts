import { seededIdentity } from '../../seed/managed-identities.ts';
import { tenant } from '../../seed/tenant.ts';
import { identityCredentialType, identityType } from '../identity-directory.ts';
import type { ArmSeedContext, ResourceSeed } from './resource-seed.ts';

const done = { provisioningState: 'Succeeded' };

/** A virtual machine with its disk, network interface, and optional public IP address. */
export function virtualMachine(
  name: string,
  { size = 'Standard_D2s_v5', os = 'Linux', isPublic = false, tags = {} as Record<string, string> } = {},
): readonly ResourceSeed[] {
  return [
    {
      type: 'Microsoft.Compute/virtualMachines',
      name,
      tags,
      zones: ['1'],
      properties: {
        ...done,
        hardwareProfile: { vmSize: size },
        storageProfile: { osDisk: { osType: os, name: `${name}-os`, createOption: 'FromImage' } },
        osProfile: { computerName: name, adminUsername: 'azureops' },
      },
    },
    {
      type: 'Microsoft.Compute/disks',
      name: `${name}-os`,
      sku: { name: 'Premium_LRS', tier: 'Premium' },
      properties: { ...done, osType: os, diskSizeGB: 64, diskState: 'Attached' },
    },
    {
      type: 'Microsoft.Network/networkInterfaces',
      name: `${name}-nic`,
      properties: { ...done, ipConfigurations: [{ name: 'primary', properties: { primary: true } }] },
    },
    ...(isPublic ? [publicAddress(`${name}-ip`)] : []),
  ];
}

function publicAddress(name: string): ResourceSeed {
  return {
    type: 'Microsoft.Network/publicIPAddresses',
    name,
    sku: { name: 'Standard', tier: 'Regional' },
    properties: { ...done, ipAddress: '203.0.113.17', publicIPAllocationMethod: 'Static' },
  };
}

export function virtualNetwork(name: string, prefix: string): readonly ResourceSeed[] {
  return [
    {
      type: 'Microsoft.Network/virtualNetworks',
      name,
      properties: { ...done, addressSpace: { addressPrefixes: [`${prefix}.0.0/16`] }, enableDdosProtection: false },
    },
    ...['workloads', 'private-endpoints'].map((subnet, index) => ({
      type: 'Microsoft.Network/virtualNetworks/subnets',
      name: `${name}/${subnet}`,
      properties: { ...done, addressPrefix: `${prefix}.${index}.0/24` },
    })),
    {
      type: 'Microsoft.Network/networkSecurityGroups',
      name: `${name}-nsg`,
      properties: { ...done, securityRules: [] },
    },
  ];
}

export function keyVault(name: string): ResourceSeed {
  return {
    type: 'Microsoft.KeyVault/vaults',
    name,
    properties: {
      ...done,
      sku: { family: 'A', name: 'standard' },
      enableRbacAuthorization: true,
      enableSoftDelete: true,
      vaultUri: `https://${name}.vault.azure.net/`,
    },
  };
}

/** The seeded user-assigned identity. It trusts the deployments of the web shop. */
export function shopIdentity({ principalOf }: ArmSeedContext): readonly ResourceSeed[] {
  const { resourceId, clientId } = seededIdentity;
  const name = resourceId.split('/').at(-1) ?? '';
  const principalId = principalOf(clientId);
  const properties = { isolationScope: 'None', tenantId: tenant.id, principalId, clientId };
  const trust = {
    issuer: 'https://token.actions.githubusercontent.com',
    subject: 'repo:contoso/web-shop:ref:refs/heads/main',
    audiences: ['api://AzureADTokenExchange'],
  };
  return [
    { type: identityType, name, properties },
    { type: identityCredentialType, name: `${name}/github-main`, properties: trust },
  ];
}

export function webApp(name: string, plan: string): readonly ResourceSeed[] {
  return [
    {
      type: 'Microsoft.Web/serverfarms',
      name: plan,
      kind: 'linux',
      sku: { name: 'P1v3', tier: 'PremiumV3', capacity: 1 },
      properties: { ...done, numberOfSites: 1 },
    },
    {
      type: 'Microsoft.Web/sites',
      name,
      kind: 'app,linux',
      identity: { type: 'SystemAssigned', principalId: '5a11d0c5-7e4a-4c0d-8b0a-3a4a00000001' },
      properties: { state: 'Running', httpsOnly: true, defaultHostName: `${name}.azurewebsites.net` },
    },
  ];
}

export function workspace(name: string, properties: Readonly<Record<string, unknown>> = {}): ResourceSeed {
  return {
    type: 'Microsoft.MachineLearningServices/workspaces',
    name,
    kind: 'Default',
    sku: { name: 'Basic', tier: 'Basic' },
    identity: { type: 'SystemAssigned', principalId: '5a11d0c5-7e4a-4c0d-8b0a-3a4a00000002' },
    properties: {
      ...done,
      friendlyName: name,
      workspaceId: '5a11d0c5-7e4a-4c0d-8b0a-3a4b00000001',
      publicNetworkAccess: 'Enabled',
      ...properties,
    },
  };
}

export function insights(name: string): readonly ResourceSeed[] {
  return [
    {
      type: 'Microsoft.OperationalInsights/workspaces',
      name: `log-${name}`,
      properties: { ...done, retentionInDays: 30, sku: { name: 'PerGB2018' } },
    },
    {
      type: 'Microsoft.Insights/components',
      name: `appi-${name}`,
      kind: 'web',
      properties: { ...done, Application_Type: 'web' },
    },
  ];
}

export function registry(name: string): ResourceSeed {
  return {
    type: 'Microsoft.ContainerRegistry/registries',
    name,
    sku: { name: 'Standard', tier: 'Standard' },
    properties: { ...done, loginServer: `${name}.azurecr.io`, adminUserEnabled: false },
  };
}

export function openAi(name: string): ResourceSeed {
  return {
    type: 'Microsoft.CognitiveServices/accounts',
    name,
    kind: 'OpenAI',
    sku: { name: 'S0' },
    properties: { ...done, endpoint: `https://${name}.openai.azure.com/`, disableLocalAuth: true },
  };
}
