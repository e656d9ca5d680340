import { join } from 'node:path';
import type { SecretReferences } from '../core/auth/secret-references.ts';
import { defaultCloudName, isSandboxCloud } from '../core/base/clouds.ts';
import { type Lazy, lazyObject } from '../core/base/lazy.ts';
import { createGuard, type Guard, inspectHome } from '../core/base/private-paths.ts';
import { withoutUndefined } from '../core/base/without-undefined.ts';
import type { ConnectionService } from '../core/connections/connection-service.ts';
import { mayUseAll } from '../core/connections/may-use.ts';
import type { SecretPrompt } from '../core/connections/secret-prompt.ts';
import type { LicenseNames } from '../core/licensing/license-names.ts';
import type { ReadableServices } from '../core/linked-services/linked-service.ts';
import type { NamedSecrets } from '../core/named-secrets/named-secrets.ts';
import type { ExportFolder } from '../core/storage/export-folder.ts';
import type { Storage } from '../core/storage/storage.ts';
import type { PageHost } from '../pages/page-host.ts';
import type { Network } from './network.ts';
import type { Runtime } from './runtime.ts';
import type { Base } from './runtime-base.ts';
import type { RuntimeOptions } from './runtime-options.ts';

// How each part is loaded, by the first call that needs it.

export async function openStorage(base: Base, references: Lazy<SecretReferences>): Promise<Storage> {
  const { rememberVault } = await import('../core/storage/remember-vault.ts');
  return rememberVault(base.options.storage ?? (await openOwnStorage(base, references)), base.hideKept);
}

/** The first file that is saved makes it. */
export async function openExportFolder(base: Base): Promise<ExportFolder> {
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

export async function loadReferences({ options: { config }, logger, hideKept }: Base): Promise<SecretReferences> {
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
export function lazyNamedSecrets({ get }: Lazy<NamedSecrets>): NamedSecrets {
  const { list, set, reveal, remove, resolve, sourceOf } = lazyObject<Omit<NamedSecrets, 'keeperOf'>>(get);
  return {
    ...{ list, set, reveal, remove, resolve, sourceOf },
    keeperOf: (connection) => lazyObject(async () => (await get()).keeperOf(connection)),
  };
}

export async function loadNamedSecrets(
  { options: { config }, clock, clouds, logger, hideKept }: Base,
  storage: Lazy<Storage>,
  references: Lazy<SecretReferences>,
  connections: Pick<ConnectionService, 'list'>,
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
    mayUse: (id, caller) => mayUseAll([id], caller, connections),
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

export async function loadNetwork(
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

export async function loadCatalog() {
  const { loadGraphCatalog } = await import('../core/apis/graph/catalog/load-catalog.ts');
  return loadGraphCatalog();
}

export async function loadLicenseNames(): Promise<LicenseNames> {
  const names = await import('../core/licensing/license-names.ts');
  return names.loadLicenseNames();
}

export async function loadLinkedServices(base: Base, network: Lazy<Network>): Promise<ReadableServices> {
  const { createLinkedServices } = await import('../core/linked-services/create-linked-services.ts');
  const { clock, logger, telemetry, userAgent } = base;
  const { limiter, proxyFor } = await network.get();
  return createLinkedServices({ clock, logger, limiter, telemetry, userAgent, random: Math.random, proxyFor });
}

export async function loadPages({ clock }: Base): Promise<PageHost> {
  const { createPageHost } = await import('../pages/page-host.ts');
  return createPageHost({ clock });
}

export async function loadPagePrompt(
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

export async function loadConnectionService(base: Base, parts: ServiceParts): Promise<ConnectionService> {
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
