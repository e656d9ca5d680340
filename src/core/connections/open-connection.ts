import type { ApiConnection } from '../apis/api-connection.ts';
import type { Identities } from '../identities/identities.ts';
import type { ConnectionRecord } from '../record/connection.ts';

/** A connection that can be checked, and can change identities with its rights. */
export interface OpenConnection extends ApiConnection {
  /** App registrations, their credentials and roles. */
  readonly identities: Identities;
}

/** Opens connections; the same record revision gives the same object, so that caches and limiters are shared. */
export interface ConnectionOpener {
  open(record: ConnectionRecord): Promise<OpenConnection>;
}
