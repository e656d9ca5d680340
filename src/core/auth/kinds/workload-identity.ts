import { type CredentialFactory, sharedOptions, tenantAndClient } from '../credential.ts';
import { fetchFederatedToken } from '../federated-token.ts';

/** `workload_identity`: an app that trusts a token of another issuer. The token is fetched anew for every sign-in. */
export const workloadIdentity: CredentialFactory = async (context) => {
  const { ClientAssertionCredential } = await import('@azure/identity');
  const { tenantId, clientId } = tenantAndClient(context.record);
  const assertion = async () => (await context.oncePerSignIn(() => fetchFederatedToken(context))).reveal();
  return new ClientAssertionCredential(tenantId, clientId, assertion, sharedOptions(context));
};
