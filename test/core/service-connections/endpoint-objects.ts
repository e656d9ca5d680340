import type { Endpoint, Project } from '../../../src/core/service-connections/endpoint.ts';

export const web: Project = { id: '11111111-0000-4000-8000-000000000001', name: 'Contoso Web' };
export const data: Project = { id: '11111111-0000-4000-8000-000000000002', name: 'Contoso Data' };

/** An endpoint that Azure DevOps made, with a secret, ready, in one project. */
export function endpoint(changes: Partial<Endpoint> = {}): Endpoint {
  return {
    id: '22222222-0000-4000-8000-000000000001',
    name: 'shop',
    type: 'azurerm',
    url: 'https://management.azure.com/',
    isShared: false,
    isReady: true,
    owner: 'library',
    authorization: {
      scheme: 'ServicePrincipal',
      parameters: {
        tenantid: 'tenant',
        serviceprincipalid: 'app',
        authenticationType: 'spnKey',
        serviceprincipalkey: null,
      },
    },
    data: { creationMode: 'Automatic', scopeLevel: 'Subscription', subscriptionId: 'sub', environment: 'AzureCloud' },
    operationStatus: { state: 'Ready', statusMessage: '' },
    serviceEndpointProjectReferences: [{ projectReference: web, name: 'shop' }],
    ...changes,
  };
}
