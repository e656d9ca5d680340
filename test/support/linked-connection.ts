import { Readable } from 'node:stream';
import type { HttpClient, PipelineRequest } from '@azure/core-rest-pipeline';
import { localCaller } from '../../src/core/base/caller.ts';
import { builtInClouds, type Cloud } from '../../src/core/base/clouds.ts';
import { createDefaultHttpClient } from '../../src/core/http/default-http-client.ts';
import type { TokenRequest } from '../../src/core/http/token-source.ts';
import {
  createLinkedServices,
  type LinkedServicesOptions,
} from '../../src/core/linked-services/create-linked-services.ts';
import type {
  LinkedService,
  LinkedServiceKind,
  LinkedServices,
  ProbedService,
  ProbeStage,
} from '../../src/core/linked-services/linked-service.ts';
import type { ConnectionRecord } from '../../src/core/record/connection.ts';
import { Secret } from '../../src/core/secrets/secret.ts';
import { createLogger } from '../../src/core/telemetry/logger.ts';
import { noTelemetry } from '../../src/core/telemetry/telemetry.ts';
import type { ConnectedServices } from '../../src/runtime/connect-services.ts';
import { createNetwork } from '../../src/runtime/network.ts';
import { testCall } from './call.ts';
import { testIdentity, testToken } from './test-token.ts';

/** Response of the fake ARM: a body with 200, or a status with a body. */
export type ArmAnswer = { readonly status: number; readonly body?: unknown };

/** A response by `METHOD path` (lower case, without query); everything else is 404. */
export type ArmRoutes = Readonly<Record<string, ArmAnswer | ((body: unknown, url: URL) => ArmAnswer)>>;

export interface LinkedConnectionOptions {
  readonly arm?: ArmRoutes;
  /** Patterns of the data planes; default those of the public cloud. */
  readonly dataPlane?: Readonly<Record<string, string>>;
  readonly record?: Partial<ConnectionRecord>;
  /** Token for a data plane. Default: a v1.0 token for the audience. */
  readonly token?: (request: TokenRequest) => string;
  /** Serves data planes in process; without it, they are reached over loopback. */
  readonly dataPlaneClient?: (request: PipelineRequest) => {
    status: number;
    headers?: Record<string, string>;
    body?: string;
  };
  /** Epoch milliseconds. Default: the system's time. */
  readonly now?: () => number;
  readonly services?: Partial<LinkedServicesOptions>;
}

export interface LinkedConnection {
  readonly connection: ConnectedServices;
  readonly linkedServices: LinkedServices;
  /** Requests to ARM, as `METHOD path?query`. */
  readonly armRequests: string[];
  /** Bodies of the requests to ARM. */
  readonly armBodies: unknown[];
  /** Audiences of the requested tokens. */
  readonly audiences: string[];
  /** Requests to data planes in process, as `METHOD url`, with their headers. */
  readonly dataRequests: { readonly line: string; readonly headers: Record<string, string> }[];
  probe(service: LinkedService, signal?: AbortSignal): Promise<ProbedService>;
  close(): Promise<void>;
}

const armHost = 'https://management.azure.com';

/** The real network, pipeline, and ARM layer, over a fake ARM. */
export async function openLinkedConnection(options: LinkedConnectionOptions = {}): Promise<LinkedConnection> {
  const { createHttpHeaders } = await import('@azure/core-rest-pipeline');
  const armRequests: string[] = [];
  const armBodies: unknown[] = [];
  const audiences: string[] = [];
  const dataRequests: { line: string; headers: Record<string, string> }[] = [];
  const publicCloud = builtInClouds['public'];
  if (publicCloud === undefined) throw new Error('There is no public cloud.');
  const cloud: Cloud = { ...publicCloud, ...(options.dataPlane ? { dataPlane: options.dataPlane } : {}) };
  const transport = createDefaultHttpClient(options.services ?? {});
  const clock = { now: options.now ?? Date.now };
  const respond = (request: PipelineRequest, status: number, body: string, headers: Record<string, string>) => ({
    request,
    status,
    headers: createHttpHeaders({ 'content-type': 'application/json', ...headers }),
    bodyAsText: body,
    readableStreamBody: Readable.from(body === '' ? [] : [Buffer.from(body)]),
  });
  const httpClient: HttpClient = {
    async sendRequest(request) {
      const url = new URL(request.url);
      if (url.origin === armHost) {
        armRequests.push(`${request.method} ${url.pathname}${url.search}`);
        const body = typeof request.body === 'string' ? JSON.parse(request.body) : undefined;
        if (body !== undefined) armBodies.push(body);
        const answer = armAnswer(options.arm ?? {}, request.method, url, body);
        return respond(request, answer.status, JSON.stringify(answer.body ?? {}), {});
      }
      if (options.dataPlaneClient === undefined) return transport.sendRequest(request);
      dataRequests.push({ line: `${request.method} ${request.url}`, headers: request.headers.toJSON() });
      const { status, headers = {}, body = '' } = options.dataPlaneClient(request);
      return respond(request, status, request.method === 'HEAD' ? '' : body, {
        'content-type': 'application/xml',
        ...headers,
      });
    },
  };
  const logger = createLogger({ level: 'silent' });
  const network = createNetwork({
    clouds: new Map([['public', cloud]]),
    clock,
    logger,
    telemetry: noTelemetry,
    readSecret: async () => new Secret('opaque'),
    environment: () => undefined,
    readOnly: false,
    userAgent: 'test',
    remember: () => undefined,
    httpClient,
  });
  const opened = await network.open({ ...testRecord(), ...options.record }, localCaller);
  const connection: ConnectedServices = {
    ...opened,
    tokens: {
      async getToken(request) {
        audiences.push(request.audience);
        const token = options.token?.(request) ?? testToken({ audience: request.audience });
        return { token, expiresAt: Date.now() + 3_600_000 };
      },
    },
  };
  const linkedServices = createLinkedServices({
    clock,
    logger,
    limiter: network.limiter,
    random: () => 0,
    ...options.services,
  });
  return {
    connection,
    linkedServices,
    armRequests,
    armBodies,
    audiences,
    dataRequests,
    probe: (service, signal) =>
      linkedServices.probe(connection, service, testCall(signal === undefined ? {} : { signal })),
    async close() {
      await network.close();
      transport.close();
    },
  };
}

