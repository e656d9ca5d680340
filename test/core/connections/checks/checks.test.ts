import { describe, expect, test } from 'vitest';
import { AppError } from '../../../../src/core/base/errors.ts';
import { validationCheckNames } from '../../../../src/core/connections/checks/all-checks.ts';
import type { CheckContext, CheckFindings } from '../../../../src/core/connections/checks/check.ts';
import { expiryCheck } from '../../../../src/core/connections/checks/expiry.ts';
import { graphRoleNeeds, graphRolesCheck } from '../../../../src/core/connections/checks/graph-roles.ts';
import { clockCheck, identityCheck, neededServices } from '../../../../src/core/connections/checks/sign-in.ts';
import type { ApiResponse } from '../../../../src/core/http/api-client.ts';
import type { ConnectionRecord } from '../../../../src/core/record/connection.ts';
import { Secret } from '../../../../src/core/secrets/secret.ts';
import { testCall } from '../../../support/call.ts';
import { labCloud } from '../../auth/support.ts';
import { noLinkedServices } from '../no-linked-services.ts';
import { clientId, failureOf, handClock, tenantId, testRecord } from '../support.ts';

const now = Date.parse('2026-01-01T00:00:00Z');

function jwt(claims: Record<string, unknown>): string {
  return `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.sig`;
}

interface Setup {
  readonly record?: Partial<ConnectionRecord>;
  readonly claims?: Record<string, unknown> | 'opaque' | 'none';
  /** What Graph answers. */
  readonly answer?: Partial<ApiResponse> | AppError;
}

/** A context in which the token check has passed with these claims. */
function context({ record = {}, claims = {}, answer = {} }: Setup = {}): CheckContext {
  const clock = handClock(now);
  const findings: CheckFindings = { tokens: new Map(), credentialRefused: false, secretExpiry: new Map() };
  if (claims !== 'none') {
    const token = claims === 'opaque' ? 'opaque' : jwt({ tid: tenantId, appid: clientId, ...claims });
    findings.tokens.set('graph', { token, expiresAt: now + 3_600_000 });
  }
  const send = async (): Promise<ApiResponse> => {
    if (answer instanceof AppError) throw answer;
    return { status: 200, headers: {}, body: { value: [] }, sizeBytes: 0, url: '', requestId: undefined, ...answer };
  };
  const full = testRecord(record);
  const unused = (): never => {
    throw new Error('Not used here.');
  };
  return {
    record: full,
    connection: {
      record: full,
      cloud: labCloud,
      tokens: { getToken: unused },
      graph: { addressOf: unused, send, batch: unused, delta: unused, preview: unused, pages: unused },
      arm: { send: unused, pages: unused, write: unused, versionFor: unused, preview: unused, subscriptionPath: '' },
      devops: notUsed(),
      guard: notUsed(),
      identities: notUsed(),
      httpClient: { sendRequest: unused },
    },
    linkedServices: noLinkedServices,
    call: testCall(),
    clock,
    readSecret: async () => new Secret('abc~rest-of-the-secret'),
    findings,
  };
}

/** Fails the test that touches it. */
function notUsed<Part extends object>(): Part {
  return new Proxy({} as Part, {
    get() {
      throw new Error('Not used here.');
    },
  });
}

test('the list is in the order of the design', () => {
  expect(validationCheckNames).toEqual([
    'token',
    'identity',
    'clock',
    'graph_roles',
    'subscription',
    'role_assignments',
    'data_plane',
    'expiry',
    'devops',
  ]);
});

test('scopes need tokens of their services, each once', () => {
  expect(neededServices(['directory'])).toEqual(['graph']);
  expect(neededServices(['devops', 'storage', 'broker', 'directory'])).toEqual(['graph', 'resource_manager', 'devops']);
});

describe('identity', () => {
  test.each([
    ['the same tenant and app', {}, {}, 'pass'],
    ['another tenant', { tid: 'other' }, {}, 'fail'],
    ['another app', { appid: 'other' }, {}, 'fail'],
    ['the app of a v2 token', { appid: undefined, azp: clientId }, {}, 'pass'],
    [
      'a tenant named by domain',
      { tid: 'other' },
      { identity: { tenant_id: 'contoso.example', client_id: clientId } },
      'pass',
    ],
    ['the app of the Azure CLI', { appid: 'cli' }, { auth_type: 'azure_cli' }, 'pass'],
  ] as const)('%s: %s', async (_name, claims, record, status) => {
    expect(await identityCheck.run(context({ claims, record }))).toMatchObject([{ status }]);
  });

  test.each(['opaque', 'none'] as const)('%s token is skipped', async (claims) => {
    expect(await identityCheck.run(context({ claims }))).toMatchObject([{ status: 'skip' }]);
  });
});

