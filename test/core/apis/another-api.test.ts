import { expect, test } from 'vitest';
import { connectApis, createApis } from '../../../src/core/apis/api-connection.ts';
import type { CallContext } from '../../../src/core/base/call-context.ts';
import { systemClock } from '../../../src/core/base/clock.ts';
import type { ApiResponse } from '../../../src/core/http/api-client.ts';
import type { ApiDescriptor, ApiFactory } from '../../../src/core/http/api-descriptor.ts';
import { createApiClient } from '../../../src/core/http/pipeline.ts';
import { createLogger } from '../../../src/core/telemetry/logger.ts';
import { noTelemetry } from '../../../src/core/telemetry/telemetry.ts';
import { createLimiterRegistry } from '../../../src/core/throttle/limiter.ts';
import { testCall } from '../../support/call.ts';
import { cloud, connection, countingTokens } from '../http/client-fixture.ts';
import { armService as scriptedService } from './arm/arm-service.ts';

// What docs/architecture.md promises about another API: its descriptor and its API object, and nothing besides.

const fabricDescriptor: ApiDescriptor = {
  name: 'fabric',
  title: 'Microsoft Fabric',
  versioning: { place: 'path', default: 'v1', pattern: /^v1$/, hint: 'use v1' },
  root: () => 'https://api.fabric.example',
  audience: () => 'https://tokens.fabric.example',
  service: () => 'workspaces',
  charges: () => [],
  isReadOnlyPost: () => false,
  classifyError: ({ code }) =>
    code === 'WorkspaceNotFound' ? { hint: 'GET /workspaces lists those you may see.' } : {},
};

interface FabricApi {
  workspace(id: string, call: CallContext): Promise<ApiResponse>;
}

function fabricApis(): ApiFactory<FabricApi> {
  return ({ clientOf }) => {
    const client = clientOf(fabricDescriptor);
    return { workspace: (id, call) => client.send({ method: 'GET', path: `/workspaces/${id}` }, call) };
  };
}

function connect(service: ReturnType<typeof scriptedService>) {
  const tokens = countingTokens();
  const parts = {
    connection: connection(),
    cloud,
    tokens,
    clock: systemClock,
    telemetry: noTelemetry,
    random: () => 0.5,
  };
  const shared = {
    ...parts,
    httpClient: service,
    limiter: createLimiterRegistry(),
    logger: createLogger({ level: 'silent' }),
  };
  const clientOf = (descriptor: ApiDescriptor) => createApiClient({ ...shared, descriptor });
  return { tokens, apis: connectApis({ ...createApis(), fabric: fabricApis() }, { ...parts, clientOf }) };
}

test('another API is a descriptor and a factory: its requests go through the pipeline of all', async () => {
  const service = scriptedService(() => ({ status: 200, body: { id: 'w-1' } }));
  const { apis, tokens } = connect(service);
  const { body } = await apis.fabric.workspace('w-1', testCall());
  expect(body).toEqual({ id: 'w-1' });
  expect(service.arrived[0]?.url.href).toBe('https://api.fabric.example/v1/workspaces/w-1');
  expect(service.arrived[0]?.headers).toMatchObject({ authorization: 'Bearer token-1' });
  expect(tokens.requests[0]?.audience).toBe('https://tokens.fabric.example');
  expect(Object.keys(apis)).toEqual(['graph', 'arm', 'devops', 'fabric']);
});

test('a refused token is replaced, and a failure is read with the hints of its descriptor', async () => {
  const failure = { code: 'WorkspaceNotFound', message: 'There is no such workspace.' };
  const service = scriptedService((_, index) =>
    index === 0 ? { status: 401, body: {} } : { status: 404, body: { error: failure } },
  );
  const { apis } = connect(service);
  await expect(apis.fabric.workspace('w-2', testCall())).rejects.toMatchObject({
    code: 'not_found',
    message: expect.stringContaining('There is no such workspace.'),
    hint: 'GET /workspaces lists those you may see.',
  });
  expect(service.arrived.map(({ headers }) => headers['authorization'])).toEqual(['Bearer token-1', 'Bearer token-2']);
});
