import { openCertificate } from '../../auth/certificates/open-certificate.ts';
import type { Clock } from '../../base/clock.ts';
import { inspectSecret } from '../../connections/inspect-secret.ts';
import type { ConnectionPlan } from './creation.ts';

/**
 * The plan with its certificate as Azure DevOps takes it: a PEM with the key, not encrypted, and the certificate. Throws
 * `invalid_argument` for one that cannot sign in.
 * https://learn.microsoft.com/azure/devops/pipelines/library/connect-to-azure
 */
export async function openCredential(
  plan: ConnectionPlan,
  { clock }: { readonly clock: Clock },
): Promise<ConnectionPlan> {
  if (plan.credential.kind !== 'certificate') return plan;
  const { passphrase, ...credential } = plan.credential;
  const certificate = await openCertificate(credential.certificate, passphrase);
  inspectSecret('certificate', certificate, clock.now());
  return { ...plan, credential: { ...credential, certificate } };
}
