import type { HttpClient } from '@azure/core-rest-pipeline';
import { createDevOpsApi, type DevOpsApi } from '../../../../src/core/apis/devops/devops-api.ts';
import { createDevOpsDescriptor } from '../../../../src/core/apis/devops/devops-descriptor.ts';
import { type Clock, systemClock } from '../../../../src/core/base/clock.ts';
import type { ApiClient } from '../../../../src/core/http/api-client.ts';
import { createApiClient } from '../../../../src/core/http/pipeline.ts';
import type { TokenRequest } from '../../../../src/core/http/token-source.ts';
import type { ConnectionRecord } from '../../../../src/core/record/connection.ts';
import { createLogger } from '../../../../src/core/telemetry/logger.ts';
import { createLimiterRegistry } from '../../../../src/core/throttle/limiter.ts';
import { testToken } from '../../../support/test-token.ts';
import { cloud, connection } from '../../http/client-fixture.ts';

export interface DevOpsFixtureOptions {
  readonly httpClient: HttpClient;
  readonly record?: Partial<ConnectionRecord>;
  /** Root of Azure DevOps; the public one when absent. */
  readonly root?: string;
  /** Default: tokens of Entra, a new one whenever the last was refused. */
  readonly token?: string;
  readonly clock?: Clock;
}

export interface DevOpsFixture {
  readonly devops: DevOpsApi;
  readonly client: ApiClient;
  /** Token requests, in order. */
  readonly tokenRequests: readonly TokenRequest[];
}

/** Azure DevOps over the real pipeline, with whatever answers at the network edge. */
export function openDevOps(options: DevOpsFixtureOptions): DevOpsFixture {
  const { httpClient, root, token, clock = systemClock } = options;
  const record = connection(
    { retry: { backoff_base: 0.001, jitter: 0 } },
    {
      identity: { tenant_id: 'tenant', client_id: 'app', organization: 'contoso' },
      scopes: ['devops'],
      ...options.record,
    },
  );
  const tokenRequests: TokenRequest[] = [];
  let issued = 1;
  const client = createApiClient({
    descriptor: createDevOpsDescriptor(),
    connection: record,
    cloud: root === undefined ? cloud : { ...cloud, devops: root },
    tokens: {
      async getToken(request: TokenRequest) {
        tokenRequests.push(request);
        if (request.refused !== undefined) issued += 1;
        const entra = testToken({ audience: request.audience, claims: { jti: issued } });
        return { token: token ?? entra, expiresAt: Number.POSITIVE_INFINITY };
      },
    },
    limiter: createLimiterRegistry({ clock }),
    httpClient,
    clock,
    logger: createLogger({ level: 'silent' }),
    random: () => 0,
  });
  return { client, devops: createDevOpsApi({ client, connection: record }), tokenRequests };
}