describe('clock', () => {
  test.each([
    [0, 'pass'],
    [59, 'pass'],
    [-59, 'pass'],
    [90, 'warn'],
    [-90, 'warn'],
    [301, 'fail'],
    [-301, 'fail'],
  ])('%i seconds apart: %s', async (seconds, status) => {
    const answer = { status: 403, headers: { date: new Date(now + seconds * 1000).toUTCString() } };
    const [line] = await clockCheck.run(context({ answer }));
    expect(line).toMatchObject({ status });
    expect(line?.hint === undefined).toBe(status === 'pass');
  });

  test('without Graph a token from the future tells', async () => {
    const setup = context({ claims: 'none' });
    setup.findings.tokens.set('devops', { token: jwt({ iat: now / 1000 + 600 }), expiresAt: now });
    expect(await clockCheck.run(setup)).toMatchObject([
      { status: 'fail', detail: expect.stringContaining('600 s behind') },
    ]);
  });

  test('a refused token is a failure of the credential', async () => {
    const setup = context({ answer: new AppError('unauthenticated', 'no') });
    expect(await clockCheck.run(setup)).toMatchObject([{ status: 'fail' }]);
    expect(setup.findings.credentialRefused).toBe(true);
  });

  test('cancellation ends the validation', async () => {
    expect(await failureOf(clockCheck.run(context({ answer: new AppError('cancelled', 'x') })))).toMatchObject({
      code: 'cancelled',
    });
  });
});

describe('graph_roles', () => {
  const reading = graphRoleNeeds.filter(({ access }) => access === 'read_only').map(({ anyOf }) => anyOf[0]);

  test.each([
    ['nothing granted', {}, 'read_only', 'fail'],
    ['the least privileged ones', { roles: reading }, 'read_only', 'pass'],
    ['one that includes them', { roles: ['Directory.Read.All'] }, 'read_only', 'pass'],
    ['delegated ones', { scp: 'Directory.Read.All openid' }, 'read_only', 'pass'],
    ['one is missing', { roles: reading.slice(1) }, 'read_only', 'warn'],
    ['reading only, for writing', { roles: reading }, 'read_write', 'warn'],
    ['everything', { roles: ['Directory.ReadWrite.All'] }, 'read_write', 'pass'],
  ] as const)('%s: %j for %s is %s', async (_name, claims, access, status) => {
    expect(await graphRolesCheck.run(context({ claims, record: { access } }))).toMatchObject([{ status }]);
  });

  test('does not arise without the directory scope', async () => {
    expect(await graphRolesCheck.run(context({ record: { scopes: ['devops'] } }))).toEqual([]);
  });
});

describe('expiry', () => {
  const secret = { field: 'client_secret', ref: 'r', fingerprint: 'f', storedAt: '', source: 'env' } as const;
  const inDays = (days: number) => new Date(now + days * 86_400_000).toISOString();
  const answerWith = (...credentials: { hint: string; endDateTime: string }[]) => ({
    body: { value: [{ passwordCredentials: credentials }] },
  });

  test.each([
    [-1, 'fail'],
    [29, 'warn'],
    [31, 'pass'],
  ])('a client secret that ends in %i days: %s', async (days, status) => {
    const answer = answerWith({ hint: 'abc', endDateTime: inDays(days) }, { hint: 'xyz', endDateTime: inDays(-9) });
    const setup = context({ record: { secrets: [secret] }, answer });
    expect(await expiryCheck.run(setup)).toMatchObject([{ status }]);
    expect(setup.findings.secretExpiry.get('client_secret')).toBe(inDays(days));
  });

  test('of several that begin alike the first to end counts', async () => {
    const answer = answerWith({ hint: 'abc', endDateTime: inDays(99) }, { hint: 'abc', endDateTime: inDays(9) });
    expect(await expiryCheck.run(context({ record: { secrets: [secret] }, answer }))).toMatchObject([
      { status: 'warn' },
    ]);
  });

  test.each([
    ['the app may not look', { status: 403 }],
    ['no secret begins like it', answerWith({ hint: 'xyz', endDateTime: inDays(9) })],
    ['the answer is strange', { body: 'hello' }],
  ])('is skipped when %s', async (_name, answer) => {
    expect(await expiryCheck.run(context({ record: { secrets: [secret] }, answer }))).toMatchObject([
      { status: 'skip' },
    ]);
  });

  test('a certificate knows its own end; a token may be short-lived', async () => {
    const certificate = { ...secret, field: 'certificate', expiresAt: inDays(5) } as const;
    expect(await expiryCheck.run(context({ record: { secrets: [certificate] } }))).toMatchObject([{ status: 'warn' }]);
    const token = { ...secret, field: 'token', expiresAt: inDays(0.04) } as const;
    expect(await expiryCheck.run(context({ record: { secrets: [token] } }))).toMatchObject([{ status: 'pass' }]);
    expect(await expiryCheck.run(context({ record: { secrets: [] } }))).toMatchObject([{ status: 'skip' }]);
  });
});
