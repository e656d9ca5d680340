import type { TokenCredential } from '@azure/core-auth';
import type { HttpClient } from '@azure/core-rest-pipeline';
import type { TokenCredentialOptions } from '@azure/identity';
import type { Clock } from '../base/clock.ts';
import type { Cloud } from '../base/clouds.ts';
import type { Environment } from '../base/environment.ts';
import type { DeviceCodePrompt } from '../http/token-source.ts';
import type { ConnectionRecord, SecretField } from '../record/connection.ts';
import type { Secret } from '../secrets/secret.ts';

/** What a credential is made of. The identity library itself is loaded by the kinds that need it. */
export interface CredentialContext {
  readonly record: ConnectionRecord;
  readonly cloud: Cloud;
  readonly clock: Clock;
  readonly environment: Environment;
  /** Transport with host check; for the requests that a kind makes on its own as well. */
  readonly httpClient: HttpClient;
  /** Transport without host check, for endpoints that the platform names. */
  readonly platformClient: HttpClient;
  readonly readSecret: (field: SecretField) => Promise<Secret>;
  /** Fetches the federated token once per sign-in, and keeps our own failure, which the library would wrap. */
  readonly oncePerSignIn: (fetch: () => Promise<Secret>) => Promise<Secret>;
  readonly onDeviceCode: ((prompt: DeviceCodePrompt) => void) | undefined;
}

/** Makes the credential of one kind of sign-in. */
export type CredentialFactory = (context: CredentialContext) => Promise<TokenCredential>;

/** Options of the identity library that all kinds share: our transport, the cloud's authority, no retries of its own. */
export function sharedOptions({
  cloud,
  httpClient,
}: Pick<CredentialContext, 'cloud' | 'httpClient'>): TokenCredentialOptions & { disableInstanceDiscovery: boolean } {
  const isBuiltIn = ['public', 'usgov', 'usdod', 'china'].includes(cloud.name);
  return {
    httpClient,
    authorityHost: cloud.login.replace(/^http:/, 'https:'),
    // Microsoft's discovery knows Microsoft's hosts only.
    disableInstanceDiscovery: !isBuiltIn,
    retryOptions: { maxRetries: 0 },
  };
}

/** Tenant and app, which completion has made sure of. */
export function tenantAndClient({ identity }: ConnectionRecord): { tenantId: string; clientId: string } {
  return { tenantId: identity.tenant_id ?? '', clientId: identity.client_id ?? '' };
}
