import { createGraphApi } from '../../src/core/apis/graph/create-graph-api.ts';
import type { GraphApi } from '../../src/core/apis/graph/graph-api.ts';
import { createGraphDescriptor } from '../../src/core/apis/graph/graph-descriptor.ts';
import type { ApiClient } from '../../src/core/http/api-client.ts';
import { createApiClient } from '../../src/core/http/pipeline.ts';
import type { TokenSource } from '../../src/core/http/token-source.ts';
import type { ConnectionRecord, ConnectionSettings } from '../../src/core/record/connection.ts';
import { createLogger } from '../../src/core/telemetry/logger.ts';
import { noTelemetry } from '../../src/core/telemetry/telemetry.ts';
import { createLimiterRegistry } from '../../src/core/throttle/limiter.ts';
import { createSandbox } from '../../src/sandbox/create-sandbox.ts';
import type { Sandbox, SandboxOptions, SeenRequest } from '../../src/sandbox/sandbox.ts';

export interface SandboxGraphOptions extends SandboxOptions {
  readonly settings?: ConnectionSettings;
  readonly access?: 'read_only' | 'read_write';
}

/** Microsoft Graph through the real pipeline, against a sandbox tenant in process. */
export interface SandboxGraph {
  readonly sandbox: Sandbox;
  readonly client: ApiClient;
  readonly graph: GraphApi;
  /** Requests that reached Graph, oldest first. */
  seen(): readonly SeenRequest[];
  close(): Promise<void>;
}

function connectionOf(
  sandbox: Sandbox,
  { settings = {}, access = 'read_write' }: SandboxGraphOptions,
): ConnectionRecord {
  const { tenantId, clientId, subscriptionId } = sandbox.credentials;
  return {
    id: '00000000-0000-4000-8000-0000000000c1',
    name: 'sandbox',
    revision: 1,
    provider: 'azure',
    scopes: ['directory'],
    cloud: sandbox.cloud.name,
    access,
    auth_type: 'azure',
    scope_level: 'subscription',
    settings,
    identity: { tenant_id: tenantId, client_id: clientId, subscription_id: subscriptionId },
    status: 'ready',
    secrets: [],
    previousSecrets: [],
    health: 'unknown',
    checks: [],
    createdAt: '2026-01-01T00:00:00Z',
    updatedAt: '2026-01-01T00:00:00Z',
    origin: 'declared',
    owner: 'local',
  };
}

/** Asks the sandbox's token endpoint; caches until a token is refused. */
function sandboxTokens(sandbox: Sandbox): TokenSource {
  let current: { token: string; expiresAt: number } | undefined;
  return {
    async getToken({ audience, refused }) {
      if (current !== undefined && current.token !== refused && current.expiresAt > sandbox.clock.now()) return current;
      const { createHttpHeaders, createPipelineRequest } = await import('@azure/core-rest-pipeline');
      const { tenantId, clientId, clientSecret } = sandbox.credentials;
      const form = new URLSearchParams({
        client_id: clientId,
        client_secret: clientSecret,
        scope: `${audience}/.default`,
        grant_type: 'client_credentials',
      });
      const answer = await sandbox.httpClient.sendRequest(
        createPipelineRequest({
          url: `${sandbox.cloud.login}/${tenantId}/oauth2/v2.0/token`,
          method: 'POST',
          body: form.toString(),
          headers: createHttpHeaders({ 'Content-Type': 'application/x-www-form-urlencoded' }),
        }),
      );
      const { access_token: token, expires_in: seconds } = JSON.parse(answer.bodyAsText ?? '{}');
      current = { token, expiresAt: sandbox.clock.now() + seconds * 1000 };
      return current;
    },
  };
}

export function openSandboxGraph(options: SandboxGraphOptions = {}): SandboxGraph {
  const { settings = {}, access: _, ...sandboxOptions } = options;
  const sandbox = createSandbox(sandboxOptions);
  const { clock, cloud, httpClient } = sandbox;
  const descriptor = createGraphDescriptor();
  const tokens = sandboxTokens(sandbox);
  const limiter = createLimiterRegistry({ clock, telemetry: noTelemetry });
  const random = () => 0;
  const client = createApiClient({
    descriptor,
    connection: connectionOf(sandbox, options),
    cloud,
    tokens,
    limiter,
    httpClient,
    clock,
    logger: createLogger({ level: 'silent' }),
    random,
  });
  const audience = descriptor.audience(cloud);
  const graph = createGraphApi({ client, descriptor, settings, clock, random, tokens, audience });
  return {
    sandbox,
    client,
    graph,
    seen: () => sandbox.requests().filter(({ service }) => service === 'graph'),
    async close() {
      await limiter.close();
      await sandbox.close();
    },
  };
}
