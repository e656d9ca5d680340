import { type CredentialFactory, sharedOptions, tenantAndClient } from '../credential.ts';

/** `azure`: an app with a client secret. */
export const clientSecret: CredentialFactory = async (context) => {
  const [{ ClientSecretCredential }, secret] = await Promise.all([
    import('@azure/identity'),
    context.readSecret('client_secret'),
  ]);
  const { tenantId, clientId } = tenantAndClient(context.record);
  return new ClientSecretCredential(tenantId, clientId, secret.reveal(), sharedOptions(context));
};
