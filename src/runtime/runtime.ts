import type { GraphCatalog } from '../core/apis/graph/catalog/load-catalog.ts';
import type { Caller } from '../core/base/caller.ts';
import type { Clock } from '../core/base/clock.ts';
import type { Cloud } from '../core/base/clouds.ts';
import type { AppError } from '../core/base/errors.ts';
import type { ConnectionService } from '../core/connections/connection-service.ts';
import type { ConnectionWatches } from '../core/connections/connection-watches.ts';
import type { SeenPlaces } from '../core/connections/seen-places.ts';
import type { LicenseNames } from '../core/licensing/license-names.ts';
import type { ReadableServices } from '../core/linked-services/linked-service.ts';
import type { NamedSecrets } from '../core/named-secrets/named-secrets.ts';
import type { Jobs } from '../core/operations/job.ts';
import type { OperationHandles } from '../core/operations/operation.ts';
import type { Asking } from '../core/policy/asking/agent-authority.ts';
import type { SealedQuestion } from '../core/policy/asking/question.ts';
import type { Receipts } from '../core/receipts/receipts.ts';
import type { ConnectionRecord } from '../core/record/connection.ts';
import type { DeclaredConnection } from '../core/record/declared-connection.ts';
import type { ListCollector } from '../core/results/create-list-collector.ts';
import type { ListExporter } from '../core/results/create-list-exporter.ts';
import type { ToolOutcome } from '../core/results/tool-outcome.ts';
import type { Sealer } from '../core/secrets/sealed-text.ts';
import type { KnownSecrets } from '../core/secrets/secret.ts';
import type { ResultStore } from '../core/storage/result-store.ts';
import type { SavedState } from '../core/storage/saved-state.ts';
import type { ApprovalStore, StoreHealth } from '../core/storage/storage.ts';
import type { Logger } from '../core/telemetry/logger.ts';
import type { Telemetry } from '../core/telemetry/telemetry.ts';
import type { LimiterSnapshot } from '../core/throttle/limiter-registry.ts';
import type { WebPages } from '../pages/signed-in/web-pages.ts';
import type { AuditTrail } from './audit-trail.ts';
import type { Config } from './config/config.ts';
import type { ConnectedServices } from './connect-services.ts';
import type { DeviceCodePages } from './device-code-pages.ts';
import type { StoreUpkeep } from './store-upkeep.ts';

/** Everything that lives as long as the process. Made by `createRuntime`; parts are loaded on first use. */
export interface Runtime {
  readonly config: Config;
  /** Set when the configuration is broken: every tool answers it. */
  readonly configurationError: AppError | undefined;
  readonly clouds: ReadonlyMap<string, Cloud>;
  readonly declared: readonly DeclaredConnection[];
  readonly clock: Clock;
  readonly logger: Logger;
  readonly connections: ConnectionService;
  /** Tells of changes to the connections of the person at this machine. */
  readonly connectionWatch: ConnectionWatches;
  /** Where calls have been, for completion. */
  readonly places: SeenPlaces;
  /** Names of products; unpacked once. */
  licenseNames(): Promise<LicenseNames>;
  /** Secrets by name: of the configuration, set by a person, kept from answers. */
  readonly namedSecrets: NamedSecrets;
  /**
   * Opens connections; the same record revision gives the same object, so that caches and limiters are shared. One that
   * signs in as its caller is opened for each of them, and what it has read is kept apart.
   */
  readonly opener: { open(record: ConnectionRecord, caller: Caller): Promise<ConnectedServices> };
  readonly lists: ListCollector;
  readonly results: ResultStore;
  /** Saves lists as files below the home folder. */
  readonly exports: ListExporter;
  /** Operations as handles, and back. */
  readonly handles: OperationHandles;
  /** The work of calls, which may outlive them. */
  readonly jobs: Jobs<ToolOutcome>;
  /** What Microsoft publishes about Graph; loaded by the first call that asks. */
  readonly graphCatalog: () => Promise<GraphCatalog>;
  /** Loaded by the first call that uses them. */
  readonly linkedServices: ReadableServices;
  /** Absent where no pages are opened. */
  readonly deviceCodes: DeviceCodePages | undefined;
  /** Pages of the HTTP server for people who sign in; absent where there are none. */
  readonly webPages: WebPages | undefined;
  readonly state: SavedState;
  /** What writes keep so that they can be undone. */
  readonly receipts: Receipts;
  /** How agents get a person's yes. */
  readonly asking: Asking;
  /** What waits for a yes. */
  readonly approvals: ApprovalStore;
  /** Seals what goes out with a question and comes back with its answer. */
  readonly questions: Sealer<SealedQuestion>;
  /** Where calls leave their line: behind the answer, and never in its way. */
  readonly audit: AuditTrail;
  /** The store as a whole, for the operator. */
  readonly store: StoreUpkeep;
  /** Whether the storage can be reached, as it was known a moment ago. Waits for nobody: for `/readyz`. */
  storeHealth(): Promise<StoreHealth>;
  readonly secrets: KnownSecrets;
  readonly telemetry: Telemetry;
  /** Most bytes of text in an answer to a call that says how much it wants. */
  readonly maxResultBytes: number;
  /** Queues and remaining budgets; undefined before the first request of the process. */
  limits(): Promise<LimiterSnapshot | undefined>;
  /** Stops what is running and closes files. */
  close(): Promise<void>;
}
