import type { KeySource } from '../entra/issuer-keys.ts';
import type { TokenSigner } from '../entra/token-signer.ts';
import type { DevOpsStore } from './devops-store.ts';
import { vstokenIssuer } from './endpoints/federation.ts';

/** Public key of Azure DevOps' own issuer, for the login service. */
export function vstokenKeys(store: Pick<DevOpsStore, 'organization'>, signer: TokenSigner): KeySource {
  return async (issuer) =>
    issuer === vstokenIssuer(store.organization.id) ? [{ ...(await signer.publishedKey()) }] : undefined;
}
