import type { ApiConnection } from '../apis/api-connection.ts';
import type { SignInTrial } from '../auth/sign-in-trial.ts';
import type { CallContext } from '../base/call-context.ts';
import type { Caller } from '../base/caller.ts';
import type { Clock } from '../base/clock.ts';
import type { Cloud } from '../base/clouds.ts';
import type { Identities } from '../identities/identities.ts';
import type { LinkedServices } from '../linked-services/linked-service.ts';
import type { PolicyGuard } from '../policy/guard.ts';
import type { Policy } from '../policy/policy.ts';
import type {
  Access,
  CheckResult,
  ConnectionIdentity,
  ConnectionRecord,
  ConnectionScope,
  Health,
  ScopeLevel,
  SecretField,
} from '../record/connection.ts';
import type { DeclaredConnection } from '../record/declared-connection.ts';
import type { SecretArgument } from '../record/secret-argument.ts';
import type { Fingerprints } from '../secrets/fingerprints.ts';
import type { Secret } from '../secrets/secret.ts';
import type { SavedState } from '../storage/saved-state.ts';
import type { DamagedRecord, NamedSecretStore, RecordStore, Vault } from '../storage/storage.ts';
import type { ChoiceOptions, ChosenConnections } from './choose-connections.ts';
import type { SecretToHandOn } from './secret-arguments.ts';
import type { PromptRequest, SecretPrompt } from './secret-prompt.ts';
import type { SecretSources } from './secret-sources.ts';
import type { SharingChange } from './share-connection.ts';

export type CreateConnection = Pick<ConnectionRecord, 'name'> &
  Partial<
    Pick<ConnectionRecord, 'provider' | 'scopes' | 'cloud' | 'access' | 'auth_type' | 'scope_level' | 'settings'>
  >;

/** Besides identity and secrets: what is not named stays. */
export interface CompleteConnection
  extends ConnectionIdentity,
    Partial<Pick<ConnectionRecord, 'scopes' | 'settings' | 'access'>> {
  readonly secrets: Partial<Record<SecretField, SecretArgument>>;
  /** Opens an encrypted certificate; only the opened one is stored. */
  readonly certificate_passphrase?: SecretArgument;
  /** Allows the identity to become another tenant or app. */
  readonly replace_identity?: boolean;
}

/** Moves a connection from its secret or certificate to workload identity federation, or back. */
export interface ConvertConnection {
  /** Issuer of the tokens to trust; taken from the token at hand when absent. */
  readonly issuer?: string | undefined;
  readonly subject?: string | undefined;
  /** Default: the token exchange audience of the cloud. */
  readonly audience?: string | undefined;
  /** Where tokens come from; the platform's (GitHub Actions, Azure Pipelines, Kubernetes) when absent. */
  readonly federated_token?: SecretArgument | undefined;
  /** Name of a connection that changes the app on its behalf: same tenant and cloud, with access to write. */
  readonly admin_connection?: string | undefined;
  /** Also remove the secret from the app registration; a revert is impossible afterwards. */
  readonly remove_secret?: boolean | undefined;
  /** Back to the secret, within seven days. */
  readonly revert?: boolean | undefined;
}

/** A connection after a conversion, and what was done in the tenant. */
export interface ConversionResult {
  readonly record: ConnectionRecord;
  readonly changes: readonly string[];
}

/** Makes an identity in the tenant and a connection that signs in with it. */
export interface ProvisionConnection
  extends Partial<
    Record<'subscription_id' | 'management_group_id' | 'resource_group' | 'workspace_name', string | undefined>
  > {
  readonly name: string;
  /** Of the app registration. Default `tenantry-{name}`. */
  readonly display_name?: string | undefined;
  readonly credential: 'federated' | 'secret';
  readonly federated?:
    | {
        readonly issuer: string;
        readonly subject: string;
        readonly audience?: string | undefined;
        readonly token?: SecretArgument | undefined;
      }
    | undefined;
  /** Life of a client secret in days, 1 to 730. Default 180. */
  readonly secret_days?: number | undefined;
  /** `role` is a name or GUID; `scope` an ARM scope, by default that of the scope level. */
  readonly roles: readonly { readonly role: string; readonly scope?: string | undefined }[];
  /** Default `[resources]`: a new app has no permission in Microsoft Graph. */
  readonly scopes?: readonly ConnectionScope[] | undefined;
  readonly access?: Access | undefined;
  readonly scope_level?: ScopeLevel | undefined;
  readonly service_management_reference?: string | undefined;
}

/** The new connection, and what was made for it in the tenant. */
export interface ProvisionResult {
  readonly record: ConnectionRecord;
  readonly application: { readonly object_id: string; readonly client_id: string; readonly created: boolean };
  readonly service_principal: { readonly object_id: string; readonly created: boolean };
  readonly credential: { readonly kind: string; readonly name: string; readonly created: boolean };
  readonly role_assignments: readonly {
    readonly id: string;
    readonly role: string;
    readonly scope: string;
    readonly created: boolean;
  }[];
}

/** A connection of the caller that is never used. */
export interface UnusableConnection extends DamagedRecord {
  /** Nothing is wrong with it, but several of this name are shared with the caller. */
  readonly isAmbiguous?: boolean;
}

/** The connections of one owner; declared ones are the local caller's. */
export interface OwnedConnections {
  readonly owner: string;
  readonly records: readonly ConnectionRecord[];
  readonly damaged: readonly UnusableConnection[];
}

