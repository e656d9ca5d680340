import type { HttpClient } from '@azure/core-rest-pipeline';
import type { SecretReferences } from '../core/auth/secret-reader.ts';
import { type Clock, systemClock } from '../core/base/clock.ts';
import type { Cloud } from '../core/base/clouds.ts';
import type { AppError } from '../core/base/errors.ts';
import { type Lazy, lazy, lazyObject } from '../core/base/lazy.ts';
import { withoutUndefined } from '../core/base/without-undefined.ts';
import type { DeviceCodePrompt } from '../core/http/token-source.ts';
import type { LinkedServices } from '../core/linked-services/linked-service.ts';
import { createOperationHandles } from '../core/operations/operation.ts';
import type { DeclaredConnection } from '../core/record/declared-connection.ts';
import { createListCollector } from '../core/results/create-list-collector.ts';
import { createCursorCodec } from '../core/results/cursor-codec.ts';
import { createKnownSecrets, createRedactor, type KnownSecrets, type Secret } from '../core/secrets/secret.ts';
import { maskResults } from '../core/storage/mask-results.ts';
import type { Storage } from '../core/storage/storage.ts';
import { createLogger, type Logger } from '../core/telemetry/logger.ts';
import { createOpenTelemetry, type Telemetry } from '../core/telemetry/telemetry.ts';
import type { LimiterRegistry } from '../core/throttle/limiter-registry.ts';
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
  readonly clock?: Clock;
  readonly telemetry?: Telemetry;
  readonly onDeviceCode?: (prompt: DeviceCodePrompt) => void;
  /** Most bytes of text in one answer. Default: the configuration's. */
  readonly maxResultBytes?: number;
}

/** What the parts share. */
interface Parts {
  readonly options: RuntimeOptions;
  readonly clock: Clock;
  readonly clouds: ReadonlyMap<string, Cloud>;
  readonly declared: readonly DeclaredConnection[];
  readonly logger: Logger;
  readonly telemetry: Telemetry;
  readonly secrets: KnownSecrets;
  /** Tells answers and logs of a value that neither may show. */
  readonly remember: (secret: Secret | string) => void;
}

/**
 * The composition root: the one place that puts the parts together. Whatever costs time, memory, a file or a socket is
 * loaded by the first call that needs it, so that starting a server does none of it.
 */
export function createRuntime(options: RuntimeOptions): Runtime {
  const parts = createParts(options);
  const { config } = options;
  const { clock, secrets } = parts;
  const storage = lazy(async () => {
    if (options.storage) return options.storage;
    const { openLocalStorage } = await import('../core/storage/open-local-storage.ts');
    return openLocalStorage({ home: config.home, vault: options.embedded ? 'file' : config.vault, clock });
  });
  const references = lazy(() => createReferences(parts));
  const network = lazy(() => loadNetwork(parts, storage, references));
  const opener = lazyObject<Runtime['opener']>(network.get);
  const linkedServices = lazyObject(lazy(() => loadLinkedServices(parts, network)).get);
  const service = lazy(async () => {
    const { createConnectionService } = await import('../core/connections/create-connection-service.ts');
    const { records, vault } = await storage.get();
    return createConnectionService({
      store: records,
      vault,
      opener,
      linkedServices,
      trial: lazyObject(async () => (await network.get()).trial),
      clouds: parts.clouds,
      declared: parts.declared,
      references: await references.get(),
      inlineSecrets: config.secrets.inline && options.inlineSecrets !== false,
      onSecret: parts.remember,
      clock,
    });
  });
  const results = maskResults(
    lazyObject(async () => (await storage.get()).results),
    { mask: secrets.maskJson, holdsSecret: secrets.isIn },
  );
  const keys = lazyObject(async () => (await storage.get()).keys);
  const maxResultBytes = options.maxResultBytes ?? config.maxResultBytes;
  const cursorKey = lazy(() => keys.derive('cursor'));
  const operationKey = lazy(() => keys.derive('operation'));
  return {
    config,
    configurationError: options.configurationError,
    clouds: parts.clouds,
    declared: parts.declared,
    clock,
    logger: parts.logger,
    connections: lazyObject(service.get),
    opener,
    lists: createListCollector({
      store: results,
      cursors: createCursorCodec({ key: cursorKey.get, clock }),
      clock,
      maxResultBytes,
    }),
    results,
    handles: createOperationHandles({ key: operationKey.get, clock }),
    linkedServices,
    state: lazyObject(async () => (await storage.get()).state),
    secrets,
    telemetry: parts.telemetry,
    maxResultBytes,
    limits: async () => (await network.peek())?.limiter.snapshot(),
    async close() {
      await ((await network.peek()) ?? options.limiter)?.close();
      await (options.storage ?? (await storage.peek()))?.close();
      await parts.logger.flush();
    },
  };
}

function createParts(options: RuntimeOptions): Parts {
  const { config, embedded } = options;
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
    telemetry: options.telemetry ?? createOpenTelemetry(options.version),
    secrets,
    remember(secret) {
      secrets.add(secret);
      redactor.register(typeof secret === 'string' ? secret : secret.reveal());
    },
  };
}

async function createReferences({ options: { config }, remember }: Parts): Promise<SecretReferences> {
  const { createSecretReferences } = await import('../core/auth/secret-reader.ts');
  const references = createSecretReferences({ environment: config.environment, home: config.home });
  return {
    ...references,
    async resolve(source) {
      const secret = await references.resolve(source);
      remember(secret);
      return secret;
    },
  };
}

async function loadLinkedServices(parts: Parts, network: Lazy<Network>): Promise<LinkedServices> {
  const { createLinkedServices } = await import('../core/linked-services/create-linked-services.ts');
  const { options, clock, logger, telemetry } = parts;
  const { limiter } = await network.get();
  return createLinkedServices({
    clock,
    logger,
    limiter,
    telemetry,
    userAgent: userAgentOf(options),
    random: Math.random,
  });
}

function userAgentOf({ version }: RuntimeOptions): string {
  return `tenantry/${version}`;
}

async function loadNetwork(parts: Parts, storage: Lazy<Storage>, references: Lazy<SecretReferences>): Promise<Network> {
  const { createNetwork } = await import('./network.ts');
  const { createSecretReader } = await import('../core/auth/secret-reader.ts');
  const { options, clock, clouds, declared, logger, telemetry, remember } = parts;
  const { embedded, httpClient, limiter, onDeviceCode } = options;
  const { vault } = await storage.get();
  return createNetwork({
    clouds,
    clock,
    logger,
    telemetry,
    remember,
    readSecret: createSecretReader({ vault, references: await references.get(), declared, onSecret: remember }),
    environment: options.config.environment,
    readOnly: options.config.readOnly,
    userAgent: userAgentOf(options),
    ...withoutUndefined({ embedded, httpClient, limiter, onDeviceCode }),
  });
}
