import type { CallContext } from '../call-context.ts';
import type { Secret } from '../secret.ts';
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
