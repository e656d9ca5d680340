import type { SecretReader } from '../../auth/secret-reader.ts';
import type { CallContext } from '../../base/call-context.ts';
import { quoted } from '../../base/plain-text.ts';
import type { Identities } from '../../identities/identities.ts';
import type { PolicyGuard } from '../../policy/guard.ts';
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

/** Whose rules hold for what is sent to the app. */
export function guardOf(connection: OpenConnection, { admin }: ConversionContext): PolicyGuard {
  return (admin ?? connection).guard;
}

/** Asks for a change of the app that the connection signs in as. */
export function askToChangeApp(
  what: string,
  record: ConnectionRecord,
  connection: OpenConnection,
  context: ConversionContext,
): Promise<void> {
  const task = {
    summary: `${what} of the app of the connection ${quoted(record.name)}`,
    details: [`the app ${quoted(appOf(record).clientId)}`],
    covers: ['credential', 'own_app'] as const,
  };
  return guardOf(connection, context).askForTask(task, context.call);
}

/** App and tenant of a connection that has both: kinds that can be converted require them. */
export function appOf({ identity }: ConnectionRecord): { readonly clientId: string; readonly tenantId: string } {
  return { clientId: identity.client_id ?? '', tenantId: identity.tenant_id ?? '' };
}
