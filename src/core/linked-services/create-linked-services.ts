import type { ApiConnection } from '../apis/api-connection.ts';
import { readClaims } from '../auth/token-claims.ts';
import type { CallContext } from '../base/call-context.ts';
import { dataPlaneAudience } from '../base/clouds.ts';
import { AppError, cancelled } from '../base/errors.ts';
import { quoted } from '../base/plain-text.ts';
import { withoutUndefined } from '../base/without-undefined.ts';
import type { ProxyFor } from '../http/proxy.ts';
import { noTelemetry, type Telemetry } from '../telemetry/telemetry.ts';
import { createDataPlaneClient, type DataPlaneClientOptions } from './data-plane-client.ts';
import { discoverServices } from './discover-services.ts';
import { belongsToCloud } from './endpoint.ts';
import {
  fail,
  type LinkedService,
  type LinkedServiceKind,
  type ProbedService,
  type ProbeStage,
  pass,
  type ReadableServices,
  skip,
} from './linked-service.ts';
import { azureSearchProbe } from './probes/azure-search.ts';
import { blobProbe } from './probes/blob.ts';
import { cosmosGremlinProbe } from './probes/cosmos-gremlin.ts';
import { postgresqlProbe } from './probes/postgresql.ts';
import { servicebusProbe } from './probes/servicebus.ts';
import { serviceKinds } from './service-kinds.ts';
import type { Principal, ServiceProbe } from './service-probe.ts';

export interface LinkedServicesOptions extends Omit<DataPlaneClientOptions, 'telemetry' | 'userAgent' | 'random'> {
  readonly telemetry?: Telemetry;
  /** Default `tenantry`. */
  readonly userAgent?: string;
  /** Between 0 and 1. */
  readonly random?: () => number;
  /** Default: no proxy. */
  readonly proxyFor?: ProxyFor;
  /** Probes that run at the same time; further ones wait. Default 4. */
  readonly maxConcurrentProbes?: number;
  /** Longest time of one probe. Default 30 s. */
  readonly probeTimeoutMs?: number;
}

const probes: Readonly<Record<LinkedServiceKind, ServiceProbe>> = {
  blob: blobProbe,
  servicebus: servicebusProbe,
  postgresql: postgresqlProbe,
  'cosmos-gremlin': cosmosGremlinProbe,
  'azure-search': azureSearchProbe,
};

/** Finds and probes the services that connections are linked to. One for the process. */
export function createLinkedServices(options: LinkedServicesOptions): ReadableServices {
  const { probeTimeoutMs = 30_000, proxyFor = () => undefined } = options;
  const atMost = createAtMost(options.maxConcurrentProbes ?? 4);
  const clientOptions: DataPlaneClientOptions = {
    clock: options.clock,
    logger: options.logger,
    limiter: options.limiter,
    telemetry: options.telemetry ?? noTelemetry,
    userAgent: options.userAgent ?? 'tenantry',
    random: options.random ?? Math.random,
  };

  async function probe(connection: ApiConnection, service: LinkedService, call: CallContext): Promise<ProbedService> {
    const timeout = AbortSignal.timeout(probeTimeoutMs);
    const bounded: CallContext = {
      ...call,
      signal: AbortSignal.any([call.signal, timeout]),
      deadlineAt: Math.min(call.deadlineAt, options.clock.now() + probeTimeoutMs),
    };
    const stages: ProbeStage[] = [];
    try {
      await runStages(connection, service, bounded, stages, { ...clientOptions, proxyFor });
    } catch (error) {
      if (call.signal.aborted || !timeout.aborted) throw error;
      stages.push(timedOut(stages, service, probeTimeoutMs));
    }
    return {
      ...service,
      usable: stages.some(({ stage, status }) => stage === 'authorize' && status === 'pass'),
      stages: withSkipped(stages),
    };
  }

  return {
    discover: discoverServices,
    probe: (connection, service, call) => atMost(() => probe(connection, service, call), call.signal),
    open: async (connection, service, call) =>
      checkEndpoint(service, connection) === undefined
        ? createDataPlaneClient(connection, service, call, clientOptions)
        : undefined,
  };
}

