import type { SandboxContext, SandboxRequest } from '../service.ts';
import type { IssuerKeys } from './issuer-keys.ts';

/** A request to the token endpoint, with what proves who sends it. */
export interface ClientRequest {
  readonly form: ReadonlyMap<string, string>;
  readonly request: SandboxRequest;
  readonly context: SandboxContext;
  readonly keys: IssuerKeys;
  /** Tenant segment of the address. */
  readonly tenantName: string;
}
