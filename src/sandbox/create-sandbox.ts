import { systemClock } from '../core/base/clock.ts';
import { createArmService } from './arm/arm-service.ts';
import { createArmStore } from './arm/create-arm-store.ts';
import { identityTrusts } from './arm/identity-directory.ts';
import { createIdSource, createSandboxClock } from './base/clock-and-ids.ts';
import { parseControl } from './base/control-input.ts';
import { createEntityStore } from './base/create-entity-store.ts';
import { createDirectoryPlacement } from './base/directory-placement.ts';
import { type ExchangeParts, exchange } from './base/exchange.ts';
import { createFaultQueue } from './base/faults.ts';
import { addressBeside, inProcessCloud, portCloud } from './base/hosts.ts';
import { createHttpControls } from './base/http-controls.ts';
import { createInProcessClient } from './base/in-process-client.ts';
import type { LoopbackCertificate } from './base/loopback-certificate.ts';
import { type PortServer, startPortServer } from './base/port-server.ts';
import { createRequestLog } from './base/request-log.ts';
import type { SandboxContext, SandboxService, ServiceName } from './base/service.ts';
import { createTokenSealer } from './base/token-sealer.ts';
import { createBlobService } from './data-plane/blob-service.ts';
import { createSearchService } from './data-plane/search-service.ts';
import { createServiceBusService } from './data-plane/servicebus-service.ts';
import { createDevOpsStore } from './devops/create-devops-store.ts';
import { createDevOpsService } from './devops/devops-service.ts';
import { vstokenKeys } from './devops/endpoints/federation.ts';
import { createLoginService } from './entra/login-service.ts';
import { fetchLoopbackJson } from './entra/loopback-fetch.ts';
import { createTokenSigner } from './entra/token-signer.ts';
import { createDriveLibrary } from './graph/drive/drive-library.ts';
import { createGraphParts } from './graph/graph-parts.ts';
import { createGraphService } from './graph/graph-service.ts';
import type { Sandbox, SandboxOptions } from './sandbox.ts';
import { createSeed } from './seed/create-seed.ts';
import { sandboxCredentials } from './seed/sandbox-credentials.ts';
import { createMonitorService, createUploadService } from './upload/pre-authenticated-services.ts';

/** Creates an independent tenant: two sandboxes share nothing. */
export function createSandbox(options: SandboxOptions = {}): Sandbox {
  const clock = createSandboxClock(
    { ...(options.now === undefined ? {} : { now: options.now }), frozen: options.frozenClock ?? false },
    systemClock,
  );
  const seed = options.seed ?? 1;
  const store = createEntityStore({
    seed: createSeed({ users: options.users ?? 240, seed, now: clock.now(), clock }),
    clock,
  });
  const arm = createArmStore({ directory: store, clock });
  const objectIds = createIdSource(seed, 'object');
  const requestIds = createIdSource(seed, 'request');
  const devops = createDevOpsStore({ directory: store, arm, clock, newId: objectIds.next });
  const devopsSigner = createTokenSigner();
  const directory = createDirectoryPlacement(store, objectIds.next);
  const faults = createFaultQueue();
  const log = createRequestLog();
  const sealer = createTokenSealer();
  const context: SandboxContext = {
    store,
    clock,
    newId: objectIds.next,
    addressOf: (request, service) => addressBeside(request.base, service),
    seal: sealer.seal,
    open: sealer.open,
    signer: createTokenSigner(),
    placed: directory.settings,
  };
  const createServices = () => {
    const drives = createDriveLibrary();
    const login = createLoginService({
      fetchJson: fetchLoopbackJson,
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
  const serviceOf = (name: ServiceName) => {
    devops.prepare();
    return services.get(name);
  };
  const parts: ExchangeParts = { context, faults, log, requestIds, serviceOf };
  const servers: PortServer[] = [];

  const sandbox: Sandbox = {
    httpClient: createInProcessClient((request) => exchange(request, parts)),
    cloud: inProcessCloud,
    clock,
    credentials: sandboxCredentials,
    fault: (fault) => faults.add(fault),
    requests: () => log.all(),
    advance: (seconds) => clock.advance(parseControl('clock', { advance: seconds }).advance),
    placeObject(service, type, object) {
      if (service === 'arm') {
        arm.place(type, object);
      } else if (service === 'devops') {
        devops.place(type, object);
      } else {
        directory.place(type, object);
      }
    },
    reset() {
      for (const part of [store, arm, clock, objectIds, requestIds, devops]) part.reset();
      for (const part of [directory, faults, log]) part.clear();
      services = createServices();
    },
    async listen(port, { tls = false } = {}) {
      const control = createHttpControls(sandbox);
      const certificate = tls ? await makeCertificate() : undefined;
      const server = await startPortServer({
        port,
        control,
        exchange: (request) => exchange(request, parts),
        ...(certificate && { tls: certificate }),
      });
      servers.push(server);
      const place = { url: server.origin, cloud: portCloud(server.origin) };
      return certificate ? { ...place, authority: certificate.authority } : place;
    },
    async close() {
      await Promise.all(servers.splice(0).map((server) => server.close()));
    },
  };
  return sandbox;
}

/** Its clients compare it with the system's time, not with the sandbox's. */
async function makeCertificate(): Promise<LoopbackCertificate> {
  const { createLoopbackCertificate } = await import('./base/loopback-certificate.ts');
  return createLoopbackCertificate(systemClock.now());
}

function serviceMap(services: readonly SandboxService[]): ReadonlyMap<ServiceName, SandboxService> {
  return new Map(services.map((service) => [service.name, service]));
}
