import type { HttpClient } from '@azure/core-rest-pipeline';
import { connectApis, type createApis } from '../core/apis/api-connection.ts';
import { explainOperationFailure } from '../core/apis/arm/arm-errors.ts';
import { withoutUndefined } from '../core/base/without-undefined.ts';
import type { ApiClient } from '../core/http/api-client.ts';
import type { ApiDescriptor, ApiParts } from '../core/http/api-descriptor.ts';
import { createIdentities } from '../core/identities/create-identities.ts';
import { createBodySecrets } from '../core/named-secrets/body-secrets.ts';
import type { NamedSecrets } from '../core/named-secrets/named-secrets.ts';
import { createOperationFollower } from '../core/operations/create-operation-follower.ts';
import type { PolicyGuard } from '../core/policy/guard.ts';
import type { Secret } from '../core/secrets/secret.ts';
import { createServiceConnections } from '../core/service-connections/create-service-connections.ts';
import { Endpoints } from '../core/service-connections/endpoints.ts';
import { WorkspaceConnections } from '../core/workspace-connections/workspace-connections.ts';

export interface ServiceParts extends ApiParts {
  readonly apis: ReturnType<typeof createApis>;
  readonly guard: PolicyGuard;
  /** See `ApiConnection.httpClient`. */
  readonly httpClient: HttpClient;
  /** See `ReadableConnection.readerOf` of core/selfcheck. */
  readerOf(descriptor: ApiDescriptor): ApiClient;
  /** Secrets by name, for the bodies of writes. */
  readonly namedSecrets?: NamedSecrets;
  /** Told of every secret that is filled into a body. */
  readonly onSecret?: (secret: Secret) => void;
}

/** The APIs of one connection, and the services that are built on them. */
export function connectServices(parts: ServiceParts) {
  const { connection, cloud, tokens, clock, httpClient, guard, readerOf, namedSecrets, onSecret } = parts;
  const clients: Record<string, ApiClient> = {};
  const apis = connectApis(parts.apis, {
    ...parts,
    clientOf(descriptor) {
      const client = parts.clientOf(descriptor);
      clients[descriptor.name] = client;
      return client;
    },
  });
  const { graph, arm, devops } = apis;
  const identities = createIdentities({ graph, arm, cloud, clock });
  return {
    record: connection,
    cloud,
    tokens,
    httpClient,
    /** Says what may be sent, and asks once for what needs a yes. */
    guard,
    readerOf,
    ...apis,
    operations: createOperationFollower({ clients, clock, explainFailure: explainOperationFailure }),
    /** App registrations, their credentials and roles, with this connection's rights. */
    identities,
    serviceConnections: createServiceConnections({
      devops,
      endpoints: new Endpoints(devops, clock),
      identities,
      arm,
      tokens,
      connection,
      cloud,
      clock,
    }),
    /** Secrets in the bodies of writes. */
    bodySecrets: createBodySecrets({ connection, ...withoutUndefined({ namedSecrets, onSecret }) }),
    workspaceConnections: new WorkspaceConnections(arm, clock),
  };
}

/** A connection with everything that works for it. */
export type ConnectedServices = ReturnType<typeof connectServices>;
