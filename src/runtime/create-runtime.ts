import { lazy, lazyObject } from '../core/base/lazy.ts';
import { withoutUndefined } from '../core/base/without-undefined.ts';
import type { ConnectionService } from '../core/connections/connection-service.ts';
import { type ConnectionWatches, createConnectionWatches } from '../core/connections/connection-watches.ts';
import { createSeenPlaces } from '../core/connections/seen-places.ts';
import type { NamedSecrets } from '../core/named-secrets/named-secrets.ts';
import { createAsking } from '../core/policy/asking/agent-authority.ts';
import { questionLifeMs, type SealedQuestion } from '../core/policy/asking/question.ts';
import { createSealer } from '../core/secrets/sealed-text.ts';
import { createAuditTrail } from './audit-trail.ts';
import { createDeviceCodePages } from './device-code-pages.ts';
import {
  lazyNamedSecrets,
  loadCatalog,
  loadConnectionService,
  loadLicenseNames,
  loadLinkedServices,
  loadNamedSecrets,
  loadNetwork,
  loadPages,
  loadReferences,
  openExportFolder,
  openStorage,
} from './load-parts.ts';
import { choosePrompt } from './person-places.ts';
import type { Runtime } from './runtime.ts';
import { type Base, createBase } from './runtime-base.ts';
import type { RuntimeOptions } from './runtime-options.ts';
import { createStoredLists } from './stored-lists.ts';
import { createUnfinishedWork } from './unfinished-work.ts';
import { signedInPeople } from './web-pages.ts';

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
  // Loaded on first use, each from what stands above it.
  const references = lazy(() => loadReferences(base));
  const storage = lazy(() => openStorage(base, references));
  const people = signedInPeople(base, storage);
  const deviceCodes = announce && createDeviceCodePages({ pages, announce, logger });
  const onDeviceCode = options.onDeviceCode ?? deviceCodes?.show;
  const namedSecrets: NamedSecrets =
    options.namedSecrets ?? lazyNamedSecrets(lazy(() => loadNamedSecrets(base, storage, references, connections)));
  const graphCatalog = lazy(loadCatalog).get;
  const network = lazy(() => loadNetwork(base, { storage, references, namedSecrets, onDeviceCode, graphCatalog }));
  const opener = lazyObject<Runtime['opener']>(network.get);
  const linkedServices = lazyObject(lazy(() => loadLinkedServices(base, network)).get);
  const prompt = choosePrompt(base, { announce, pages, people });
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
  const askingKey = () => keys.derive('asking');
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
    webPages: people?.pages?.serve({ connections, namedSecrets, approvals, audit, references, network }),
    asking: createAsking(withoutUndefined({ key: askingKey, approvals, clock, mask: secrets.mask, way: people?.way })),
    approvals,
    questions: createSealer<SealedQuestion>({ key: askingKey, clock, ttlMs: questionLifeMs }),
    audit,
    store: lazyObject(async () => (await import('./store-upkeep.ts')).createStoreUpkeep(storage)),
    // What is on this machine is there.
    storeHealth: async () => (await storage.get()).health?.() ?? { isReady: true },
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

function watchConnections(connections: ConnectionService, { logger, clock }: Base): ConnectionWatches {
  return createConnectionWatches({
    connections,
    clock,
    onError: (error) => logger.warn('connections cannot be watched', { error }),
  });
}
