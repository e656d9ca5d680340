import type { DevOpsCall } from '../devops-call.ts';
import type { EndpointRecord } from '../devops-records.ts';
import { textAt } from '../text-map.ts';
import { assertionAudience, federationOf } from './federation.ts';

const lifeSeconds = 600;

/**
 * The assertion of a federated endpoint, as a pipeline job gets it: signed by Entra's key for the new issuer, by Azure
 * DevOps' own for the old one. Only what is stored goes into it.
 */
export async function signAssertion(
  endpoint: EndpointRecord,
  { store, context, signer }: Pick<DevOpsCall, 'store' | 'context' | 'signer'>,
): Promise<string> {
  const { issuer, subject } = federationOf(endpoint, store);
  const now = Math.floor(context.clock.now() / 1000);
  const claims = {
    aud: assertionAudience(textAt(endpoint.data, 'environment')),
    iss: issuer,
    sub: subject,
    jti: context.newId(),
    iat: now,
    nbf: now - lifeSeconds,
    exp: now + lifeSeconds,
  };
  return endpoint.issuer === 'vstoken' ? signer.sign(claims) : context.signer.sign(claims);
}
