import { describe, expect, onTestFinished, test } from 'vitest';
import { localCaller } from '../../../../src/core/base/caller.ts';
import { tokenAudience } from '../../../../src/core/base/clouds.ts';
import type { CheckContext } from '../../../../src/core/connections/checks/check.ts';
import { devopsCheck } from '../../../../src/core/connections/checks/devops.ts';
import { tokenCheck } from '../../../../src/core/connections/checks/sign-in.ts';
import type { ConnectionRecord } from '../../../../src/core/record/connection.ts';
import { Secret } from '../../../../src/core/secrets/secret.ts';
import { createLogger } from '../../../../src/core/telemetry/logger.ts';
import { noTelemetry } from '../../../../src/core/telemetry/telemetry.ts';
import { createNetwork } from '../../../../src/runtime/network.ts';
import { testCall } from '../../../support/call.ts';
import { testToken } from '../../../support/test-token.ts';
import { type ServedAnswer, armService as scriptedService } from '../../apis/arm/arm-service.ts';
import { labCloud } from '../../auth/support.ts';
import { noLinkedServices } from '../no-linked-services.ts';
import { handClock, testRecord } from '../support.ts';

const pat = 'a2b3c4d5'.repeat(6).concat('abcd');

interface Script {
  readonly record?: Partial<ConnectionRecord>;
  readonly token?: string;
  readonly answer?: (index: number) => ServedAnswer;
  readonly withoutToken?: boolean;
}

/** A validation over the real DevOps layer and a scripted wire. */
async function check(script: Script = {}) {
  const { answer = () => projects(1) } = script;
  const clock = handClock(Date.now());
  const token = script.token ?? testToken({ audience: tokenAudience(labCloud, 'devops') });
  const service = scriptedService((_, index) => answer(index));
  const remembered: string[] = [];
  const network = createNetwork({
    clouds: new Map([[labCloud.name, labCloud]]),
    clock,
    logger: createLogger({ level: 'silent' }),
    telemetry: noTelemetry,
    readSecret: async () => new Secret(token),
    environment: () => undefined,
    readOnly: false,
    userAgent: 'test',
    remember: (secret) => remembered.push(secret),
    httpClient: service,
  });
  onTestFinished(() => network.close());
  const record = testRecord({
    cloud: labCloud.name,
    auth_type: 'bearer',
    scopes: ['devops'],
    settings: { retry: { max_attempts: 1 } },
    identity: { organization: 'contoso' },
    secrets: [{ field: 'token', ref: 'r', fingerprint: 'f', storedAt: '', source: 'env' }],
    ...script.record,
  });
  const context: CheckContext = {
    record,
    connection: await network.open(record, localCaller),
    call: testCall(),
    clock,
    readSecret: async () => new Secret(token),
    findings: { tokens: new Map(), credentialRefused: false, secretExpiry: new Map() },
    linkedServices: noLinkedServices,
  };
  const tokenLines = script.withoutToken === true ? [] : await tokenCheck.run(context);
  const lines = await devopsCheck.run(context);
  return { lines, tokenLines, service, remembered, findings: context.findings };
}

function projects(count: number, more?: string): ServedAnswer {
  const value = Array.from({ length: count }, (_, index) => ({ name: `p${index}` }));
  return {
    status: 200,
    body: { count, value },
    ...(more === undefined ? {} : { headers: { 'x-ms-continuationtoken': more } }),
  };
}

test('a connection that is not for DevOps has no line', async () => {
  expect((await check({ record: { scopes: ['directory'] } })).lines).toEqual([]);
});

test('without an organization it fails and says what to supply', async () => {
  const { lines, service } = await check({ record: { identity: {} } });
  expect(lines).toMatchObject([{ check: 'devops', status: 'fail', hint: expect.stringContaining('organization') }]);
  expect(service.arrived).toEqual([]);
});

test('without a token it is skipped', async () => {
  const { lines } = await check({ withoutToken: true });
  expect(lines).toMatchObject([{ check: 'devops', status: 'skip' }]);
});

