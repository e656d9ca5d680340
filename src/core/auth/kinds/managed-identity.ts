import { type CredentialFactory, sharedOptions } from '../credential.ts';

/** `managed_identity`: the identity of the Azure resource that Tenantry runs on; `client_id` picks a user-assigned one. */
export const managedIdentity: CredentialFactory = async (context) => {
  const { ManagedIdentityCredential } = await import('@azure/identity');
  const options = sharedOptions({ cloud: context.cloud, httpClient: context.platformClient });
  const clientId = context.record.identity.client_id;
  return clientId === undefined
    ? new ManagedIdentityCredential(options)
    : new ManagedIdentityCredential({ ...options, clientId });
};
