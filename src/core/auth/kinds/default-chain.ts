import { type CredentialFactory, sharedOptions } from '../credential.ts';

/** `default`: the first ambient credential that works, in the order of DefaultAzureCredential. */
export const defaultChain: CredentialFactory = async (context) => {
  const { DefaultAzureCredential } = await import('@azure/identity');
  const { tenant_id: tenantId, client_id: managedIdentityClientId } = context.record.identity;
  return new DefaultAzureCredential({
    ...sharedOptions({ cloud: context.cloud, httpClient: context.platformClient }),
    ...(tenantId === undefined ? {} : { tenantId }),
    ...(managedIdentityClientId === undefined ? {} : { managedIdentityClientId }),
  });
};
