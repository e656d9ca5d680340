import { join } from 'node:path';
import type { HttpClient } from '@azure/core-rest-pipeline';
import type { SecretReferences } from '../core/auth/secret-references.ts';
import { type Clock, systemClock } from '../core/base/clock.ts';
import { type Cloud, defaultCloudName, isSandboxCloud } from '../core/base/clouds.ts';
import type { AppError } from '../core/base/errors.ts';
import { type Lazy, lazy, lazyObject } from '../core/base/lazy.ts';
import { createGuard, type Guard, inspectHome } from '../core/base/private-paths.ts';
import { withoutUndefined } from '../core/base/without-undefined.ts';
import type { ConnectionService } from '../core/connections/connection-service.ts';
import { type ConnectionWatch, createConnectionWatch } from '../core/connections/connection-watch.ts';
import type { SecretPrompt } from '../core/connections/secret-prompt.ts';
import { createSeenPlaces } from '../core/connections/seen-places.ts';
import type { DeviceCodePrompt } from '../core/http/token-source.ts';
import type { LicenseNames } from '../core/licensing/license-names.ts';
import type { ReadableServices } from '../core/linked-services/linked-service.ts';
import type { NamedSecrets } from '../core/named-secrets/named-secrets.ts';
import { createAsking } from '../core/policy/asking/agent-authority.ts';
import { questionLifeMs, type SealedQuestion } from '../core/policy/asking/question.ts';
import type { DeclaredConnection } from '../core/record/declared-connection.ts';
import { createSealer } from '../core/secrets/sealed-text.ts';
import { createKnownSecrets, createRedactor, type HideSecret, hideIn } from '../core/secrets/secret.ts';
import type { ExportFolder } from '../core/storage/export-folder.ts';
import type { Storage } from '../core/storage/storage.ts';
import { createLogger } from '../core/telemetry/logger.ts';
import { createOpenTelemetry, type Telemetry } from '../core/telemetry/telemetry.ts';
import type { LimiterRegistry } from '../core/throttle/limiter-registry.ts';
import type { PageHost } from '../pages/page-host.ts';
import { createAuditTrail } from './audit-trail.ts';
import type { Config } from './config/config.ts';
import { createDeviceCodePages } from './device-code-pages.ts';
import type { Network } from './network.ts';
import type { Runtime } from './runtime.ts';
import { createStoredLists } from './stored-lists.ts';
import { createUnfinishedWork } from './unfinished-work.ts';

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
  /** Asks the person for secrets with one-time pages; `announce` tells who sits at this machine what a client cannot show. */
  readonly pages?: { readonly announce: (line: string) => void };
  /** Asks the person for secrets in another way, such as at the terminal. */
  readonly secretPrompt?: SecretPrompt;
  /** Most bytes of text in an answer to a call that says how much it wants. Default: the configuration's. */
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
  const { announce } = options.pages ?? {};
  const pages = lazy(() => loadPages(base));
  const onPageError = (error: unknown) => logger.error('unexpected failure on a page', { error });
  const deviceCodes = announce && createDeviceCodePages({ pages, announce, onError: onPageError });
  const onDeviceCode = options.onDeviceCode ?? deviceCodes?.show;
  // Loaded on first use, each from what stands above it.
  const references = lazy(() => loadReferences(base));
  const storage = lazy(() => openStorage(base, references));
  const namedSecrets =
    options.namedSecrets ?? lazyNamedSecrets(lazy(() => loadNamedSecrets(base, storage, references)));
  const graphCatalog = lazy(loadCatalog).get;
  const network = lazy(() => loadNetwork(base, { storage, references, namedSecrets, onDeviceCode, graphCatalog }));
  const opener = lazyObject<Runtime['opener']>(network.get);
  const linkedServices = lazyObject(lazy(() => loadLinkedServices(base, network)).get);
  const prompt =
    options.secretPrompt ?? (announce && lazyObject(lazy(() => loadPagePrompt(base, announce, pages)).get));
  const service = lazy(() =>
    loadConnectionService(base, {
      storage,
      references,
      namedSecrets,
      network,
      opener,
      linkedServices,
      ...withoutUndefined({ prompt }),
    }),
  );
  const connections = lazyObject<ConnectionService>(service.get);
  const connectionWatch = watchConnections(connections, base);
  const keys = lazyObject(async () => (await storage.get()).keys);
  const audit = createAuditTrail({ open: async () => (await storage.get()).audit, logger, mask: secrets.maskJson });
  const { stop: stopSweeping, ...listing } = createStoredLists({
    storage,
    keys,
    secrets,
    clock,
    logger,
    folder: lazy(() => openExportFolder(base)),
  });
  const work = createUnfinishedWork({ storage, keys, clock, logger });
  const approvals = lazyObject(async () => (await storage.get()).approvals);
  const askingKey = lazy(() => keys.derive('asking')).get;
  return {
    config,
    configurationError: options.configurationError,
    clouds,
    declared,
    clock,
    logger,
    connections,
    connectionWatch,
    places: createSeenPlaces(),
    licenseNames: lazy(loadLicenseNames).get,
    namedSecrets,
    opener,
    ...listing,
    ...work,
    graphCatalog,
    linkedServices,
    deviceCodes,
    asking: createAsking({ key: askingKey, approvals, clock, mask: secrets.mask }),
    approvals,
    questions: createSealer<SealedQuestion>({ key: askingKey, clock, ttlMs: questionLifeMs }),
    audit,
    secrets,
    telemetry,
    maxResultBytes: options.maxResultBytes ?? config.maxResultBytes,
    limits: async () => (await network.peek())?.limiter.snapshot(),
    // What was never loaded needs no end, except for what the caller has passed in.
    async close() {
      stopSweeping();
      connectionWatch.stop();
      try {
        await work.jobs.close();
        await (await pages.peek())?.close();
        await ((await network.peek()) ?? options.limiter)?.close();
      } finally {
        await audit.handedOver();
        await (options.storage ?? (await storage.peek()))?.close();
        await logger.flush();
      }
    },
  };
}

