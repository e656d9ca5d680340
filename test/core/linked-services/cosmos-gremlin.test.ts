import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { startGremlin, type TestGremlin, type TestGremlinOptions } from '../../support/gremlin-server.ts';
import {
  type ArmRoutes,
  type LinkedConnection,
  linkedService,
  openLinkedConnection,
  stageOf,
  statusLine,
} from '../../support/linked-connection.ts';
import { makeCertificate, type TestCertificate } from '../../support/test-certificate.ts';
import { testIdentity } from '../../support/test-token.ts';

let certificate: TestCertificate;
let server: TestGremlin | undefined;
let opened: LinkedConnection | undefined;

beforeAll(async () => {
  certificate = await makeCertificate();
});

afterAll(() => certificate?.remove());

afterEach(async () => {
  await server?.close();
  await opened?.close();
  server = undefined;
  opened = undefined;
});

const account = linkedService('cosmos-gremlin', '', { provisioningState: 'Succeeded' });
const route = (path: string) => `GET ${account.id.toLowerCase()}/${path.toLowerCase()}`;
const list = (...names: string[]) => ({ status: 200, body: { value: names.map((name) => ({ name })) } });
const arm: ArmRoutes = {
  [route('gremlinRoleAssignments')]: list(),
  [route('gremlinDatabases')]: list('empty', 'people'),
  [route('gremlinDatabases/empty/graphs')]: list(),
  [route('gremlinDatabases/people/graphs')]: list('friends'),
};

async function open(options: TestGremlinOptions = {}, routes: ArmRoutes = arm) {
  server = await startGremlin(certificate, options);
  opened = await openLinkedConnection({ arm: routes, dataPlane: { cosmos: `https://localhost:${server.port}` } });
  return { server, opened, service: { ...account, endpoint: `wss://localhost:${server.port}` } };
}

async function probe(options: TestGremlinOptions = {}, routes: ArmRoutes = arm) {
  const { opened: connection, server: gremlin, service } = await open(options, routes);
  return { probed: await connection.probe(service), gremlin };
}

test('an account with roles is signed in to with a token, at the first graph that there is', async () => {
  const { probed, gremlin } = await probe();
  expect(statusLine(probed)).toBe('pass pass pass pass');
  expect(gremlin.credentials).toEqual([['/dbs/people/colls/friends', expect.stringMatching(/^eyJ/)]]);
  expect(gremlin.scripts).toEqual(['g.inject(0)']);
  expect(opened?.audiences).toContain('https://cosmos.azure.com');
  await gremlin.disconnected;
});

test('an account without roles takes keys only: no token is sent, and the answer says so', async () => {
  const { probed, gremlin } = await probe({}, {});
  expect(statusLine(probed)).toBe('pass pass skip warn');
  expect(probed.usable).toBe(false);
  expect(stageOf(probed, 'authorize')).toMatchObject({
    code: 'keys_only',
    detail: expect.stringContaining('keys only'),
  });
  expect(gremlin.scripts).toEqual([]);
});

describe('a version that this cloud does not serve says nothing about the account', () => {
  const versionError = (served: string) => ({
    status: 400,
    body: {
      error: {
        code: 'NoRegisteredProviderFound',
        message: `No registered resource provider found for location 'usgovvirginia' and API version 'x' for type 'databaseAccounts/gremlinRoleAssignments'. The supported api-versions are '${served}'. The supported locations are 'usgovvirginia'.`,
      },
    },
  });
  const asked = () =>
    opened?.armRequests
      .filter((line) => line.includes('gremlinRoleAssignments'))
      .map((line) => line.replace(/^.*api-version=/, ''));

  test('the other versions are tried, and the account is signed in to', async () => {
    const roles = (_: unknown, url: URL) =>
      url.searchParams.get('api-version') === '2025-05-01-preview' ? list() : versionError('2025-05-01-preview');
    const { probed } = await probe({}, { ...arm, [route('gremlinRoleAssignments')]: roles });
    expect(statusLine(probed)).toBe('pass pass pass pass');
    expect(asked()).toEqual(['2026-03-15', '2025-11-01-preview', '2025-05-01-preview']);
  });

  test('with none of them, the account itself decides', async () => {
    const routes = { ...arm, [route('gremlinRoleAssignments')]: versionError('2024-11-15, 2025-10-15') };
    const { probed } = await probe({}, routes);
    expect(statusLine(probed)).toBe('pass pass pass pass');
    await opened?.close();
    await server?.close();
    const refused = await probe({ answer: { code: 401, message: 'Unauthorized' } }, routes);
    const { detail, hint, code } = stageOf(refused.probed, 'authorize');
    expect(code).toBe('401');
    expect(detail).toBe('Entra data access is refused. The account answered `401`: `Unauthorized`.');
    expect(hint).toContain('cannot be read here');
    expect(`${detail} ${hint}`).not.toMatch(/\bkeys?\b/);
  });
});

