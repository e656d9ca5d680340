import type { Clock } from './clock.ts';
import type { Cloud } from './clouds.ts';
import type { Config } from './config/config.ts';
import type { ConnectionService } from './connections/connection-service.ts';
import type { DeclaredConnection } from './connections/declared-connection.ts';
import type { AppError } from './errors.ts';
import type { KnownSecrets } from './known-secrets.ts';
import type { LinkedServices } from './linked-services/linked-service.ts';
import type { Logger } from './logger.ts';
import type { ConnectionOpener } from './open-connection.ts';
import type { OperationHandles } from './operations/operation.ts';
import type { ListCollector } from './results/list-collector.ts';
import type { ResultStore } from './results/result-store.ts';
import type { SavedState } from './results/saved-state.ts';
import type { Telemetry } from './telemetry/telemetry.ts';
import type { LimiterSnapshot } from './throttle/limiter-registry.ts';

/** Everything that lives as long as the process, put together. Made by `createRuntime`; parts come to life on first use. */
export interface Runtime {
  readonly config: Config;
  /** Set when the configuration is broken: every tool answers it. */
  readonly configurationError: AppError | undefined;
  readonly clouds: ReadonlyMap<string, Cloud>;
  readonly declared: readonly DeclaredConnection[];
  readonly clock: Clock;
  readonly logger: Logger;
  readonly connections: ConnectionService;
  readonly opener: ConnectionOpener;
  readonly lists: ListCollector;
  readonly results: ResultStore;
  /** Operations as handles, and back. */
  readonly handles: OperationHandles;
  /** Loaded by the first call that uses them. */
  readonly linkedServices: LinkedServices;
  readonly state: SavedState;
  readonly secrets: KnownSecrets;
  readonly telemetry: Telemetry;
  /** Most bytes of text in one answer. */
  readonly maxResultBytes: number;
  /** What waits and what is left of the budgets; undefined before the first request of the process. */
  limits(): Promise<LimiterSnapshot | undefined>;
  /** Ends what runs and closes files. */
  close(): Promise<void>;
}