function armAnswer(routes: ArmRoutes, method: string, url: URL, body: unknown): ArmAnswer {
  const path = decodeURIComponent(url.pathname).toLowerCase();
  const route = routes[`${method} ${path}`];
  if (route !== undefined) return typeof route === 'function' ? route(body, url) : route;
  const namespace = /^(?:\/subscriptions\/[^/]+)?\/providers\/([^/]+)$/.exec(path)?.[1];
  if (namespace !== undefined) return { status: 200, body: providerOf(namespace) };
  return { status: 404, body: { error: { code: 'ResourceNotFound', message: `There is no ${method} ${path}.` } } };
}

const types: Readonly<Record<string, readonly string[]>> = {
  'microsoft.storage': ['storageAccounts'],
  'microsoft.servicebus': ['namespaces', 'namespaces/queues', 'namespaces/topics'],
  'microsoft.dbforpostgresql': ['flexibleServers'],
  'microsoft.documentdb': [
    'databaseAccounts',
    'databaseAccounts/gremlinDatabases',
    'databaseAccounts/gremlinDatabases/graphs',
  ],
  'microsoft.search': ['searchServices'],
};

function providerOf(namespace: string) {
  const resourceTypes = (types[namespace] ?? []).map((resourceType) => ({
    resourceType,
    apiVersions: ['2025-01-01'],
    locations: [],
  }));
  return { id: `/providers/${namespace}`, namespace, registrationState: 'Registered', resourceTypes };
}

function testRecord(): ConnectionRecord {
  return {
    id: '00000000-0000-4000-8000-0000000000d1',
    name: 'linked',
    revision: 1,
    provider: 'azure',
    scopes: ['resources', 'storage'],
    cloud: 'public',
    access: 'read_only',
    auth_type: 'bearer',
    scope_level: 'subscription',
    settings: { retry: { backoff_base: 0, jitter: 0 } },
    identity: {
      tenant_id: testIdentity.tenantId,
      client_id: testIdentity.clientId,
      subscription_id: testIdentity.subscriptionId,
    },
    status: 'ready',
    secrets: [
      {
        field: 'token',
        ref: 'token',
        fingerprint: '00000000',
        storedAt: '2026-01-01T00:00:00Z',
        source: 'env',
      },
    ],
    previousSecrets: [],
    health: 'unknown',
    checks: [],
    createdAt: '2026-01-01T00:00:00Z',
    updatedAt: '2026-01-01T00:00:00Z',
    origin: 'stored',
    owner: 'local',
  };
}

const typeOfKind: Readonly<Record<LinkedServiceKind, string>> = {
  blob: 'Microsoft.Storage/storageAccounts',
  servicebus: 'Microsoft.ServiceBus/namespaces',
  postgresql: 'Microsoft.DBforPostgreSQL/flexibleServers',
  'cosmos-gremlin': 'Microsoft.DocumentDB/databaseAccounts',
  'azure-search': 'Microsoft.Search/searchServices',
};

/** A service as discovery returns it. */
export function linkedService(
  service: LinkedServiceKind,
  endpoint: string,
  properties: Readonly<Record<string, unknown>> = {},
): LinkedService {
  const subscription = `/subscriptions/${testIdentity.subscriptionId}`;
  return {
    service,
    id: `${subscription}/resourceGroups/rg-data/providers/${typeOfKind[service]}/contoso`,
    name: 'contoso',
    resource_group: 'rg-data',
    subscription_id: testIdentity.subscriptionId,
    location: 'westeurope',
    endpoint,
    properties,
  };
}

export function stageOf(probed: ProbedService, stage: ProbeStage['stage']): ProbeStage {
  const found = probed.stages.find((one) => one.stage === stage);
  if (found === undefined) throw new Error(`There is no stage ${stage}.`);
  return found;
}

/** `pass pass fail skip`: the stages in order. */
export function statusLine({ stages }: ProbedService): string {
  return stages.map(({ status }) => status).join(' ');
}
