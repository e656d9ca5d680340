import type { HttpClient } from '@azure/core-rest-pipeline';
import type { SecretReferences } from '../core/auth/secret-reader.ts';
import { type Clock, systemClock } from '../core/base/clock.ts';
import type { Cloud } from '../core/base/clouds.ts';
import type { AppError } from '../core/base/errors.ts';
import { type Lazy, lazy, lazyObject } from '../core/base/lazy.ts';
import { withoutUndefined } from '../core/base/without-undefined.ts';
import type { ConnectionService } from '../core/connections/connection-service.ts';
import type { DeviceCodePrompt } from '../core/http/token-source.ts';
import type { LinkedServices } from '../core/linked-services/linked-service.ts';
import type { NamedSecrets } from '../core/named-secrets/named-secrets.ts';
import { createOperationHandles } from '../core/operations/operation.ts';
import type { DeclaredConnection } from '../core/record/declared-connection.ts';
import { createListCollector } from '../core/results/create-list-collector.ts';
import { createCursorCodec } from '../core/results/cursor-codec.ts';
import { createKnownSecrets, createRedactor, hideIn, type Secret } from '../core/secrets/secret.ts';
import { maskResults } from '../core/storage/mask-results.ts';
import type { Storage } from '../core/storage/storage.ts';
import { createLogger } from '../core/telemetry/logger.ts';
import { createOpenTelemetry, type Telemetry } from '../core/telemetry/telemetry.ts';
import type { LimiterRegistry } from '../core/throttle/limiter-registry.ts';
import { createAuditTrail } from './audit-trail.ts';
import type { Config } from './config/config.ts';
import type { Network } from './network.ts';
import type { Runtime } from './runtime.ts';

/** A tenant that lives in this process: its hosts, its clock, and a ready connection to it. */
export interface EmbeddedTenant {
  readonly httpClient: HttpClient;
  readonly cloud: Cloud;
  readonly clock: Clock;
  readonly connection: DeclaredConnection;
}

export interface RuntimeOptions {
  readonly config: Config;
  /** What is wrong with the configuration; every tool answers it. */
  readonly configurationError?: AppError;
  /** Version of the package, for telemetry and the user agent. */
  readonly version: string;
  /** Whether callers may pass secrets literally, if the configuration allows it. Default true; HTTP passes false. */
  readonly inlineSecrets?: boolean;
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
  readonly onDeviceCode?: (prompt: DeviceCodePrompt) => void;
  /** Most bytes of text in one answer. Default: the configuration's. */
  readonly maxResultBytes?: number;
}

/**
 * The composition root: the one place that puts the parts together. Whatever costs time, memory, a file or a socket is
 * loaded by the first call that needs it, so that starting a server does none of it.
 */
export function createRuntime(options: RuntimeOptions): Runtime {
  const base = createBase(options);
  const { config } = options;
  const { clock, clouds, declared, logger, telemetry, secrets } = base;
  // Loaded on first use, each from what stands above it.
  const storage = lazy(() => openStorage(base));
  const references = lazy(() => loadReferences(base));
  const network = lazy(() => loadNetwork(base, storage, references));
  const opener = lazyObject<Runtime['opener']>(network.get);
  const linkedServices = lazyObject(lazy(() => loadLinkedServices(base, network)).get);
  const service = lazy(() => loadConnectionService(base, { storage, references, network, opener, linkedServices }));
  const keys = lazyObject(async () => (await storage.get()).keys);
  const results = maskResults(
    lazyObject(async () => (await storage.get()).results),
    { mask: secrets.maskJson, holdsSecret: secrets.isIn },
  );
  const audit = createAuditTrail({ open: async () => (await storage.get()).audit, logger });
  const cursors = createCursorCodec({ key: lazy(() => keys.derive('cursor')).get, clock });
  const maxResultBytes = options.maxResultBytes ?? config.maxResultBytes;
  return {
    config,
    configurationError: options.configurationError,
    clouds,
    declared,
    clock,
    logger,
    connections: lazyObject(service.get),
    opener,
    lists: createListCollector({ store: results, cursors, clock, maxResultBytes }),
    results,
    handles: createOperationHandles({ key: lazy(() => keys.derive('operation')).get, clock }),
    linkedServices,
    state: lazyObject(async () => (await storage.get()).state),
    audit,
    secrets,
    telemetry,
    maxResultBytes,
    limits: async () => (await network.peek())?.limiter.snapshot(),
    // What was never loaded needs no end, except for what the caller has passed in.
    async close() {
      try {
        await ((await network.peek()) ?? options.limiter)?.close();
      } finally {
        await audit.settled();
        await (options.storage ?? (await storage.peek()))?.close();
        await logger.flush();
      }
    },
  };
}

