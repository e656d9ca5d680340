import type { SecretReference } from '../auth/secret-references.ts';
import type { CallContext } from '../base/call-context.ts';
import type { Caller } from '../base/caller.ts';
import type { ConnectionRecord } from '../record/connection.ts';
import type { Secret } from '../secrets/secret.ts';
import type { SecretKeeper } from '../secrets/secret-keeper.ts';
import type { NamedSecret, SecretPlace, SecretUse } from '../storage/storage.ts';

/** What a secret is wanted for. The use is bound: what is not listed for the secret is refused, or needs a person's yes. */
export type WantedUse =
  /** To the login host of the cloud, as this app. */
  | { readonly kind: 'sign_in'; readonly cloud: string; readonly tenantId?: string; readonly clientId?: string }
  | WantedExport;

/** To be handed, with the rights of the connection, to somebody who keeps it. */
export interface WantedExport {
  readonly kind: 'export';
  readonly connection: ConnectionRecord;
  /** ARM id, or `organization/project`. */
  readonly holder: string;
  /** The same holder by another name, such as the id of the project. */
  readonly alias?: string;
  /**
   * Addresses that the holder will send it to: all of them must be bound. Empty where it has none; absent where the
   * holder does not send it anywhere.
   */
  readonly targets?: readonly string[];
}

/** A secret of the configuration. */
export interface ConfiguredSecret {
  readonly source: SecretReference;
  readonly use: readonly SecretUse[];
  readonly to: readonly SecretPlace[];
  /** The cloud that may see it. */
  readonly cloud: string;
  /** Who of those that have signed in may use it. Default: nobody; the local caller always may. */
  readonly isFor?: (caller: Caller) => boolean;
}

/** A named secret as a person sees it: everything but the material. */
export interface NamedSecretView
  extends Pick<NamedSecret, 'name' | 'use' | 'to' | 'cloud'>,
    Partial<Pick<NamedSecret, 'fingerprint' | 'origin' | 'storedAt' | 'expiresAt' | 'keptUntil'>> {
  /** Those of the `configuration` are read-only. */
  readonly source: NamedSecret['source'] | 'configuration';
  /** Why there is no material, for one of the configuration. */
  readonly problem?: string;
}

/** A secret that a person sets. */
export interface NewNamedSecret {
  readonly name: string;
  readonly secret: Secret;
  readonly use: readonly SecretUse[];
  readonly to: readonly SecretPlace[];
  /** Default `public`. */
  readonly cloud?: string;
}

/** Secrets by name: those of the configuration, those that a person has set, and those kept from answers. */
export interface NamedSecrets {
  /**
   * By name. For the person: no tool lists them. Those of the configuration that are for `caller` are among them; without
   * one, the local owner's are all of them, and nobody else's.
   */
  list(owner: string, caller?: Caller): Promise<readonly NamedSecretView[]>;
  /** Adds the secret, or replaces the one of its name. Throws `refused` for a name of the configuration. */
  set(secret: NewNamedSecret, owner: string): Promise<NamedSecretView>;
  /** The material of a stored one, for the person who has it; of the configuration's, for the local owner. Throws `not_found`. */
  reveal(name: string, owner: string, caller?: Caller): Promise<Secret>;
  /** Throws `not_found`, or `refused` for one of the configuration. */
  remove(name: string, owner: string): Promise<void>;
  /**
   * The material for one use. For an agent, throws `refused` with one message whether the secret is missing or may not be
   * used for this; a kept secret that is wanted elsewhere than where it belongs asks for a person's yes.
   */
  resolve(name: string, use: WantedUse, owner: string, call: CallContext): Promise<Secret>;
  /** Where a secret of the configuration is that `resolve` finds, for what is to be read again at every use. */
  sourceOf(name: string, owner: string, call: CallContext): Promise<SecretReference | undefined>;
  /** Keeps the secrets of the answers that this connection gets. */
  keeperOf(connection: ConnectionRecord): SecretKeeper;
}
