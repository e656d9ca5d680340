import type { ApiConnection } from '../apis/api-connection.ts';
import type { CallContext } from '../base/call-context.ts';
import type { Clock } from '../base/clock.ts';
import { dataPlaneAudience } from '../base/clouds.ts';
import { AppError } from '../base/errors.ts';
import { quoted } from '../base/plain-text.ts';
import { withoutUndefined } from '../base/without-undefined.ts';
import type { ApiClient } from '../http/api-client.ts';
import type { ApiDescriptor } from '../http/api-descriptor.ts';
import { explainFailure, ForeignAnswerError, isUnresolved } from '../http/network-problem.ts';
import { createApiClient } from '../http/pipeline.ts';
import { WireFailure } from '../http/wire-failure.ts';
import type { ConnectionRecord, ConnectionSettings } from '../record/connection.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import type { LimiterRegistry } from '../throttle/limiter-registry.ts';
import {
  type DataPlaneClient,
  fail,
  type LinkedService,
  type LinkedServiceKind,
  type ProbeStage,
  pass,
  skip,
  warn,
} from './linked-service.ts';
import { serviceKinds } from './service-kinds.ts';

export interface DataPlaneClientOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly limiter: LimiterRegistry;
  readonly telemetry: Telemetry;
  readonly userAgent: string;
  /** Between 0 and 1. */
  readonly random: () => number;
}

const apiNames: Partial<Record<LinkedServiceKind, string>> = {
  blob: 'blob',
  servicebus: 'servicebus',
  'azure-search': 'search',
};

/** Statuses that tell something about access; all others are problems of the service or the network. */
const tellingStatuses = [400, 401, 403, 404, 405, 409, 410];

/** Probes wait less than the connection's own requests. */
const longest = { connect: 10, read: 15, attempts: 2, elapsed: 20 } as const;

function probeSettings({ base_url: _, ...settings }: ConnectionSettings): ConnectionSettings {
  const { timeouts, retry } = settings;
  return {
    ...settings,
    timeouts: {
      ...timeouts,
      connect: Math.min(timeouts?.connect ?? longest.connect, longest.connect),
      read: Math.min(timeouts?.read ?? longest.read, longest.read),
    },
    retry: {
      ...retry,
      max_attempts: Math.min(retry?.max_attempts ?? longest.attempts, longest.attempts),
      max_elapsed: Math.min(retry?.max_elapsed ?? longest.elapsed, longest.elapsed),
    },
  };
}

/** Requests of a probe to its service over HTTP, through the pipeline of all requests of the connection. */
export function createDataPlaneClient(
  connection: ApiConnection,
  service: LinkedService,
  call: CallContext,
  options: DataPlaneClientOptions,
): DataPlaneClient {
  const { endpoint } = service;
  const { plane } = serviceKinds[service.service];
  const record: ConnectionRecord = {
    ...connection.record,
    access: 'read_only',
    settings: probeSettings(connection.record.settings),
  };
  // Made by the first request: the services that are not spoken to over HTTP have no address for it.
  const createClient = () =>
    createApiClient({
      ...options,
      descriptor: createDataPlaneDescriptor({
        name: apiNames[service.service] ?? 'blob',
        title: quoted(service.name),
        endpoint,
        audience: dataPlaneAudience(connection.cloud, plane),
      }),
      connection: record,
      cloud: connection.cloud,
      tokens: connection.tokens,
      httpClient: connection.httpClient,
    });
  let client: ApiClient | undefined;
  const send = async (method: 'GET' | 'HEAD', path: string, headers: Readonly<Record<string, string>> = {}) => {
    try {
      client ??= createClient();
      const answer = await client.send(
        { method, path: `${endpoint}${path}`, verbatim: true, headers, expectedStatuses: tellingStatuses },
        call,
      );
      return { answer };
    } catch (error) {
      return { stages: readFailure(error, service, call) };
    }
  };
  return {
    get: (path, headers) => send('GET', path, headers),
    head: (path, headers) => send('HEAD', path, headers),
  };
}

interface DataPlaneDescriptorOptions {
  readonly name: string;
  /** For people: `the storage account stcontoso`. */
  readonly title: string;
  /** Address of this one service; the only one that gets the token. */
  readonly endpoint: string;
  readonly audience: string;
}

