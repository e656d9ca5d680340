import type { HttpClient } from '@azure/core-rest-pipeline';
import type { ArmApi } from './apis/arm/arm-api.ts';
import type { DevOpsApi } from './apis/devops/devops-api.ts';
import type { GraphApi } from './apis/graph/graph-api.ts';
import type { TokenSource } from './auth/token-source.ts';
import type { Cloud } from './clouds.ts';
import type { ConnectionRecord } from './connections/connection.ts';
import type { Identities } from './identities/identities.ts';
import type { OperationFollower } from './operations/operation.ts';
import type { ServiceConnections } from './service-connections/service-connection.ts';
import type { WorkspaceConnections } from './workspace-connections/workspace-connection.ts';

/** A connection with everything that sends requests for it. */
export interface OpenConnection {
  readonly record: ConnectionRecord;
  readonly cloud: Cloud;
  readonly tokens: TokenSource;
  readonly graph: GraphApi;
  readonly arm: ArmApi;
  readonly operations: OperationFollower;
  readonly devops: DevOpsApi;
  /** App registrations, their credentials and roles, with this connection's rights. */
  readonly identities: Identities;
  readonly serviceConnections: ServiceConnections;
  readonly workspaceConnections: WorkspaceConnections;
  /** The transport below all pipelines, for data-plane probes; it adds no token. */
  readonly httpClient: HttpClient;
}

/** Opens connections; the same record revision gives the same object, so that caches and limiters are shared. */
export interface ConnectionOpener {
  open(record: ConnectionRecord): Promise<OpenConnection>;
}
