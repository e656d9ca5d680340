import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import type { DevOpsRequest } from '../../../../src/core/apis/devops/devops-api.ts';
import { localCaller } from '../../../../src/core/base/caller.ts';
import { devopsCheck } from '../../../../src/core/connections/checks/devops.ts';
import { tokenCheck } from '../../../../src/core/connections/checks/sign-in.ts';
import type { ConnectionRecord } from '../../../../src/core/record/connection.ts';
import { Secret } from '../../../../src/core/secrets/secret.ts';
import { createLogger, type Logger } from '../../../../src/core/telemetry/logger.ts';
import { noTelemetry } from '../../../../src/core/telemetry/telemetry.ts';
import { createNetwork } from '../../../../src/runtime/network.ts';
import { createSandbox } from '../../../../src/sandbox/create-sandbox.ts';
import { seededAccessToken } from '../../../../src/sandbox/devops/seed/devops-credentials.ts';
import type { Fault } from '../../../../src/sandbox/sandbox.ts';
import { testCall } from '../../../support/call.ts';
import { fakeTime, passTime } from '../../../support/pass-time.ts';
import { noLinkedServices } from '../../connections/no-linked-services.ts';
import { testRecord } from '../../connections/support.ts';

const projects: DevOpsRequest = { method: 'GET', path: '/_apis/projects', scope: {} };
const endpoints: DevOpsRequest = {
  method: 'GET',
  path: '/_apis/serviceendpoint/endpoints',
  scope: { project: 'Space game web agent' },
  params: { type: 'azurerm' },
};

interface Setup {
  /** A personal access token, instead of the app of the sandbox. */
  readonly token?: string;
  readonly record?: Partial<ConnectionRecord>;
  readonly fault?: Fault;
  readonly logger?: Logger;
}

/** An open connection to the Azure DevOps of a sandbox, over the real network. */
async function open({ token, record = {}, fault, logger = createLogger({ level: 'silent' }) }: Setup = {}) {
  const sandbox = createSandbox();
  const { tenantId, clientId, clientSecret } = sandbox.credentials;
  if (fault !== undefined) sandbox.fault({ service: 'devops', ...fault });
  const secret = new Secret(token ?? clientSecret);
  const remembered: string[] = [];
  const network = createNetwork({
    clouds: new Map([[sandbox.cloud.name, sandbox.cloud]]),
    clock: sandbox.clock,
    logger,
    telemetry: noTelemetry,
    readSecret: async () => secret,
    environment: () => undefined,
    readOnly: false,
    userAgent: 'test',
    remember: (value) => remembered.push(value),
    embedded: { cloud: sandbox.cloud, httpClient: sandbox.httpClient },
  });
  onTestFinished(async () => {
    await network.close();
    await sandbox.close();
  });
  const field = token === undefined ? 'client_secret' : 'token';
  const full = testRecord({
    cloud: sandbox.cloud.name,
    access: 'read_write',
    auth_type: token === undefined ? 'azure' : 'bearer',
    scopes: ['devops'],
    identity: { tenant_id: tenantId, client_id: clientId, organization: 'contoso' },
    secrets: [{ field, ref: 'r', fingerprint: 'f', storedAt: '', source: 'env' }],
    ...record,
  });
  const connection = await network.open(full, localCaller);
  const context = {
    record: full,
    connection,
    call: testCall(),
    clock: sandbox.clock,
    readSecret: async () => secret,
    findings: { tokens: new Map(), credentialRefused: false, secretExpiry: new Map() },
    linkedServices: noLinkedServices,
  };
  const seen = () => sandbox.requests().filter(({ service }) => service === 'devops');
  return { sandbox, connection, devops: connection.devops, context, seen, remembered };
}

test('an app of the organization reads its projects and the endpoints of one with blanks in its name', async () => {
  const { devops, seen } = await open();
  const call = testCall();
  const { body, requestId } = await devops.send(projects, call);
  expect(body).toMatchObject({ count: expect.any(Number), value: expect.arrayContaining([expect.anything()]) });
  const listed = await devops.send(endpoints, call);
  expect(listed.body).toMatchObject({ value: expect.any(Array) });
  expect(requestId).toMatch(/./);
  expect(seen().map(({ status }) => status)).toEqual([200, 200]);
});

test('pages of one project each are read to the end', async () => {
  const { devops, seen } = await open();
  const names: unknown[] = [];
  for await (const { items } of devops.pages({ ...projects, params: { $top: 1 } }, {}, testCall()))
    names.push(...items);
  expect(names.length).toBeGreaterThan(1);
  expect(seen()).toHaveLength(names.length);
});

test('a personal access token opens Azure DevOps, and its other form is remembered as a secret', async () => {
  const { devops, remembered } = await open({ token: seededAccessToken });
  expect((await devops.send(projects, testCall())).status).toBe(200);
  expect(remembered).toEqual(
    expect.arrayContaining([seededAccessToken, Buffer.from(`:${seededAccessToken}`).toString('base64')]),
  );
});

