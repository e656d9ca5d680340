import type { CallContext } from '../base/call-context.ts';
import type { ConnectionRecord } from '../record/connection.ts';
import type { Secret } from '../secrets/secret.ts';
import type { SecretKeeper } from '../secrets/secret-keeper.ts';
import type { NamedSecret, SecretPlace, SecretUse } from '../storage/storage.ts';

/** What a secret is wanted for. The use is bound: what is not listed for the secret needs a person's yes. */
export type WantedUse =
  | { readonly kind: 'sign_in'; readonly cloud: string; readonly tenantId?: string; readonly clientId?: string }
  | ({ readonly kind: 'export'; readonly connection: ConnectionRecord } & SecretPlace);

/** A named secret as a person sees it: everything but the material. `configuration` ones are read-only. */
export interface NamedSecretView extends Omit<NamedSecret, 'ref' | 'owner' | 'source'> {
  readonly source: NamedSecret['source'] | 'configuration';
}

/** A secret that a person sets. */
export interface NewNamedSecret {
  readonly name: string;
  readonly secret: Secret;
  readonly use: readonly SecretUse[];
  readonly to: readonly SecretPlace[];
}

/** Secrets by name: those of the configuration, those that a person has set, and those kept from answers. */
export interface NamedSecrets {
  /** By name. For the person at the terminal: no tool lists them. */
  list(owner: string): Promise<readonly NamedSecretView[]>;
  /** Adds the secret, or replaces the one of its name. Throws `refused` for a name of the configuration. */
  set(secret: NewNamedSecret, owner: string): Promise<NamedSecretView>;
  /** The material, for the person at the terminal. Throws `not_found`. */
  reveal(name: string, owner: string): Promise<Secret>;
  /** Throws `not_found`, or `refused` for one of the configuration. */
  remove(name: string, owner: string): Promise<void>;
  /**
   * The material for one use. For an agent, throws `refused` with one message whether the secret is missing or may not be
   * used for this; a kept secret that is wanted elsewhere than where it belongs asks for a person's yes.
   */
  resolve(name: string, use: WantedUse, owner: string, call: CallContext): Promise<Secret>;
  /** Keeps the secrets of the answers that this connection gets. */
  keeperOf(connection: ConnectionRecord): SecretKeeper;
}
