import { AppError } from '../base/errors.ts';
import type { ProcessMark } from '../base/process-mark.ts';
import type { ConnectionRecord } from '../record/connection.ts';
import type { Secret } from '../secrets/secret.ts';
import type { ReceiptStore } from './receipt-store.ts';
import type { ResultStore } from './result-store.ts';
import type { SavedState } from './saved-state.ts';
import type { SharedPlace } from './shared-records.ts';
import type { StoreTables } from './transfer/store-tables.ts';
import type { RotatingKeys } from './vault/key-ring.ts';

/**
 * Everything that outlives a call. `openLocalStorage` keeps it in SQLite and files below the home folder,
 * `createMemoryStorage` for the life of the process; another one is a folder of its own, whose `Storage` is given to
 * `createRuntime({ storage })` and to the contract suites of `test/core/storage`. Opening one touches nothing: the
 * first call that needs a file or a connection makes it.
 */
export interface Storage {
  readonly records: RecordStore;
  readonly vault: Vault;
  readonly results: ResultStore;
  readonly state: SavedState;
  readonly keys: Keys;
  /** The same, for a rotation. Absent where the key goes with the process. */
  readonly masterKey?: RotatingKeys;
  /** Secrets with names of their own. */
  readonly secrets: NamedSecretStore;
  readonly approvals: ApprovalStore;
  readonly openWrites: OpenWriteStore;
  readonly receipts: ReceiptStore;
  /** Absent where no trail is kept. */
  readonly audit?: AuditLog;
  /** For carrying everything into another store. Absent where nothing outlives the process. */
  readonly tables?: StoreTables;
  /**
   * Whether the storage can be reached, as it was known a moment ago: asks nothing. The first call begins to look, every
   * two seconds until the storage is closed. Absent where there is nothing that could be away.
   */
  health?(): StoreHealth;
  /** Closes everything; resolves when done. */
  close(): Promise<void>;
}

/** What is known of a storage on another machine. */
export interface StoreHealth {
  /** Whether it has been reached since the start, and its tables are there. */
  readonly isReady: boolean;
  /** Epoch milliseconds of the first failure since it last answered; absent while it answers. */
  readonly awaySince?: number;
}

/** Where connection records live. Several processes may share one store; a change is compare-and-swap on `revision`. */
export interface RecordStore {
  /** The records of one owner, by name. Leaves out damaged ones. */
  list(owner: string): Promise<ConnectionRecord[]>;
  /**
   * The records of all owners: for sweeping, and for asking who else relies on an app or a secret. Throws `configuration`
   * when one is damaged: nobody knows then what it relied on.
   */
  listAll(): Promise<ConnectionRecord[]>;
  /**
   * The records, of whatever owner, that are shared with somebody; those of one name where it is given. By name and owner.
   * Leaves out damaged ones. Who may see them, each record says: see `accessOf`.
   */
  shared(name?: string): Promise<ConnectionRecord[]>;
  /** Everyone who has records, damaged ones too. */
  owners(): Promise<readonly string[]>;
  /** Throws `configuration` when the record is damaged. */
  get(name: string, owner: string): Promise<ConnectionRecord | undefined>;
  /**
   * Where each record of an owner stands, by name: a text that changes whenever the record does. Opens none and judges
   * none, so that it can be asked often.
   */
  revisions(owner: string): Promise<ReadonlyMap<string, string>>;
  /** Where the records stand that may be shared with somebody. Opens none, like `revisions`. */
  sharedPlaces(): Promise<readonly SharedPlace[]>;
  /** What of one owner cannot be read, by name. */
  damaged(owner: string): Promise<readonly DamagedRecord[]>;
  /** Removes a damaged record; its secrets stay for the sweep. Resolves false, and removes nothing, when it is sound. */
  removeDamaged(name: string, owner: string): Promise<boolean>;
  /** Adds a record with revision 1; throws `nameTaken` when its owner has one of the name. */
  insert(record: ConnectionRecord): Promise<void>;
  /**
   * Replaces the record whose revision is `record.revision - 1`.
   * Resolves false, and changes nothing, when another change was faster or the record is gone.
   */
  replace(record: ConnectionRecord): Promise<boolean>;
  /** Removes the record with exactly this id and revision; resolves false otherwise. */
  remove(id: string, revision: number): Promise<boolean>;
}

/** A record that something else than Tenantry has changed, or that cannot be read. It is never used. */
export interface DamagedRecord {
  /** As it stands in the store; not one of our names where that was changed as well. */
  readonly name: string;
  readonly error: AppError;
}