test('neither form of it is in a line of the log, which says how the request was signed', async () => {
  const lines: string[] = [];
  const logger = createLogger({ level: 'debug', destination: { write: (line) => lines.push(line) } });
  const settings = { logging: { enabled: true, auth: true, format: 'detailed' as const } };
  const identity = { organization: 'contoso' };
  const { devops } = await open({ token: seededAccessToken, logger, record: { settings, identity } });
  await devops.send(projects, testCall());
  await logger.flush();
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    expect.objectContaining({ msg: 'sign-in', authType: 'bearer', outcome: 'signed in' }),
    expect.objectContaining({ msg: 'request', auth: 'basic' }),
    expect.objectContaining({ msg: 'response', requestId: expect.any(String) }),
  ]);
  for (const form of [seededAccessToken, Buffer.from(`:${seededAccessToken}`).toString('base64')]) {
    expect(lines.join('')).not.toContain(form);
  }
});

test('a personal access token is not sent to Graph or Resource Manager', async () => {
  const { connection, sandbox } = await open({ token: seededAccessToken });
  const failure = { code: 'configuration', hint: expect.stringContaining('another connection') };
  await expect(connection.graph.send({ method: 'GET', path: '/users' }, testCall())).rejects.toMatchObject(failure);
  const subscriptions = { method: 'GET', path: '/subscriptions', apiVersion: '2022-12-01' } as const;
  await expect(connection.arm.send(subscriptions, testCall())).rejects.toMatchObject(failure);
  expect(sandbox.requests()).toEqual([]);
});

test.each<readonly [string, Setup, DevOpsRequest, Readonly<Record<string, unknown>>]>([
  ['a token that was never made', { token: 'a'.repeat(52) }, projects, { code: 'unauthenticated' }],
  [
    'another organization',
    { record: { identity: { organization: 'fabrikam' } }, token: seededAccessToken },
    projects,
    { code: 'not_found' },
  ],
  [
    'an unknown project',
    {},
    { ...endpoints, scope: { project: 'Nowhere' } },
    { code: 'not_found', upstream: { code: 'ProjectDoesNotExistWithNameException' } },
  ],
  [
    'an unknown id of a project',
    {},
    { ...endpoints, scope: { project: '00000000-0000-4000-8000-0000000000ff' } },
    { code: 'not_found', upstream: { code: 'ProjectDoesNotExistException' } },
  ],
  [
    '203 with a page',
    { fault: { status: 203, body: '<html></html>', times: 2 } },
    projects,
    { code: 'unauthenticated', status: 401 },
  ],
  [
    '200 with a page',
    { fault: { status: 200, body: '<html></html>', times: 2 } },
    projects,
    { code: 'unauthenticated', status: 401 },
  ],
])('%s is told as what it is', async (_, setup, request, expected) => {
  const { devops } = await open(setup);
  await expect(devops.send(request, testCall())).rejects.toMatchObject({
    ...expected,
    hint: expect.stringMatching(/.{20}/),
  });
});

test('text with a byte order mark that is JSON is read', async () => {
  const { devops } = await open({ fault: { status: 200, body: '\ufeff{"count":0,"value":[]}' } });
  expect((await devops.send(projects, testCall())).body).toEqual({ count: 0, value: [] });
});

describe('time', () => {
  beforeEach(fakeTime);
  afterEach(() => {
    vi.useRealTimers();
  });

  async function arrivals(fault: Fault): Promise<readonly number[]> {
    const { devops, seen } = await open({ fault });
    await passTime(devops.send(projects, testCall()));
    await passTime(devops.send(endpoints, testCall()));
    const [first, ...later] = seen().map(({ at }) => at);
    return later.map((at) => (at - (first ?? 0)) / 1000);
  }

  test('a refusal is sent again after as long as it asks', async () => {
    const [second = 0] = await arrivals({ status: 429, retry_after: 9 });
    expect(second).toBeGreaterThanOrEqual(9);
    expect(second).toBeLessThan(10);
  });

  test('a success with delay headers holds the next request up', async () => {
    const body = { count: 0, value: [] };
    const headers = { 'x-ratelimit-delay': '4.5', 'x-ratelimit-remaining': '60', 'x-ratelimit-limit': '200' };
    const [second = 0] = await arrivals({ status: 200, body, headers, retry_after: 5 });
    expect(second).toBeGreaterThanOrEqual(5);
    expect(second).toBeLessThan(6);
  });

  test('sixty reads, of which the service allows half, end without a refusal', async () => {
    const { devops, sandbox, seen } = await open();
    sandbox.placeObject('devops', 'throttleLimits', { tstu: 20, window_seconds: 60, read_cost: 1, refuse_tstu: 30 });
    const reads = Array.from({ length: 60 }, () => devops.send(projects, testCall()));
    await passTime(Promise.all(reads));
    expect(seen().filter(({ status }) => status === 429).length).toBe(0);
  });
});

describe('validation', () => {
  async function validate(setup: Setup) {
    const { context } = await open(setup);
    await tokenCheck.run(context);
    return devopsCheck.run(context);
  }

  test('passes for the app and for a personal access token', async () => {
    for (const setup of [{}, { token: seededAccessToken }]) {
      expect(await validate(setup)).toMatchObject([{ status: 'pass', detail: expect.stringMatching(/\d projects/) }]);
    }
  });

  test('fails for another organization and for a token that was never made', async () => {
    const elsewhere = { token: seededAccessToken, record: { identity: { organization: 'fabrikam' } } };
    for (const setup of [elsewhere, { token: 'a'.repeat(52) }]) {
      expect(await validate(setup)).toMatchObject([{ status: 'fail', hint: expect.stringMatching(/.{20}/) }]);
    }
  });
});