/** A data plane as the pipeline sees it. Each service is an API of its own: it throttles and fails alone. */
function createDataPlaneDescriptor(options: DataPlaneDescriptorOptions): ApiDescriptor {
  return {
    name: options.name,
    title: options.title,
    // Probes send whole addresses; the version is part of them, or a header.
    versioning: { place: 'query', default: '', pattern: /^\d{4}-\d{2}(?:-\d{2})?$/, hint: 'use a date' },
    root: () => options.endpoint,
    audience: () => options.audience,
    service: () => 'data',
    charges: () => [],
    // XML or JSON, but no page for people.
    wants: () => 'data',
    isReadOnlyPost: () => false,
    classifyError: () => ({}),
  };
}

/** Stages for a request without a telling answer. Cancellation and unexpected errors are thrown on. */
function readFailure(error: unknown, service: LinkedService, call: CallContext): readonly ProbeStage[] {
  if (!(error instanceof AppError) || error.code === 'cancelled' || call.signal.aborted) throw error;
  if (error instanceof ForeignAnswerError || (error.status !== undefined && error.status < 300)) {
    const extra = withoutUndefined({ code: String(error.status), hint: error.hint });
    return [fail('network', error.message, extra), skip('authorize', 'Not tried: the service cannot be reached.')];
  }
  if (error.status !== undefined) {
    const reached = pass('network', `${quoted(service.endpoint)} answers.`);
    const busy = error.retryable || error.code === 'throttled';
    const detail = error.message;
    const extra = { code: error.upstream?.code ?? String(error.status), hint: error.hint ?? 'Try again in a while.' };
    return [reached, busy ? warn('authorize', detail, extra) : fail('authorize', detail, extra)];
  }
  if (error.code === 'unauthenticated' || error.code === 'configuration') {
    return [
      pass('network', `${quoted(service.endpoint)} answers.`),
      fail('authorize', error.message, withoutUndefined({ code: '401', hint: error.hint })),
    ];
  }
  const { cause } = error;
  return unreachable(service, cause instanceof WireFailure ? cause : new WireFailure('reset', error.code, false));
}

/** The stages for a service that cannot be reached, with what its properties say about the reason. */
export function unreachable(service: LinkedService, failure: WireFailure): readonly ProbeStage[] {
  const host = URL.parse(service.endpoint)?.host ?? service.endpoint;
  const { what, hint } = explainFailure(failure, { title: quoted(service.endpoint), host });
  // What broke or stayed silent was not reached either.
  const isPlain = failure.kind === 'reset' || failure.kind === 'timeout';
  const detail = isPlain ? `${quoted(service.endpoint)} could not be reached (${failure.code}).` : `${what}.`;
  return [
    fail('network', detail, { code: failure.code, hint: networkHint(service, failure, hint) }),
    skip('authorize', 'Not tried: the service cannot be reached.'),
  ];
}

function networkHint(service: LinkedService, { kind, code, proxy }: WireFailure, hint: string): string {
  if (proxy === undefined && isClosed(service)) return closedHint(service);
  if (proxy === undefined && isUnresolved(code)) {
    return `Check the name server of this machine, and whether ${quoted(service.name)} is reached through a private endpoint only; a network that resolves only its own names has a proxy: set HTTPS_PROXY.`;
  }
  const isBlocked = kind === 'unreachable' || kind === 'reset' || kind === 'timeout';
  return isBlocked
    ? `Check the firewall rules of the service and of this network; where it has a proxy, set HTTPS_PROXY.`
    : hint;
}

/** Access from the public network is switched off. */
export function isClosed({ properties }: LinkedService): boolean {
  const { publicNetworkAccess } = properties;
  return typeof publicNetworkAccess === 'string' && /^(?:disabled|securedbyperimeter)$/i.test(publicNetworkAccess);
}

/** What to do about a service that is closed to the public network. */
export function closedHint(service: LinkedService): string {
  return `Public network access of ${quoted(service.name)} is off: call from a network with a private endpoint to it, or ask its owner to run ${quoted(openCommands[service.service](service), 600)}.`;
}

type Command = (service: LinkedService) => string;

const openCommands: Readonly<Record<LinkedServiceKind, Command>> = {
  blob: ({ id }) => `az storage account update --ids ${id} --public-network-access Enabled`,
  servicebus: ({ id }) => `az servicebus namespace update --ids ${id} --public-network-access Enabled`,
  postgresql: ({ id }) => `az postgres flexible-server update --ids ${id} --public-access Enabled`,
  'cosmos-gremlin': ({ id }) => `az cosmosdb update --ids ${id} --public-network-access ENABLED`,
  'azure-search': ({ id }) => `az search service update --ids ${id} --public-access enabled`,
};
