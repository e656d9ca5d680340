import type { CredentialFactory } from '../credential.ts';

/** Cold starts of the CLI take seconds. */
const processTimeoutMs = 30_000;

/** `azure_cli`: whoever is signed in with `az login` on this machine. */
export const azureCli: CredentialFactory = async ({ record }) => {
  const { AzureCliCredential } = await import('@azure/identity');
  const { tenant_id: tenantId, subscription_id: subscription } = record.identity;
  return new AzureCliCredential({
    processTimeoutInMs: processTimeoutMs,
    ...(tenantId === undefined ? {} : { tenantId }),
    // The CLI takes one of the two: a subscription implies its tenant.
    ...(tenantId !== undefined || subscription === undefined ? {} : { subscription }),
  });
};