test.each([
  [1, '1 project.'],
  [3, '3 projects.'],
])('%i projects of the organization: pass', async (count, said) => {
  const { lines, service } = await check({ answer: () => projects(count) });
  expect(lines).toEqual([{ check: 'devops', status: 'pass', detail: expect.stringContaining(said) }]);
  expect(service.seen()).toEqual(['GET /contoso/_apis/projects?$top=100&api-version=7.1']);
});

test('projects of all pages are counted, up to a thousand', async () => {
  const { lines } = await check({ answer: (index) => projects(100, index === 2 ? undefined : String(index)) });
  expect(lines[0]?.detail).toContain('300 projects');
  const endless = await check({ answer: (index) => projects(100, String(index)) });
  expect(endless.lines[0]?.detail).toContain('1000 projects or more');
  expect(endless.service.arrived).toHaveLength(10);
});

test('no project is a warning', async () => {
  const { lines } = await check({ answer: () => projects(0) });
  expect(lines).toMatchObject([{ status: 'warn', hint: expect.stringContaining('Add the identity to a project') }]);
});

test('a personal access token has no known end', async () => {
  const { tokenLines, lines } = await check({ token: pat });
  expect(tokenLines).toMatchObject([{ status: 'pass', detail: expect.stringContaining('does not say when it ends') }]);
  expect(lines).toMatchObject([{ status: 'pass' }]);
});

describe('a refusal', () => {
  const page = { status: 203, headers: { 'content-type': 'text/html' }, body: '<html></html>' };

  test('of an identity that is no member says where to add it', async () => {
    const { lines, findings } = await check({ answer: () => page });
    expect(lines).toMatchObject([
      { status: 'fail', detail: expect.stringContaining('contoso'), hint: expect.stringContaining('Add users') },
    ]);
    // The credential is good: it got a token.
    expect(findings.credentialRefused).toBe(false);
  });

  test('of a personal access token says that it has expired or is for another organization', async () => {
    const { lines, findings, remembered } = await check({ answer: () => page, token: pat });
    expect(lines).toMatchObject([{ status: 'fail', hint: expect.stringContaining('another organization') }]);
    expect(findings.credentialRefused).toBe(true);
    expect(remembered).toEqual(expect.arrayContaining([pat, Buffer.from(`:${pat}`).toString('base64')]));
  });

  test('of an opaque token that is no personal access token says which form that has', async () => {
    const { lines, findings, service } = await check({ answer: () => page, token: pat.slice(1) });
    expect(lines).toMatchObject([{ status: 'fail', hint: expect.stringContaining('52 or 84 letters and digits') }]);
    expect(findings.credentialRefused).toBe(true);
    expect(service.arrived[0]?.headers['authorization']).toMatch(/^Bearer /);
  });

  test.each([
    [pat, 'Project and Team'],
    [undefined, 'Organization settings'],
  ])('403 names the scopes of a token, or the rights of an identity', async (token, hint) => {
    const body = { message: "TF400813: The user 'x' is not authorized", typeKey: 'UnauthorizedRequestException' };
    const { lines } = await check({ answer: () => ({ status: 403, body }), ...(token === undefined ? {} : { token }) });
    expect(lines).toMatchObject([{ status: 'fail', hint: expect.stringContaining(hint) }]);
  });

  test('404 says that the organization is another', async () => {
    const { lines } = await check({ answer: () => ({ status: 404 }) });
    expect(lines).toMatchObject([{ status: 'fail', hint: expect.stringContaining('Correct organization') }]);
  });

  test('by a service in trouble is a failure with its own words', async () => {
    const { lines } = await check({ answer: () => ({ status: 503, body: { message: 'maintenance' } }) });
    expect(lines).toMatchObject([
      { check: 'devops', status: 'fail', detail: 'Azure DevOps answered 503: `maintenance`.' },
    ]);
  });
});
