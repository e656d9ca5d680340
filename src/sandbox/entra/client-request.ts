import type { SandboxContext, SandboxRequest } from '../service.ts';
import type { IssuerKeys } from './issuer-keys.ts';

/** What a federated credential of an app or a user-assigned identity trusts. */
export interface FederatedTrust {
  readonly issuer: string;
  readonly subject: string;
  readonly audiences: readonly string[];
}

export type IdentityCredentials = (clientId: string) => readonly FederatedTrust[] | undefined;

/** A request to the token endpoint, with what proves who sends it. */
export interface ClientRequest {
  readonly form: ReadonlyMap<string, string>;
  readonly request: SandboxRequest;
  readonly context: SandboxContext;
  readonly keys: IssuerKeys;
  readonly identityCredentials: IdentityCredentials;
  /** Tenant segment of the address. */
  readonly tenantName: string;
}
