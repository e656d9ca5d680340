import { createArmService } from './arm/arm-service.ts';
import type { ArmStore } from './arm/arm-store.ts';
import { createArmStore } from './arm/create-arm-store.ts';
import { identityTrusts } from './arm/identity-directory.ts';
import { createIdSource, type SandboxClock } from './base/clock-and-ids.ts';
import { createEntityStore } from './base/create-entity-store.ts';
import { createDirectoryPlacement } from './base/directory-placement.ts';
import type { FaultQueue } from './base/faults.ts';
import { addressBeside } from './base/hosts.ts';
import type { SandboxContext, SandboxService, ServiceName } from './base/service.ts';
import { createTokenSealer } from './base/token-sealer.ts';
import { createBlobService } from './data-plane/blob-service.ts';
import { createSearchService } from './data-plane/search-service.ts';
import { createServiceBusService } from './data-plane/servicebus-service.ts';
import { createDevOpsStore } from './devops/create-devops-store.ts';
import { createDevOpsService } from './devops/devops-service.ts';
import type { DevOpsStore } from './devops/devops-store.ts';
import { vstokenKeys } from './devops/endpoints/federation.ts';
import type { DeviceCodes } from './entra/device-code.ts';
import { createLoginService } from './entra/login-service.ts';
import { fetchLoopbackJson } from './entra/loopback-fetch.ts';
import { createTokenSigner, type TokenSigner } from './entra/token-signer.ts';
import { createDriveLibrary } from './graph/drive/drive-library.ts';
import { createGraphParts } from './graph/graph-parts.ts';
import { createGraphService } from './graph/graph-service.ts';
import { createSeed } from './seed/create-seed.ts';
import { localizeSeed } from './seed/localize.ts';
import type { Tenant } from './seed/tenant.ts';
import { createMonitorService, createUploadService } from './upload/pre-authenticated-services.ts';

/** What the tenants of a sandbox share. */
export interface SharedParts {
  readonly tenants: readonly Tenant[];
  readonly clock: SandboxClock;
  /** The keys of the login service, which are the same for all tenants. */
  readonly signer: TokenSigner;
  readonly deviceCodes: DeviceCodes;
  readonly faults: FaultQueue;
}

interface TenantOptions {
  readonly users: number;
  readonly seed: number;
}

/** One tenant with its stores and its services: their limits count for it alone. */
export interface SandboxTenant {
  readonly context: SandboxContext;
  readonly arm: ArmStore;
  readonly devops: DevOpsStore;
  serviceOf(name: ServiceName): SandboxService | undefined;
  place(service: 'graph' | 'arm' | 'devops', type: string, object: Readonly<Record<string, unknown>>): void;
  reset(): void;
}

export function createTenant(tenant: Tenant, { users, seed }: TenantOptions, shared: SharedParts): SandboxTenant {
  const { clock } = shared;
  const seeded = localizeSeed(createSeed({ users, seed, now: clock.now(), clock }), tenant);
  const store = createEntityStore({ seed: seeded, clock });
  const arm = createArmStore({ directory: store, clock, tenant });
  const objectIds = createIdSource(seed, 'object');
  const devops = createDevOpsStore({ directory: store, arm, clock, newId: objectIds.next });
  const devopsSigner = createTokenSigner();
  const directory = createDirectoryPlacement(store, objectIds.next);
  const sealer = createTokenSealer();
  const context: SandboxContext = {
    tenant,
    tenants: shared.tenants,
    store,
    clock,
    newId: objectIds.next,
    addressOf: (request, service) => addressBeside(request.base, service),
    seal: sealer.seal,
    open: sealer.open,
    signer: shared.signer,
    placed: directory.settings,
  };
  const faults: FaultQueue = {
    ...shared.faults,
    take: (request) => shared.faults.take({ ...request, tenant }),
  };
  const createServices = () => {
    const drives = createDriveLibrary();
    const login = createLoginService({
      fetchJson: fetchLoopbackJson,
      deviceCodes: shared.deviceCodes,
      keySources: [vstokenKeys(devops, devopsSigner)],
      identityCredentials: (clientId) => identityTrusts(arm.resources(), clientId),
    });
    const armService = createArmService(arm);
    return serviceMap([
      login,
      createGraphService({ ...createGraphParts(drives), faults }),
      createUploadService(drives),
      createMonitorService(drives),
      armService,
      createDevOpsService({ store: devops, arm, login, armService, signer: devopsSigner }),
      createBlobService({ arm }),
      createServiceBusService({ arm }),
      createSearchService({ arm }),
    ]);
  };
  let services = createServices();
  return {
    context,
    arm,
    devops,
    serviceOf(name) {
      devops.prepare();
      return services.get(name);
    },
    place(service, type, object) {
      const places = { graph: directory, arm, devops };
      places[service].place(type, object);
    },
    reset() {
      for (const part of [store, arm, objectIds, devops]) part.reset();
      directory.clear();
      services = createServices();
    },
  };
}

function serviceMap(services: readonly SandboxService[]): ReadonlyMap<ServiceName, SandboxService> {
  return new Map(services.map((service) => [service.name, service]));
}