export interface Validation {
  readonly record: ConnectionRecord;
  readonly health: Health;
  readonly checks: readonly CheckResult[];
}

/** A completion that asked, as it was. */
export type AskedAgain = Pick<PromptRequest, 'input' | 'fields' | 'granted'>;

/**
 * The lifecycle of connections: create, complete (or rotate), validate, share, list, delete. One instance per process. Every
 * record is given out as its caller may use it: one that is shared to be read has the access `read_only`.
 */
export interface ConnectionService {
  /** The connections of `caller` and those shared with them, by name; without what cannot be used. */
  list(caller: Caller): Promise<readonly ConnectionRecord[]>;
  /** Those of the configuration alone, without a look into the store: for the operator alone. */
  declared(): Promise<readonly ConnectionRecord[]>;
  /** What of the caller's cannot be read, or was changed by something else than Tenantry; and names that are ambiguous. */
  damaged(caller: Caller): Promise<readonly UnusableConnection[]>;
  /** Where each connection of the caller stands, by name: a text that changes whenever the connection does. */
  revisions(caller: Caller): Promise<ReadonlyMap<string, string>>;
  /** The connections of everybody, the local caller's first: for the operator alone. */
  everybodys(): Promise<readonly OwnedConnections[]>;
  /** The connection of that name, or undefined. */
  find(name: string, caller: Caller): Promise<ConnectionRecord | undefined>;
  /** The same; throws `not_found`, listing the valid names. */
  get(name: string, caller: Caller): Promise<ConnectionRecord>;
  /** Those that a call reads together; see `chooseConnections`. */
  choose(options: ChoiceOptions): Promise<ChosenConnections>;
  /** For a name that is missing or no name: the valid ones, and the one that was probably meant, as a hint. */
  offer(name: string, caller: Caller): Promise<string>;
  /** For an agent, more than its ceiling asks a person; so do the other changes. */
  create(input: CreateConnection, caller: Caller, call: CallContext): Promise<ConnectionRecord>;
  complete(name: string, input: CompleteConnection, caller: Caller, call: CallContext): Promise<ConnectionRecord>;
  /** What a completion asked the person for, for a page that has outlived the call, or is on another node. */
  promptAgain(name: string, asked: AskedAgain, caller: Caller): Promise<PromptRequest>;
  validate(name: string, checks: readonly string[] | undefined, caller: Caller, call: CallContext): Promise<Validation>;
  /** Repeatable: a conversion that stopped half-way continues. */
  convert(name: string, input: ConvertConnection, caller: Caller, call: CallContext): Promise<ConversionResult>;
  /** Works with the rights of `admin`. Repeatable: what exists is found again by its name. */
  provision(
    input: ProvisionConnection,
    admin: OpenConnection,
    caller: Caller,
    call: CallContext,
  ): Promise<ProvisionResult>;
  /** The material behind a secret argument of a tool that hands it on. */
  resolveSecret(wanted: SecretToHandOn, caller: Caller, call: CallContext): Promise<Secret>;
  /** Changes with whom a connection of the caller is shared. A person's own act: refused for an agent. */
  share(name: string, change: SharingChange, caller: Caller, call: CallContext): Promise<ConnectionRecord>;
  /** Removes a damaged one as well, whose secrets nobody can name. */
  remove(name: string, caller: Caller, call: CallContext): Promise<RemovedConnection>;
}

export type RemovedConnection = Pick<ConnectionRecord, 'name' | 'secrets' | 'previousSecrets' | 'conversion'>;

/** What `createConnectionService` (create-connection-service.ts) works with. */
export interface ConnectionServiceOptions extends SecretSources {
  readonly store: RecordStore;
  /** Whose material in the vault is not to be swept. */
  readonly secrets: NamedSecretStore;
  readonly vault: Vault;
  readonly fingerprints: Fingerprints;
  /** Opens a connection for its validation checks. */
  readonly opener: ConnectionOpener;
  /** Tries sign-ins that no record is switched to yet. */
  readonly trial: SignInTrial;
  /** Finds and probes what a connection's scopes are for. */
  readonly linkedServices: LinkedServices;
  /** Every cloud that a connection may name: built-in, configured, and the sandbox's where there is one. */
  readonly clouds: ReadonlyMap<string, Cloud>;
  /** What agents may give by themselves. */
  readonly policy: Pick<Policy, 'max_access' | 'ambient' | 'fan_out' | 'connections'>;
  /** Remembers what people had given to connections that agents removed. */
  readonly state: SavedState;
  /** Read-only connections of the configuration (or the sandbox). */
  readonly declared: readonly DeclaredConnection[];
  /** Asks the person for secrets that a completion lacks. Without it, such a completion is refused. */
  readonly prompt?: SecretPrompt;
  readonly clock: Clock;
}

/** A connection that can be checked, and can change identities with its rights. */
export interface OpenConnection extends ApiConnection {
  /** App registrations, their credentials and roles. */
  readonly identities: Identities;
  /** Asks for what needs a yes. */
  readonly guard: PolicyGuard;
}

/** Opens connections; the same record revision gives the same object, so that caches and limiters are shared. */
export interface ConnectionOpener {
  open(record: ConnectionRecord, caller: Caller): Promise<OpenConnection>;
}