/** The answer to a second connection of the same name. */
export function nameTaken(name: string): AppError {
  return new AppError('conflict', `A connection named ${name} already exists.`, {
    hint: 'Choose another name, change this one with complete_connection, or delete it with delete_connection.',
  });
}

/** What a secret belongs to. It is authenticated with the ciphertext: a copied row does not decrypt elsewhere. */
export interface SecretBinding {
  readonly connectionId: string;
  readonly field: string;
}

/** A stored secret without its material. */
export interface StoredSecret extends SecretBinding {
  readonly ref: string;
  /** ISO 8601. */
  readonly storedAt: string;
}

/** Where secret material lives. `createVault` (vault/vault.ts) makes one over any rows. */
export interface Vault {
  /** Stores the secret and resolves with an opaque reference. */
  put(binding: SecretBinding, secret: Secret): Promise<string>;
  /** Throws `configuration` when the master key is missing or wrong, `not_found` when the reference is unknown. */
  get(binding: SecretBinding, ref: string): Promise<Secret>;
  /** Destroys the material; resolves also when it is gone already. */
  destroy(ref: string): Promise<void>;
  /** Everything that is stored, for finding what no record points to. Needs no master key. */
  list(): Promise<readonly StoredSecret[]>;
}

/** The key that protects all secrets. It is never shown; only keys derived from it are given out. */
export interface Keys {
  /**
   * A 32-byte key for one purpose (`vault`, `cursor`, `rows`), by HKDF-SHA-256: the same for all processes of one storage. To be asked again at
   * each use: a rotation changes it.
   * The first use creates the master key; when it is missing although secrets exist, throws `configuration`.
   */
  derive(purpose: string): Promise<Buffer>;
  /**
   * Every key that something may be under which is stored or was given out: that of `derive` first, then the one that a
   * rotation is replacing.
   */
  deriveEach(purpose: string): Promise<readonly Buffer[]>;
  /**
   * Asks the store whether another process has rotated the master key meanwhile, and follows. Throws `configuration` where
   * the store is under a key that is not known here.
   */
  confirm(): Promise<void>;
  /** Whether `derive` would neither make a master key nor ask a keyring for it. */
  isAtHand(): Promise<boolean>;
}

/** Secrets with a name of their own, set by a person or kept from an answer. Their material is in the vault. */
export interface NamedSecretStore {
  /** The secrets of one owner, by name. */
  list(owner: string): Promise<readonly NamedSecret[]>;
  /** Those of all owners: for sweeping the vault. */
  listAll(): Promise<readonly NamedSecret[]>;
  get(name: string, owner: string): Promise<NamedSecret | undefined>;
  /** Adds the secret or replaces the one of its name; resolves with the one that it replaced. */
  put(secret: NamedSecret): Promise<NamedSecret | undefined>;
  /** Adds the secret; resolves false, and changes nothing, when its owner has one of the name. */
  insert(secret: NamedSecret): Promise<boolean>;
  /** Resolves with what was removed. With `ref` removes only the secret that is still stored under it. */
  remove(name: string, owner: string, ref?: string): Promise<NamedSecret | undefined>;
}

/** Names are shown to models and stand in commands, hence the narrow alphabet. */
export const namedSecretPattern = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,126}$/;

/** What a secret may be used for: signing a connection in, or being handed to a place that `to` names. */
export const secretUses = ['sign_in', 'export'] as const;
export type SecretUse = (typeof secretUses)[number];

/** A place that a secret may be handed to. */
export interface SecretPlace {
  /** ARM id of the workspace, account or resource, or `organization/project`. */
  readonly holder: string;
  /** Address that the workspace connection is for; its host must match. */
  readonly target?: string;
}

export interface NamedSecret {
  readonly name: string;
  readonly owner: string;
  /** Vault reference. */
  readonly ref: string;
  readonly fingerprint: string;
  readonly source: 'person' | 'kept' | 'generated';
  readonly use: readonly SecretUse[];
  readonly to: readonly SecretPlace[];
  /** The cloud that may see it. */
  readonly cloud: string;
  /** For kept and generated ones: the connection that got it, and what it belongs to. */
  readonly origin?: {
    readonly connectionId: string;
    readonly resource: string;
    readonly member: string;
    readonly tenantId?: string;
    readonly appId?: string;
    /** Owner of the connection, where that is another one: the secret is good for as long as the connection is shared. */
    readonly sharedBy?: string;
  };
  /** ISO 8601. */
  readonly storedAt: string;
  /** ISO 8601: when the secret itself ends. */
  readonly expiresAt?: string;
  /** ISO 8601: when it is destroyed. */
  readonly keptUntil?: string;
}

