import { tenant } from '../seed/tenant.ts';
import type { SandboxContext, SandboxRequest, SandboxResponse } from '../service.ts';

/** The anonymous description of a cloud. Source: ARM `/metadata/endpoints`. */
export function describeEndpoints(request: SandboxRequest, context: SandboxContext): SandboxResponse {
  const graph = context.addressOf(request, 'graph');
  return {
    status: 200,
    body: {
      name: 'sandbox',
      resourceManager: request.base,
      microsoftGraphResourceId: graph,
      authentication: {
        loginEndpoint: context.addressOf(request, 'login'),
        audiences: [`${request.base}/`, request.base],
        tenant: tenant.id,
        identityProvider: 'AAD',
      },
      suffixes: {
        storage: 'sandbox.invalid',
        acrLoginServer: 'azurecr.sandbox.invalid',
        keyVaultDns: 'vault.sandbox.invalid',
      },
    },
  };
}
