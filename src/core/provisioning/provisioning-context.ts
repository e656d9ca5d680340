import type { CallContext } from '../call-context.ts';
import type { ConnectionServiceOptions } from '../connections/connection-service.ts';
import type { SecretReader } from '../connections/secret-reader.ts';
import type { SecretStorage } from '../connections/secret-storage.ts';
import type { OpenConnection } from '../open-connection.ts';

/** What provisioning works with, all through one call. */
export interface ProvisioningContext {
  readonly options: ConnectionServiceOptions;
  readonly storage: SecretStorage;
  readonly readSecret: SecretReader;
  /** Names that the configuration has taken. */
  readonly declaredNames: readonly string[];
}

/** One provisioning under way. */
export interface Provisioning extends ProvisioningContext {
  /** Whose rights are used. */
  readonly admin: OpenConnection;
  readonly call: CallContext;
}

/** ISO 8601, by the clock of the service. */
export function isoNow({ options }: ProvisioningContext): string {
  return new Date(options.clock.now()).toISOString();
}
