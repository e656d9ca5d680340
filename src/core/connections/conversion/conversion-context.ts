import type { SecretReader } from '../../auth/secret-reader.ts';
import type { CallContext } from '../../base/call-context.ts';
import type { Identities } from '../../identities/identities.ts';
import type { ConnectionRecord } from '../../record/connection.ts';
import type { Ceilings } from '../ceilings.ts';
import type { ConnectionServiceOptions, OpenConnection } from '../connection-service.ts';
import type { SecretStorage } from '../record-changes.ts';

/** What a conversion works with. */
export interface ConversionContext {
  readonly options: ConnectionServiceOptions;
  readonly storage: SecretStorage;
  readonly readSecret: SecretReader;
  /** Changes the app instead of the connection itself, which seldom has the right to. */
  readonly admin: OpenConnection | undefined;
  readonly ceilings: Ceilings;
  readonly call: CallContext;
}

/** Who finds and changes the app: another connection where one was named. */
export function identitiesOf(connection: OpenConnection, { admin }: ConversionContext): Identities {
  return (admin ?? connection).identities;
}

/** App and tenant of a connection that has both: kinds that can be converted require them. */
export function appOf({ identity }: ConnectionRecord): { readonly clientId: string; readonly tenantId: string } {
  return { clientId: identity.client_id ?? '', tenantId: identity.tenant_id ?? '' };
}
