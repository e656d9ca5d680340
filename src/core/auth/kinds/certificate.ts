import { type CredentialFactory, sharedOptions, tenantAndClient } from '../credential.ts';

/** `certificate`: an app with a certificate; the PEM holds private key and certificate. */
export const certificate: CredentialFactory = async (context) => {
  const [{ ClientCertificateCredential }, pem] = await Promise.all([
    import('@azure/identity'),
    context.readSecret('certificate'),
  ]);
  const { tenantId, clientId } = tenantAndClient(context.record);
  return new ClientCertificateCredential(tenantId, clientId, { certificate: pem.reveal() }, sharedOptions(context));
};