/** What is at hand from the start, and what all other parts share. */
interface Base extends Pick<Runtime, 'clock' | 'clouds' | 'declared' | 'logger' | 'telemetry' | 'secrets'> {
  readonly options: RuntimeOptions;
  readonly userAgent: string;
  /** Hides a value from answers and from the log. */
  readonly hide: (secret: Secret | string) => void;
  /** The same for tokens and for what connections sign in with: nothing that callers pass in pushes these out. */
  readonly hideInUse: (secret: Secret | string) => void;
}

function createBase(options: RuntimeOptions): Base {
  const { config, embedded, version } = options;
  const secrets = createKnownSecrets();
  const redactor = createRedactor();
  return {
    options,
    clock: options.clock ?? embedded?.clock ?? systemClock,
    clouds: embedded ? new Map([...config.clouds, [embedded.cloud.name, embedded.cloud]]) : config.clouds,
    // The name of the sandbox must not lead to anything else.
    declared: embedded
      ? [embedded.connection, ...config.connections.filter(({ name }) => name !== embedded.connection.name)]
      : config.connections,
    logger: createLogger({ level: config.logLevel, redactor }),
    telemetry: options.telemetry ?? createOpenTelemetry(version),
    userAgent: `tenantry/${version}`,
    secrets,
    hide: hideIn(secrets, redactor, 'passed'),
    hideInUse: hideIn(secrets, redactor, 'in_use'),
  };
}

async function openStorage({ options: { storage, config, embedded }, clock }: Base): Promise<Storage> {
  if (storage) return storage;
  const { openLocalStorage } = await import('../core/storage/open-local-storage.ts');
  return openLocalStorage({ home: config.home, vault: embedded ? 'file' : config.vault, clock });
}

async function loadReferences({ options: { config }, hide }: Base): Promise<SecretReferences> {
  const { createSecretReferences } = await import('../core/auth/secret-reader.ts');
  return createSecretReferences({ environment: config.environment, home: config.home, onSecret: hide });
}

async function loadNetwork(base: Base, storage: Lazy<Storage>, references: Lazy<SecretReferences>): Promise<Network> {
  const { createNetwork } = await import('./network.ts');
  const { createSecretReader } = await import('../core/auth/secret-reader.ts');
  const { options, clouds, clock, declared, logger, telemetry, userAgent, hideInUse } = base;
  const { config, embedded, httpClient, limiter, onDeviceCode, namedSecrets } = options;
  const { vault } = await storage.get();
  return createNetwork({
    clouds,
    clock,
    logger,
    telemetry,
    userAgent,
    remember: hideInUse,
    readSecret: createSecretReader({ vault, references: await references.get(), declared, onSecret: hideInUse }),
    environment: config.environment,
    readOnly: config.readOnly,
    revealSecrets: config.secrets.reveal,
    ...withoutUndefined({ embedded, httpClient, limiter, onDeviceCode, namedSecrets }),
  });
}

async function loadLinkedServices(base: Base, network: Lazy<Network>): Promise<LinkedServices> {
  const { createLinkedServices } = await import('../core/linked-services/create-linked-services.ts');
  const { clock, logger, telemetry, userAgent } = base;
  const { limiter } = await network.get();
  return createLinkedServices({ clock, logger, limiter, telemetry, userAgent, random: Math.random });
}

interface ServiceParts extends Pick<Runtime, 'opener' | 'linkedServices'> {
  readonly storage: Lazy<Storage>;
  readonly references: Lazy<SecretReferences>;
  readonly network: Lazy<Network>;
}

async function loadConnectionService(base: Base, parts: ServiceParts): Promise<ConnectionService> {
  const { createConnectionService } = await import('../core/connections/create-connection-service.ts');
  const { options, clouds, clock, declared, hide } = base;
  const { storage, references, network, opener, linkedServices } = parts;
  const { records, vault } = await storage.get();
  return createConnectionService({
    store: records,
    vault,
    opener,
    linkedServices,
    trial: lazyObject(async () => (await network.get()).trial),
    clouds,
    declared,
    references: await references.get(),
    inlineSecrets: options.config.secrets.inline && options.inlineSecrets !== false,
    onSecret: hide,
    clock,
  });
}