function watchConnections(connections: ConnectionService, { logger }: Base): ConnectionWatch {
  return createConnectionWatch({
    connections,
    // Without sign-in every caller is the person at this machine.
    caller: 'local',
    onError: (error) => logger.warn('connections cannot be watched', { error }),
  });
}

/** What is at hand from the start, and what all other parts share. */
interface Base extends Pick<Runtime, 'clock' | 'clouds' | 'declared' | 'logger' | 'telemetry' | 'secrets'> {
  readonly options: RuntimeOptions;
  readonly userAgent: string;
  /** Hides what callers pass in from answers and from the log. */
  readonly hide: HideSecret;
  /** The same for what a vault, a reference or a person holds: nothing that callers pass in pushes it out. */
  readonly hideKept: HideSecret;
  /** The same for tokens and for what a connection signs in with; the connection is the owner. */
  readonly hideInUse: HideSecret;
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
    hideKept: hideIn(secrets, redactor, 'kept'),
    hideInUse: hideIn(secrets, redactor, 'in_use'),
  };
}

async function openStorage(base: Base, references: Lazy<SecretReferences>): Promise<Storage> {
  const { rememberVault } = await import('../core/storage/remember-vault.ts');
  return rememberVault(base.options.storage ?? (await openOwnStorage(base, references)), base.hideKept);
}

/** The first file that is saved makes it. */
async function openExportFolder(base: Base): Promise<ExportFolder> {
  const { createFileExportFolder } = await import('../core/storage/files/file-export-folder.ts');
  const { home, exports: limits } = base.options.config;
  const guard = homeGuard(base);
  const directory = join(home, 'exports');
  return createFileExportFolder({ directory, limits, guard, checkHome: () => guard(inspectHome(home)) });
}

function homeGuard({ options: { config }, logger }: Base): Guard {
  return createGuard(config.homeCheck, ({ problem, fix }) => logger.warn(problem, { fix }));
}

async function openOwnStorage(base: Base, references: Lazy<SecretReferences>): Promise<Storage> {
  const { openConfiguredStorage } = await import('./open-storage.ts');
  const { options, clock, logger } = base;
  const { config, embedded } = options;
  const vault = embedded ? 'file' : config.vault;
  return openConfiguredStorage({ config, vault, clock, logger, guard: homeGuard(base), references: references.get });
}

async function loadReferences({ options: { config }, logger, hideKept }: Base): Promise<SecretReferences> {
  const { createSecretReferences } = await import('../core/auth/secret-references.ts');
  const { environment, home, secrets: allowed } = config;
  return createSecretReferences({
    environment,
    home,
    allowed,
    onSecret: (secret) => hideKept(secret),
    onRefused: logRefusal(logger),
  });
}

/** The agent does not learn why: the operator does. */
function logRefusal(logger: Base['logger']): (reason: string) => void {
  return (reason) => logger.warn('a secret was refused', { reason });
}

/** Keepers are made at once, whatever has been loaded by then. */
function lazyNamedSecrets({ get }: Lazy<NamedSecrets>): NamedSecrets {
  const { list, set, reveal, remove, resolve, sourceOf } = lazyObject<Omit<NamedSecrets, 'keeperOf'>>(get);
  return {
    ...{ list, set, reveal, remove, resolve, sourceOf },
    keeperOf: (connection) => lazyObject(async () => (await get()).keeperOf(connection)),
  };
}