test('a token for another audience is told with the setting that names it', async () => {
  const message = 'Invalid audience. Accepted audiences: https://cosmos.azure.us. Substatus 5008.';
  const { probed } = await probe({ answer: { code: 401, message } });
  expect(stageOf(probed, 'authorize').detail).toContain('https://cosmos.azure.us');
  expect(stageOf(probed, 'authorize').hint).toContain('token_audience: { cosmos: … }');
});

test('an account without graphs cannot be signed in to', async () => {
  const { probed } = await probe(
    {},
    { [route('gremlinRoleAssignments')]: list(), [route('gremlinDatabases')]: list() },
  );
  expect(statusLine(probed)).toBe('pass pass skip skip');
});

test('a refused principal lacks a role of the account, which is named with its command', async () => {
  const message =
    'Request blocked by Auth contoso : Request is blocked because principal [x] does not have required RBAC permissions to perform action [Microsoft.DocumentDB/databaseAccounts/readMetadata]';
  const { probed } = await probe({ answer: { code: 500, message, attributes: { 'x-ms-status-code': 403 } } });
  expect(statusLine(probed)).toBe('pass pass pass fail');
  const { code, detail, hint } = stageOf(probed, 'authorize');
  expect(code).toBe('403');
  expect(detail).toContain('does not have required RBAC permissions');
  expect(hint).toContain(
    `az rest --method put --url ${account.id}/gremlinRoleAssignments/${testIdentity.objectId}?api-version=2026-03-15`,
  );
});

test('a firewall that answers in the protocol is a failure of the network', async () => {
  const message =
    'Request originated from IP 1.2.3.4 through public internet. This is blocked by your Cosmos DB account firewall settings.';
  const { probed } = await probe({ answer: { code: 403, message } });
  expect(statusLine(probed)).toBe('pass pass fail skip');
  expect(stageOf(probed, 'network').hint).toContain('--ip-range-filter');
});

test('a graph without request units is a warning', async () => {
  const { probed } = await probe({
    answer: { code: 500, message: 'Too many.', attributes: { 'x-ms-status-code': 429 } },
  });
  expect(stageOf(probed, 'authorize')).toMatchObject({ status: 'warn', code: '429' });
});

test.each([401, 503])('a WebSocket that is refused with %i is told with the status', async (status) => {
  const { probed } = await probe({ refuseUpgrade: status });
  expect(stageOf(probed, 'authorize')).toMatchObject({ status: 'fail', code: String(status) });
});

test.each(['not json', '{}', '{"requestId":null}', '{"requestId":null,"status":{"code":"x"}}', '[]'])(
  'an answer that is %s is a failure, not a crash',
  async (garbage) => {
    const { probed } = await probe({ garbage });
    expect(stageOf(probed, 'authorize')).toMatchObject({ status: 'fail', code: '500' });
  },
);

test.each(['socket', 'request'] as const)(
  'cancelling closes the socket of a server that is silent (%s)',
  async (silent) => {
    const { server: gremlin, opened: connection, service } = await open({ silent });
    const controller = new AbortController();
    const probing = connection.probe(service, controller.signal);
    await gremlin.ignored;
    controller.abort();
    await expect(probing).rejects.toMatchObject({ code: 'cancelled' });
    await gremlin.disconnected;
  },
);

test('cancelling in the middle of a refusal answers at once', async () => {
  const { server: gremlin, opened: connection, service } = await open({ silent: 'body' });
  const controller = new AbortController();
  const probing = connection.probe(service, controller.signal);
  await gremlin.ignored;
  controller.abort();
  await expect(probing).rejects.toMatchObject({ code: 'cancelled' });
});

test('a server whose certificate nobody trusts gets no token', async () => {
  const other = await makeCertificate({ trusted: false });
  const impostor = await startGremlin(other);
  try {
    opened = await openLinkedConnection({ arm, dataPlane: { cosmos: `https://localhost:${impostor.port}` } });
    const probed = await opened.probe({ ...account, endpoint: `wss://localhost:${impostor.port}` });
    expect(stageOf(probed, 'network')).toMatchObject({ status: 'fail', code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
    expect(impostor.credentials).toEqual([]);
  } finally {
    await impostor.close();
    await other.remove();
  }
});

test('a cloud without Gremlin answers that the account can only be discovered', async () => {
  const dataPlane = { cosmos: 'https://{account}.gremlin.cosmos.sandbox.invalid' };
  opened = await openLinkedConnection({ arm, dataPlane });
  const probed = await opened.probe({ ...account, endpoint: 'wss://graph.gremlin.cosmos.sandbox.invalid' });
  expect(statusLine(probed)).toBe('pass pass skip skip');
  expect(stageOf(probed, 'network').code).toBe('no_server');
});
