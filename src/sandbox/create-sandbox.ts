import { systemClock } from '../core/base/clock.ts';
import { createIdSource, createSandboxClock } from './base/clock-and-ids.ts';
import { ControlInputError, parseControl } from './base/control-input.ts';
import { exchange, type WireAnswer, type WireRequest } from './base/exchange.ts';
import { createFaultQueue } from './base/faults.ts';
import { inProcessCloud, portCloud } from './base/hosts.ts';
import { createHttpControls } from './base/http-controls.ts';
import { createInProcessClient } from './base/in-process-client.ts';
import type { LoopbackCertificate } from './base/loopback-certificate.ts';
import { type PortServer, startPortServer } from './base/port-server.ts';
import { createRequestLog } from './base/request-log.ts';
import { chooseTenant } from './choose-tenant.ts';
import { createTenant, type SandboxTenant, type SharedParts } from './create-tenant.ts';
import { createDeviceCodes } from './entra/device-code.ts';
import { createTokenSigner } from './entra/token-signer.ts';
import type { Sandbox, SandboxOptions } from './sandbox.ts';
import { companyCredentials, credentialsOf } from './seed/sandbox-credentials.ts';
import { namesOfTenant, tenantOf } from './seed/tenant.ts';

/** Creates independent tenants: two sandboxes share nothing. */
export function createSandbox(options: SandboxOptions = {}): Sandbox {
  const clock = createSandboxClock(
    { ...(options.now === undefined ? {} : { now: options.now }), frozen: options.frozenClock ?? false },
    systemClock,
  );
  const { seed = 1, users = 240, tenants: count = 1 } = options;
  const faults = createFaultQueue();
  const log = createRequestLog();
  const requestIds = createIdSource(seed, 'request');
  const deviceCodes = createDeviceCodes();
  const names = Array.from({ length: count }, (_, index) => tenantOf(index + 1));
  const shared: SharedParts = { tenants: names, clock, signer: createTokenSigner(), deviceCodes, faults };
  // Another seed for each: other people, and other ids.
  const tenants = names.map((tenant, index) => createTenant(tenant, { users, seed: seed + index }, shared));
  const exchangeWith = (request: WireRequest): Promise<WireAnswer> => {
    const { context, serviceOf } = chooseTenant(request, tenants) ?? first(tenants);
    return exchange(request, { context, faults, log, requestIds, serviceOf });
  };
  const servers: PortServer[] = [];

  const sandbox: Sandbox = {
    httpClient: createInProcessClient(exchangeWith),
    cloud: inProcessCloud,
    clock,
    credentials: credentialsOf(first(tenants).context.tenant),
    tenants: names.map((tenant) => ({
      ...tenant,
      credentials: credentialsOf(tenant),
      signIn: companyCredentials(tenant),
    })),
    fault(fault) {
      if (fault.tenant !== undefined) find(tenants, fault.tenant);
      faults.add(fault);
    },
    requests: () => log.all(),
    advance: (seconds) => clock.advance(parseControl('clock', { advance: seconds }).advance),
    placeObject(service, type, object, tenant) {
      find(tenants, tenant).place(service, type, object);
    },
    reset() {
      for (const part of [clock, requestIds, ...tenants]) part.reset();
      for (const part of [faults, log, deviceCodes]) part.clear();
    },
    async listen(port, { tls = false } = {}) {
      const control = createHttpControls(sandbox);
      const certificate = tls ? await makeCertificate() : undefined;
      const server = await startPortServer({
        port,
        control,
        exchange: exchangeWith,
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

function first(tenants: readonly SandboxTenant[]): SandboxTenant {
  const [one] = tenants;
  if (!one) throw new RangeError('A sandbox has at least one tenant.');
  return one;
}

/** By id or domain; the first one if none is named. */
function find(tenants: readonly SandboxTenant[], name: string | undefined): SandboxTenant {
  if (name === undefined) return first(tenants);
  const found = tenants.find(({ context }) => namesOfTenant(context.tenant).includes(name.toLowerCase()));
  if (found) return found;
  const valid = tenants.map(({ context }) => context.tenant.domain).join(', ');
  throw new ControlInputError(`tenant: there is no tenant '${name}'. Valid: ${valid}.`);
}
