import type { HttpClient } from '@azure/core-rest-pipeline';
import { vi } from 'vitest';
import { systemClock } from '../../../src/core/base/clock.ts';
import { builtInClouds, type Cloud } from '../../../src/core/base/clouds.ts';
import type { ApiDescriptor } from '../../../src/core/http/api-descriptor.ts';
import { createApiClient, type PipelineOptions } from '../../../src/core/http/pipeline.ts';
import type { TokenRequest } from '../../../src/core/http/token-source.ts';
import type { ConnectionRecord, ConnectionSettings } from '../../../src/core/record/connection.ts';
import { createLogger } from '../../../src/core/telemetry/logger.ts';
import { createLimiterRegistry } from '../../../src/core/throttle/limiter.ts';

const publicCloud = builtInClouds['public'];
if (publicCloud === undefined) throw new Error('There is no public cloud.');

export const cloud: Cloud = publicCloud;

/** Graph as far as the pipeline needs it, without budgets. */
export const descriptor: ApiDescriptor = {
  name: 'graph',
  title: 'Microsoft Graph',
  versioning: { place: 'path', default: 'v1.0', pattern: /^(?:v1\.0|beta)$/, hint: 'use v1.0 or beta' },
  root: (of) => of.graph,
  audience: (of) => of.graph,
  service: () => 'directory',
  charges: () => [],
  isReadOnlyPost: ({ wirePath }) => wirePath.endsWith('/getByIds'),
  classifyError: () => ({}),
  howToCheck: () => 'Look the user up by userPrincipalName.',
  encodesSearchTwice: (version) => version === 'v1.0',
};

export function connection(
  settings: ConnectionSettings = {},
  overrides: Partial<ConnectionRecord> = {},
): ConnectionRecord {
  return {
    id: '00000000-0000-4000-8000-0000000000c1',
    name: 'test',
    revision: 1,
    provider: 'azure',
    scopes: ['directory'],
    cloud: 'public',
    access: 'read_write',
    auth_type: 'azure',
    scope_level: 'subscription',
    settings,
    identity: { tenant_id: 'tenant', client_id: 'app' },
    status: 'ready',
    secrets: [],
    previousSecrets: [],
    health: 'unknown',
    checks: [],
    createdAt: '2026-01-01T00:00:00Z',
    updatedAt: '2026-01-01T00:00:00Z',
    origin: 'stored',
    owner: 'local',
    ...overrides,
  };
}

/** Tokens `token-1`, `token-2`, …: a new one whenever the last was refused. */
export function countingTokens() {
  const requests: TokenRequest[] = [];
  let issued = 1;
  return {
    requests,
    async getToken(request: TokenRequest) {
      requests.push(request);
      if (request.refused === `token-${issued}`) issued += 1;
      return { token: `token-${issued}`, expiresAt: Number.POSITIVE_INFINITY };
    },
  };
}

export type TestOptions = {
  httpClient: HttpClient;
  url?: string;
  settings?: ConnectionSettings;
} & Partial<PipelineOptions>;

/** What a pipeline over the given transport is made from; `url` takes the place of Graph. */
export function testOptions({ url, settings, ...rest }: TestOptions): PipelineOptions {
  return {
    descriptor,
    connection: connection(settings),
    cloud: url === undefined ? cloud : { ...cloud, graph: url },
    tokens: countingTokens(),
    limiter: createLimiterRegistry(),
    clock: systemClock,
    logger: createLogger({ level: 'silent' }),
    random: () => 0.5,
    ...rest,
  };
}

export function testClient(options: TestOptions) {
  return createApiClient(testOptions(options));
}

/** Fakes the timers of our code; sockets keep going in real time. */
export function fakeTime(): void {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
}

/** Lets fake time pass in small steps, with room for the sockets in between, until the promise is settled. */
export async function settle<Result>(promise: Promise<Result>): Promise<PromiseSettledResult<Result>> {
  let outcome: PromiseSettledResult<Result> | undefined;
  promise.then(
    (value) => {
      outcome = { status: 'fulfilled', value };
    },
    (reason: unknown) => {
      outcome = { status: 'rejected', reason };
    },
  );
  for (let step = 0; outcome === undefined && step < 20_000; step++) {
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
    if (step > 20 && outcome === undefined) await vi.advanceTimersByTimeAsync(20);
  }
  if (outcome === undefined) throw new Error('The promise was not settled in time.');
  return outcome;
}

/** The value of a promise that must succeed. */
export async function succeed<Result>(promise: Promise<Result>): Promise<Result> {
  const outcome = await settle(promise);
  if (outcome.status === 'rejected') throw outcome.reason;
  return outcome.value;
}

/** The error of a promise that must fail. */
export async function fail(promise: Promise<unknown>): Promise<unknown> {
  const outcome = await settle(promise);
  if (outcome.status === 'fulfilled') throw new Error('It succeeded.');
  return outcome.reason;
}
