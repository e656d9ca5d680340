import type { CallContext } from '../call-context.ts';
import type { Clock } from '../clock.ts';
import type { Cloud } from '../clouds.ts';
import type { LinkedServices } from '../linked-services/linked-service.ts';
import type { ConnectionOpener } from '../open-connection.ts';
import type { Secret } from '../secret.ts';
import type { Vault } from '../vault/vault.ts';
import type {
  Access,
  AuthType,
  CheckResult,
  ConnectionIdentity,
  ConnectionRecord,
  ConnectionScope,
  ConnectionSettings,
  Health,
  ScopeLevel,
  SecretField,
} from './connection.ts';
import type { DeclaredConnection } from './declared-connection.ts';
import type { SecretReferences } from './secret-references.ts';
import type { ConnectionStore } from './store.ts';

export interface CreateConnection {
  readonly name: string;
  readonly provider?: 'azure';
  readonly scopes?: readonly ConnectionScope[];
  readonly cloud?: string;
  readonly access?: Access;
  readonly auth_type?: AuthType;
  readonly scope_level?: ScopeLevel;
  readonly settings?: ConnectionSettings;
}

/** A secret argument: where to find the material, or (where the operator allows it) the material itself. */
export type SecretArgument =
  | { readonly env: string }
  | { readonly file: string }
  | { readonly key_vault: string }
  | { readonly prompt: true }
  /** Goes back to the secret that the last rotation replaced, as long as it is kept. */
  | { readonly previous: true }
  | Secret;

export interface CompleteConnection extends ConnectionIdentity {
  readonly secrets: Partial<Record<SecretField, SecretArgument>>;
  /** Allows the identity to become another tenant or app. */
  readonly replace_identity?: boolean;
}

export interface Validation {
  readonly record: ConnectionRecord;
  readonly health: Health;
  readonly checks: readonly CheckResult[];
}

/** The lifecycle of connections: create, complete (or rotate), validate, list, delete. One instance per process. */
export interface ConnectionService {
  /** All connections that `caller` may see, by name. */
  list(caller: string): Promise<readonly ConnectionRecord[]>;
  /** Throws `not_found`, listing the valid names. */
  get(name: string, caller: string): Promise<ConnectionRecord>;
  create(input: CreateConnection, caller: string): Promise<ConnectionRecord>;
  complete(name: string, input: CompleteConnection, caller: string, call: CallContext): Promise<ConnectionRecord>;
  validate(name: string, checks: readonly string[] | undefined, caller: string, call: CallContext): Promise<Validation>;
  remove(name: string, caller: string): Promise<ConnectionRecord>;
  close(): Promise<void>;
}

/** What `createConnectionService` (create-connection-service.ts) works with. */
export interface ConnectionServiceOptions {
  readonly store: ConnectionStore;
  readonly vault: Vault;
  /** Opens a connection for its validation checks. */
  readonly opener: ConnectionOpener;
  /** Finds and probes what a connection's scopes are for. */
  readonly linkedServices: LinkedServices;
  /** Every cloud that a connection may name: built-in, configured, and the sandbox's where there is one. */
  readonly clouds: ReadonlyMap<string, Cloud>;
  /** Read-only connections of the configuration (or the sandbox). */
  readonly declared: readonly DeclaredConnection[];
  /** Looks up `{env}` and `{file}` arguments. */
  readonly references: SecretReferences;
  /** Whether a caller may pass secrets literally: `config.secrets.inline`, and never over HTTP. */
  readonly inlineSecrets: boolean;
  /** Told of every secret that is supplied or read, so that logs and answers can mask it by value. */
  readonly onSecret?: (secret: Secret) => void;
  readonly clock: Clock;
}
