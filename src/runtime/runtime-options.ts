import type { HttpClient } from '@azure/core-rest-pipeline';
import type { Clock } from '../core/base/clock.ts';
import type { Cloud } from '../core/base/clouds.ts';
import type { AppError } from '../core/base/errors.ts';
import type { SecretPrompt } from '../core/connections/secret-prompt.ts';
import type { DeviceCodePrompt } from '../core/http/token-source.ts';
import type { NamedSecrets } from '../core/named-secrets/named-secrets.ts';
import type { DeclaredConnection } from '../core/record/declared-connection.ts';
import type { Storage } from '../core/storage/storage.ts';
import type { Telemetry } from '../core/telemetry/telemetry.ts';
import type { LimiterRegistry } from '../core/throttle/limiter-registry.ts';
import type { Config } from './config/config.ts';

/** A tenant that lives in this process: its hosts, its clock, and a ready connection to it. */
export interface EmbeddedTenant {
  readonly httpClient: HttpClient;
  readonly cloud: Cloud;
  readonly clock: Clock;
  readonly connection: DeclaredConnection;
}

export interface PagesOptions {
  /** Tells who sits at this machine what a client cannot show. */
  readonly announce: (line: string) => void;
  /**
   * Whether people sign in to the HTTP server of this process: pages are then at its public address, for the caller they
   * belong to. Default: on a loopback port, for the person at this machine.
   */
  readonly atPublicAddress?: boolean;
}

export interface RuntimeOptions {
  readonly config: Config;
  /** What is wrong with the configuration; every tool answers it. */
  readonly configurationError?: AppError;
  /** Version of the package, for telemetry and the user agent. */
  readonly version: string;
  readonly embedded?: EmbeddedTenant;
  /** Where everything is kept; closed with the runtime. Default: SQLite and files below the home folder. */
  readonly storage?: Storage;
  /** Keeps the limits of all connections; closed with the runtime. Default: one that this process keeps by itself. */
  readonly limiter?: LimiterRegistry;
  /** Default: the transport of `@azure/core-rest-pipeline`; requests to an embedded tenant never reach it. */
  readonly httpClient?: HttpClient;
  /** Secrets by name. Default: none, and answers mask what they could keep. */
  readonly namedSecrets?: NamedSecrets;
  readonly clock?: Clock;
  readonly telemetry?: Telemetry;
  /** Shows device codes in another way than pages do. */
  readonly onDeviceCode?: (prompt: DeviceCodePrompt) => void;
  /** Shows pages to the person. */
  readonly pages?: PagesOptions;
  /** Asks the person for secrets in another way, such as at the terminal. */
  readonly secretPrompt?: SecretPrompt;
  /** Most bytes of text in an answer to a call that says how much it wants. Default: the configuration's. */
  readonly maxResultBytes?: number;
}