async function runStages(
  connection: ApiConnection,
  service: LinkedService,
  call: CallContext,
  stages: ProbeStage[],
  options: DataPlaneClientOptions & { readonly proxyFor: ProxyFor },
): Promise<void> {
  const { plane } = serviceKinds[service.service];
  const audience = dataPlaneAudience(connection.cloud, plane);
  const principal = await getPrincipal(connection, audience, call, stages);
  if (principal === undefined) return;
  const kindOfProbe = probes[service.service];
  const discovered = kindOfProbe.inspect(service);
  stages.push(discovered);
  if (discovered.status === 'fail') return;
  const refused = checkEndpoint(service, connection);
  if (refused !== undefined) {
    stages.push(refused);
    return;
  }
  const reached = await kindOfProbe.reach({
    connection,
    service,
    call,
    clock: options.clock,
    proxyFor: options.proxyFor,
    principal,
    token: async () => (await connection.tokens.getToken({ audience, caller: call.caller, signal: call.signal })).token,
    http: createDataPlaneClient(connection, service, call, options),
  });
  stages.push(...reached);
}

/** The first stage: a token for the data plane, and its principal. */
async function getPrincipal(
  { tokens, record }: ApiConnection,
  audience: string,
  call: CallContext,
  stages: ProbeStage[],
): Promise<Principal | undefined> {
  try {
    const { token } = await tokens.getToken({ audience, caller: call.caller, signal: call.signal });
    stages.push(pass('token', `Got a token for ${audience}.`));
    const claims = readClaims(token);
    return {
      objectId: claims?.objectId,
      tenantId: claims?.tenantId ?? record.identity.tenant_id,
      name: claims?.name,
      isPerson: claims?.isPerson ?? false,
    };
  } catch (error) {
    if (!(error instanceof AppError) || error.code === 'cancelled' || call.signal.aborted) throw error;
    const code = error.upstream?.code ?? error.code;
    stages.push(fail('token', error.message, withoutUndefined({ code, hint: error.hint })));
    return undefined;
  }
}

/** Nothing is sent to an address outside the cloud, whatever ARM says. */
function checkEndpoint(service: LinkedService, { cloud }: ApiConnection): ProbeStage | undefined {
  const { plane } = serviceKinds[service.service];
  const shown =
    service.endpoint === '' ? 'The service has no address' : `${quoted(service.endpoint)} is not an address`;
  if (belongsToCloud(service.endpoint, plane, cloud)) return undefined;
  return fail('network', `${shown} of the cloud ${cloud.name}; no token was sent.`, {
    code: 'foreign_endpoint',
    hint: `Compare the address with the portal; those of a cloud of your own are set with data_plane.${plane} in tenantry.yaml.`,
  });
}

function timedOut(stages: readonly ProbeStage[], service: LinkedService, timeoutMs: number): ProbeStage {
  const stage = stages.some((one) => one.stage === 'discover') ? 'network' : 'token';
  const target = stage === 'token' ? 'The authority' : quoted(service.endpoint);
  return fail(stage, `${target} did not answer within ${timeoutMs / 1000} s.`, {
    code: 'ETIMEDOUT',
    hint: 'Check the firewall rules of the service and of this network, and the proxy settings.',
  });
}

const stageNames = ['token', 'discover', 'network', 'authorize'] as const;

/** All four stages, in their order: those that were not reached are skipped. */
function withSkipped(stages: readonly ProbeStage[]): readonly ProbeStage[] {
  return stageNames.map(
    (name) => stages.find(({ stage }) => stage === name) ?? skip(name, 'Not tried: an earlier stage did not succeed.'),
  );
}

/** Runs a limited number of tasks at a time; the rest waits in line. */
type AtMost = <Result>(work: () => Promise<Result>, signal: AbortSignal) => Promise<Result>;

/** A waiting task leaves the line with `cancelled` when its signal aborts. */
function createAtMost(count: number): AtMost {
  let running = 0;
  const waiting = new Set<() => void>();
  return async (work, signal) => {
    if (running < count) {
      running += 1;
    } else {
      await turn(waiting, signal);
    }
    try {
      return await work();
    } finally {
      const [next] = waiting;
      // The place is handed over, so that no newcomer takes it.
      if (next === undefined) {
        running -= 1;
      } else {
        next();
      }
    }
  };
}

function turn(waiting: Set<() => void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(cancelled(signal.reason));
      return;
    }
    const leave = () => {
      waiting.delete(go);
      signal.removeEventListener('abort', giveUp);
    };
    const go = () => {
      leave();
      resolve();
    };
    const giveUp = () => {
      leave();
      reject(cancelled(signal.reason));
    };
    waiting.add(go);
    signal.addEventListener('abort', giveUp, { once: true });
  });
}
