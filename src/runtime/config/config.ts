import type { SecretReference } from '../../core/auth/secret-references.ts';
import type { Cloud } from '../../core/base/clouds.ts';
import type { Environment } from '../../core/base/environment.ts';
import type { AppError } from '../../core/base/errors.ts';
import type { HomeCheck } from '../../core/base/private-paths.ts';
import type { ConfiguredSecret } from '../../core/named-secrets/named-secrets.ts';
import type { Policy } from '../../core/policy/policy.ts';
import type { DeclaredConnection } from '../../core/record/declared-connection.ts';
import type { LogLevel } from '../../core/telemetry/logger.ts';
import type { HttpRules } from './http-rules.ts';

/** Text of an answer to a call that says how much it wants: about 6,000 tokens. */
export const defaultMaxResultBytes = 24_000;

/** Where the vault's master key is kept. */
export type VaultKind = 'local' | 'file';

/** What arguments of tools may name as a secret, and whether answers may show those of services. */
export interface SecretRules {
  /** Whether callers on stdio may pass secrets literally. Default true. HTTP never allows it. */
  readonly inline: boolean;
  /** Names of environment variables, or beginnings followed by `*`. Default `TENANTRY_SECRET_*`. */
  readonly environment: readonly string[];
  /** Folders, besides `secrets` in the home folder. */
  readonly files: readonly string[];
  /** Whether answers show the secrets that services hand out. Default false. */
  readonly reveal: boolean;
  /** Secrets by name. */
  readonly named: Readonly<Record<string, ConfiguredSecret>>;
}

export const defaultSecretRules: SecretRules = {
  inline: true,
  environment: ['TENANTRY_SECRET_*'],
  files: [],
  reveal: false,
  named: {},
};

/** How many bytes `save_as` may write. */
export interface ExportRules {
  /** Into one file. Default 1 GiB; zero switches `save_as` off. */
  readonly mostBytes: number;
  /** Into all files of a home together. Default 10 GiB. */
  readonly mostBytesTogether: number;
}

/** How many bytes stored results may have. */
export interface StoredResultRules {
  /** One of them. Default 64 MiB. */
  readonly mostBytes: number;
  /** All of a home together. Default 512 MiB. */
  readonly mostBytesTogether: number;
}

/** PostgreSQL as the store of connections, for any number of nodes (`store`). */
export interface StoreRules {
  /** Without a password, unless `TENANTRY_DATABASE_URL` has one. */
  readonly url: string;
  readonly password?: SecretReference;
  /** Path of the PEM file of the authority that signs the server's certificate. */
  readonly ca?: string;
  /** False only for a server on this machine. */
  readonly tls: boolean;
  readonly schema: string;
  readonly mostConnections: number;
  /** Where every node reads the same master key; absent: that of the home. */
  readonly masterKey?: SecretReference;
  /** The one that a rotation replaces. */
  readonly previousMasterKey?: SecretReference;
}

/** Everything that an operator decides, from flags, environment and file, in this order of precedence. */
export interface Config {
  /** Folder for everything that is written. It is created when something is written for the first time. */
  readonly home: string;
  /** The file that was read, if any. */
  readonly file: string | undefined;
  /** Built-in and configured clouds by name. */
  readonly clouds: ReadonlyMap<string, Cloud>;
  readonly connections: readonly DeclaredConnection[];
  readonly secrets: SecretRules;
  readonly policy: Policy;
  /** Most bytes of text in an answer to a call that says how much it wants (`max_result_bytes`). Default 24,000. */
  readonly maxResultBytes: number;
  /** What is kept of stored results (`stored_results`). */
  readonly storedResults: StoredResultRules;
  /** What may be saved as files (`exports`). */
  readonly exports: ExportRules;
  readonly readOnly: boolean;
  /** Toolsets to offer; undefined means the default. Names are checked where toolsets are known. */
  readonly toolsets: readonly string[] | undefined;
  readonly logLevel: LogLevel;
  readonly vault: VaultKind;
  /** Absent: SQLite below the home. */
  readonly store?: StoreRules;
  /** What the file says about the HTTP server. */
  readonly http?: HttpRules;
  /** What happens to files that strangers own or may write. Default `refuse`. */
  readonly homeCheck: HomeCheck;
  readonly environment: Environment;
}

/** Command-line flags that win over environment and file. */
export interface ConfigFlags {
  readonly home?: string;
  readonly config?: string;
  readonly readOnly?: boolean;
  readonly toolsets?: string;
  readonly maxAccess?: string;
  readonly logLevel?: string;
}

/**
 * A configuration, and what is wrong with it. With `error` (code `configuration`) every tool returns that error, and
 * `config` holds what could be read: home, log level, and no configured clouds or connections.
 */
export interface ConfigResult {
  readonly config: Config;
  readonly error?: AppError;
  /** Whether a flag or a variable is wrong, and not the file: no command starts then, not even a server. */
  readonly isUsage?: boolean;
}

export interface LoadConfigOptions {
  readonly flags?: ConfigFlags;
  /**
   * Reads it for a sandbox in this process: variables name neither home nor file, and clouds and connections of the file
   * do not count.
   */
  readonly sandbox?: boolean;
  /** Default: the environment of the process. */
  readonly environment?: Environment;
  /** Default: the platform and home folder of the process. */
  readonly platform?: NodeJS.Platform;
  readonly userHome?: string;
}
