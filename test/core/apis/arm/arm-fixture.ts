import type { HttpClient } from '@azure/core-rest-pipeline';
import { ApiVersions, createVersionCache, type VersionCache } from '../../../../src/core/apis/arm/api-versions.ts';
import { type ArmApi, createArmApi } from '../../../../src/core/apis/arm/arm-api.ts';
import { createArmDescriptor } from '../../../../src/core/apis/arm/arm-descriptor.ts';
import { explainOperationFailure } from '../../../../src/core/apis/arm/arm-errors.ts';
import { createProviderSource } from '../../../../src/core/apis/arm/provider-source.ts';
import { type Clock, systemClock } from '../../../../src/core/base/clock.ts';
import type { ApiClient } from '../../../../src/core/http/api-client.ts';
import type { ApiDescriptor } from '../../../../src/core/http/api-descriptor.ts';
import { createApiClient } from '../../../../src/core/http/pipeline.ts';
import type { TokenRequest } from '../../../../src/core/http/token-source.ts';
import { createOperationFollower } from '../../../../src/core/operations/create-operation-follower.ts';
import type { OperationFollower } from '../../../../src/core/operations/operation.ts';
import type { ConnectionSettings } from '../../../../src/core/record/connection.ts';
import { createLogger } from '../../../../src/core/telemetry/logger.ts';
import { createLimiterRegistry } from '../../../../src/core/throttle/limiter.ts';
import { cloud, connection, descriptor as graphDescriptor } from '../../http/client-fixture.ts';

export const subscriptionId = '00000000-0000-4000-8000-00000000005b';

export interface ArmFixtureOptions {
  readonly httpClient: HttpClient;
  /** Root of Resource Manager; the public one when absent. */
  readonly url?: string;
  readonly settings?: ConnectionSettings;
  readonly access?: 'read_only' | 'read_write';
  readonly descriptor?: ApiDescriptor;
  readonly cache?: VersionCache;
  readonly clock?: Clock;
  /** See `OperationFollowerOptions`. */
  readonly firstWaitMs?: number;
}

export interface ArmFixture {
  readonly client: ApiClient;
  readonly arm: ArmApi;
  readonly operations: OperationFollower;
  /** Token requests, in order. */
  readonly tokenRequests: readonly TokenRequest[];
}

/** Resource Manager over the real pipeline, with whatever answers at the network edge. */
export function openArm(options: ArmFixtureOptions): ArmFixture {
  const { httpClient, url, settings = {}, access = 'read_write', clock = systemClock } = options;
  const descriptor = options.descriptor ?? createArmDescriptor();
  const record = connection(settings, {
    access,
    identity: { tenant_id: 'tenant', client_id: 'app', subscription_id: subscriptionId },
  });
  const tokenRequests: TokenRequest[] = [];
  const parts = {
    connection: record,
    cloud: url === undefined ? cloud : { ...cloud, resourceManager: url, graph: url },
    tokens: {
      async getToken(request: TokenRequest) {
        tokenRequests.push(request);
        return { token: 'arm-token', expiresAt: Number.POSITIVE_INFINITY };
      },
    },
    limiter: createLimiterRegistry({ clock }),
    httpClient,
    clock,
    logger: createLogger({ level: 'silent' }),
    random: () => 0,
  };
  const client = createApiClient({ descriptor, ...parts });
  const graph = createApiClient({ descriptor: graphDescriptor, ...parts });
  const versions = new ApiVersions({
    source: createProviderSource(client),
    cache: options.cache ?? createVersionCache(),
    home: 'public tenant',
  });
  return {
    client,
    arm: createArmApi({ client, versions, connection: record, clock }),
    operations: createOperationFollower({
      clients: { arm: client, graph },
      explainFailure: explainOperationFailure,
      clock,
      ...(options.firstWaitMs === undefined ? {} : { firstWaitMs: options.firstWaitMs }),
    }),
    tokenRequests,
  };
}
