import { tenant } from '../../../../src/sandbox/seed/tenant.ts';
import { payments } from './devops-client.ts';

interface Parts {
  readonly scheme?: string;
  readonly parameters?: Readonly<Record<string, unknown>>;
  readonly data?: Readonly<Record<string, unknown>>;
  readonly [member: string]: unknown;
}

/** Body of a new endpoint; undefined members are omitted. */
export function azureEndpoint(name: string, { scheme = 'ServicePrincipal', parameters, data, ...members }: Parts = {}) {
  return {
    name,
    type: 'azurerm',
    url: 'https://management.azure.com/',
    description: 'Made by a test',
    owner: 'library',
    authorization: { scheme, parameters: { tenantid: tenant.id, ...parameters } },
    data: {
      environment: 'AzureCloud',
      scopeLevel: 'Subscription',
      subscriptionId: tenant.subscriptionId,
      subscriptionName: 'Contoso Production',
      creationMode: 'Manual',
      ...data,
    },
    serviceEndpointProjectReferences: [{ projectReference: payments, name, description: '' }],
    ...members,
  };
}

export const withKey = (serviceprincipalid: string, serviceprincipalkey: string) => ({
  parameters: { serviceprincipalid, authenticationType: 'spnKey', serviceprincipalkey },
});