async function loadNamedSecrets(
  { options: { config }, clock, clouds, logger, hideKept }: Base,
  storage: Lazy<Storage>,
  references: Lazy<SecretReferences>,
): Promise<NamedSecrets> {
  const { createNamedSecrets } = await import('../core/named-secrets/create-named-secrets.ts');
  const { secrets: store, vault, keys } = await storage.get();
  return createNamedSecrets({
    configured: config.secrets.named,
    store,
    vault,
    keys,
    references: await references.get(),
    clock,
    isFreeCloud: (cloud) => isSandboxCloud(clouds.get(cloud)),
    defaultCloud: defaultCloudName(clouds),
    onSecret: (secret) => hideKept(secret),
    onRefused: logRefusal(logger),
  });
}

interface NetworkParts extends Pick<Runtime, 'namedSecrets' | 'graphCatalog'> {
  readonly storage: Lazy<Storage>;
  readonly references: Lazy<SecretReferences>;
  readonly onDeviceCode: RuntimeOptions['onDeviceCode'];
}

async function loadNetwork(
  base: Base,
  { storage, references, namedSecrets, onDeviceCode, graphCatalog }: NetworkParts,
): Promise<Network> {
  const { createNetwork } = await import('./network.ts');
  const { createSecretReader } = await import('../core/auth/secret-reader.ts');
  const { options, clouds, clock, declared, logger, telemetry, userAgent, secrets, hideInUse } = base;
  const { config, embedded, httpClient, limiter } = options;
  const { vault } = await storage.get();
  return createNetwork({
    graphCatalog,
    clouds,
    clock,
    logger,
    telemetry,
    userAgent,
    remember: hideInUse,
    readSecret: createSecretReader({
      vault,
      references: await references.get(),
      declared,
      onSecret: (secret, { id }) => hideInUse(secret, id),
    }),
    environment: config.environment,
    readOnly: config.readOnly,
    policy: config.policy,
    declared,
    namedSecrets,
    knownSecrets: secrets,
    revealSecrets: config.secrets.reveal,
    ...withoutUndefined({ embedded, httpClient, limiter, onDeviceCode }),
  });
}

async function loadCatalog() {
  const { loadGraphCatalog } = await import('../core/apis/graph/catalog/load-catalog.ts');
  return loadGraphCatalog();
}

async function loadLicenseNames(): Promise<LicenseNames> {
  const names = await import('../core/licensing/license-names.ts');
  return names.loadLicenseNames();
}

async function loadLinkedServices(base: Base, network: Lazy<Network>): Promise<ReadableServices> {
  const { createLinkedServices } = await import('../core/linked-services/create-linked-services.ts');
  const { clock, logger, telemetry, userAgent } = base;
  const { limiter, proxyFor } = await network.get();
  return createLinkedServices({ clock, logger, limiter, telemetry, userAgent, random: Math.random, proxyFor });
}

async function loadPages({ clock }: Base): Promise<PageHost> {
  const { createPageHost } = await import('../pages/page-host.ts');
  return createPageHost({ clock });
}

async function loadPagePrompt(
  { clock, clouds, logger, hideKept }: Base,
  announce: (line: string) => void,
  pages: Lazy<PageHost>,
): Promise<SecretPrompt> {
  const { createPagePrompt } = await import('../pages/page-prompt.ts');
  const onError = (error: unknown) => logger.error('unexpected failure on a page', { error });
  return createPagePrompt({
    host: await pages.get(),
    clock,
    clouds,
    hide: (secret) => hideKept(secret),
    announce,
    onError,
  });
}

interface ServiceParts extends Pick<Runtime, 'opener' | 'linkedServices' | 'namedSecrets'> {
  readonly storage: Lazy<Storage>;
  readonly references: Lazy<SecretReferences>;
  readonly network: Lazy<Network>;
  readonly prompt?: SecretPrompt;
}

async function loadConnectionService(base: Base, parts: ServiceParts): Promise<ConnectionService> {
  const { createConnectionService } = await import('../core/connections/create-connection-service.ts');
  const { options, clouds, clock, declared, logger, hide } = base;
  const { storage, references, namedSecrets, network, opener, linkedServices, prompt } = parts;
  const { createFingerprints } = await import('../core/secrets/fingerprints.ts');
  const { records, vault, keys, state, secrets } = await storage.get();
  return createConnectionService({
    policy: options.config.policy,
    state,
    store: records,
    vault,
    fingerprints: createFingerprints({ key: () => keys.derive('fingerprint'), isAtHand: keys.isAtHand }),
    secrets,
    namedSecrets,
    opener,
    linkedServices,
    trial: lazyObject(async () => (await network.get()).trial),
    clouds,
    declared,
    references: await references.get(),
    inlineSecrets: options.config.secrets.inline,
    onSecret: (secret) => hide(secret),
    onRefused: logRefusal(logger),
    ...withoutUndefined({ prompt }),
    clock,
  });
}
