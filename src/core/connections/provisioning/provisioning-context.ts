import type { SecretReader } from '../../auth/secret-reader.ts';
import type { CallContext } from '../../base/call-context.ts';
import type { ConnectionServiceOptions } from '../connection-service.ts';
import type { OpenConnection } from '../open-connection.ts';
import type { SecretStorage } from '../record-changes.ts';

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
