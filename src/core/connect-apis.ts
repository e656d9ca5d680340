import { ApiVersions, createVersionCache, type VersionCache } from './apis/arm/api-versions.ts';
import { createArmDescriptor } from './apis/arm/arm-descriptor.ts';
import { createArmApi } from './apis/arm/create-arm-api.ts';
import { createProviderSource } from './apis/arm/provider-source.ts';
import { createDevOpsApi } from './apis/devops/create-devops-api.ts';
import { createDevOpsDescriptor } from './apis/devops/devops-descriptor.ts';
import { createGraphApi } from './apis/graph/create-graph-api.ts';
import { createGraphDescriptor } from './apis/graph/graph-descriptor.ts';
import type { TokenSource } from './auth/token-source.ts';
import type { Clock } from './clock.ts';
import type { Cloud } from './clouds.ts';
import type { ConnectionRecord } from './connections/connection.ts';
import type { ApiClient } from './http/api-client.ts';
import type { ApiDescriptor } from './http/api-descriptor.ts';
import { createIdentities } from './identities/create-identities.ts';
import type { OpenConnection } from './open-connection.ts';
import { createOperationFollower } from './operations/create-operation-follower.ts';
import { createEndpoints } from './service-connections/create-endpoints.ts';
import { createServiceConnections } from './service-connections/create-service-connections.ts';
import type { Telemetry } from './telemetry/telemetry.ts';
import { createWorkspaceConnections } from './workspace-connections/create-workspace-connections.ts';

/** What the APIs of all connections of a process share. */
export interface SharedApiParts {
  readonly graph: ApiDescriptor;
  readonly arm: ApiDescriptor;
  readonly devops: ApiDescriptor;
  readonly versions: VersionCache;
}

export function createSharedApiParts(): SharedApiParts {
  return {
    graph: createGraphDescriptor(),
    arm: createArmDescriptor(),
    devops: createDevOpsDescriptor(),
    versions: createVersionCache(),
  };
}

export interface ConnectApisOptions {
  readonly shared: SharedApiParts;
  /** As it is opened: with the access that the process leaves it. */
  readonly connection: ConnectionRecord;
  readonly cloud: Cloud;
  readonly tokens: TokenSource;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  clientOf(descriptor: ApiDescriptor): ApiClient;
}

type ConnectedApis = Omit<OpenConnection, 'record' | 'cloud' | 'tokens' | 'httpClient'>;

/** The APIs of one connection, and what is built on them. */
export function connectApis(options: ConnectApisOptions): ConnectedApis {
  const { shared, connection, cloud, tokens, clock, telemetry, clientOf } = options;
  const graphClient = clientOf(shared.graph);
  const armClient = clientOf(shared.arm);
  const graph = createGraphApi({
    client: graphClient,
    descriptor: shared.graph,
    settings: connection.settings,
    clock,
    random: Math.random,
    tokens,
    audience: shared.graph.audience(cloud),
    telemetry,
  });
  const versions = new ApiVersions({
    source: createProviderSource(armClient),
    cache: shared.versions,
    home: `${cloud.name} ${connection.identity.tenant_id ?? connection.id}`,
  });
  const arm = createArmApi({ client: armClient, versions, connection, clock, telemetry });
  const devops = createDevOpsApi({ client: clientOf(shared.devops), connection });
  const identities = createIdentities({ graph, arm, cloud, clock });
  return {
    graph,
    arm,
    devops,
    operations: createOperationFollower({ clients: { arm: armClient, graph: graphClient }, clock }),
    identities,
    serviceConnections: createServiceConnections({
      devops,
      endpoints: createEndpoints({ devops, clock }),
      identities,
      arm,
      tokens,
      connection,
      cloud,
      clock,
    }),
    workspaceConnections: createWorkspaceConnections({ arm, clock }),
  };
}