/** What waits for a person's yes, by its code, and which handles were used. All of it is forgotten when it expires. */
export interface ApprovalStore {
  /**
   * Adds one with a code of its own. Changes nothing, and resolves `full`, when its owner has `mostWaiting` that wait, or
   * `taken` when the code is in use or something with this digest is there already.
   */
  insert(approval: Approval, mostWaiting: number): Promise<'inserted' | 'full' | 'taken'>;
  /** What waits and has not expired, oldest first. */
  list(owner: string): Promise<readonly Approval[]>;
  /** Records the answer; resolves false when there is no such code, it has expired, or it was answered already. */
  answer(code: string, owner: string, answer: 'approved' | 'declined'): Promise<boolean>;
  /** The one for this request, in whatever state, so that asking again makes no second code. */
  find(digest: string, owner: string): Promise<Approval | undefined>;
  /** Takes an approved one away, once, however many ask at the same time; resolves with it for the caller that got it. */
  spend(digest: string, owner: string): Promise<Approval | undefined>;
  /** Remembers that a handle has been used; resolves false when it had been before. */
  useUp(handle: string, expiresAt: number): Promise<boolean>;
}

export interface Approval {
  readonly code: string;
  readonly owner: string;
  /** Of tool, arguments and what they would do: the yes is to exactly that. */
  readonly digest: string;
  readonly tool: string;
  readonly connection?: string;
  readonly summary: string;
  readonly details: readonly string[];
  readonly state: 'waiting' | 'approved' | 'declined';
  /** Epoch milliseconds. */
  readonly createdAt: number;
  readonly expiresAt: number;
}

/** Writes that are under way, so that nobody sends the same one twice. Forgotten when they expire. */
export interface OpenWriteStore {
  /**
   * Adds the write, however many ask at the same time. Changes nothing where one with its digest is there already, and
   * resolves with that one.
   */
  add(write: OpenWrite): Promise<OpenWrite | undefined>;
  find(id: string): Promise<OpenWrite | undefined>;
  /** Replaces the one with this id; changes nothing where it is gone. */
  update(write: OpenWrite): Promise<void>;
  /** Resolves also when it is gone. */
  remove(id: string): Promise<void>;
}

/** A write that was begun and has not ended, or whose end its caller has not been told. Holds no arguments. */
export interface OpenWrite {
  readonly id: string;
  /** Of caller, connection, tool and arguments. */
  readonly digest: string;
  readonly tool: string;
  /** Who sends it, with the epoch milliseconds of its start. A process that has ended leaves open what became of it. */
  readonly process: ProcessMark;
  /** Handle of the operation that it has become. */
  readonly operation?: string;
  /** Whether a caller has been given `operation`. */
  readonly isAnswered: boolean;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  readonly expiresAt: number;
}

/** One line per call, denied ones too. No bodies, no secrets, no query strings. */
export interface AuditLog {
  /** Resolves when the line is written. Lines of several processes do not disturb each other. */
  append(entry: AuditEntry): Promise<void>;
  /** The lines after a position, oldest first, as many as fit one look; from the beginning without one. */
  read(after?: string): Promise<AuditPart>;
}

export interface AuditPart {
  readonly entries: readonly AuditEntry[];
  /** For the next look; the same as before when nothing has come. */
  readonly position: string;
}

export interface AuditEntry {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly caller: string;
  readonly connection?: string;
  readonly tool: string;
  readonly actor: string;
  readonly channel: string;
  /** Requests that the call sent or would have sent: `graph`, `PATCH`, `/users/{id}`. All writes, and the first read. */
  readonly requests: readonly { readonly service: string; readonly method: string; readonly path: string }[];
  /** What stands at the places of `{id}`, each once. */
  readonly targetIds: readonly string[];
  /** `success`, `failed` for a batch that has failures, or an error code. */
  readonly outcome: string;
  readonly requestId?: string;
  /** Id of what the call kept so that it can be undone. */
  readonly receipt?: string;
  /** Id of the receipt whose write the call undid. */
  readonly undoes?: string;
  /** How many requests and ids are not named because the line would be too long. */
  readonly leftOut?: number;
}
