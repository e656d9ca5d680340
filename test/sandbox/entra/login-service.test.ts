import { createLocalJWKSet, jwtVerify } from 'jose';
import { expect, test } from 'vitest';
import { verifyAccessToken } from '../../../src/sandbox/graph/graph-service.ts';
import { seededCredentials } from '../../../src/sandbox/seed/sandbox-credentials.ts';
import {
  type Answer,
  askToken,
  assertionType,
  clientId,
  clientSecret,
  complete,
  get,
  graphScope,
  post,
  tenantId,
  without,
} from '../support/login.ts';
import { createTestContext } from '../support/test-context.ts';

test('a secret opens a token of v1.0 shape with the granted roles', async () => {
  const context = createTestContext();
  const answer = await askToken(context, complete);
  expect(answer).toMatchObject({
    status: 200,
    headers: { 'cache-control': 'no-store, no-cache' },
    body: { token_type: 'Bearer' },
  });
  expect(answer.body).not.toHaveProperty('refresh_token');
  const { body: keys } = await get(context, `/${tenantId}/discovery/v2.0/keys`);
  const { payload } = await jwtVerify(String(answer.body['access_token']), createLocalJWKSet(keys as never), {
    currentDate: new Date(context.clock.now()),
    audience: 'https://graph.microsoft.com',
    issuer: `https://sts.windows.net/${tenantId}/`,
  });
  expect(payload).toMatchObject({
    appid: clientId,
    oid: context.caller.objectId,
    tid: tenantId,
    idtyp: 'app',
    ver: '1.0',
  });
  expect(payload['roles']).toEqual(expect.arrayContaining([...context.caller.roles]));
});

test('the secret may come as HTTP Basic, url-encoded', async () => {
  const basic = Buffer.from(`${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret)}`).toString('base64');
  const form = { grant_type: 'client_credentials', scope: graphScope };
  expect(await askToken(createTestContext(), form, { authorization: `Basic ${basic}` })).toMatchObject({ status: 200 });
});

test('a tenant may be named by its domains', async () => {
  for (const name of ['contoso.example', 'CONTOSO.onmicrosoft.com']) {
    expect(await askToken(createTestContext(), complete, {}, name)).toMatchObject({ status: 200 });
  }
});

test('tokens live 60 to 90 minutes, and not all equally long', async () => {
  const context = createTestContext();
  const lives = new Set<number>();
  for (let turn = 0; turn < 12; turn++) lives.add(Number((await askToken(context, complete)).body['expires_in']));
  expect(Math.min(...lives)).toBeGreaterThanOrEqual(3600);
  expect(Math.max(...lives)).toBeLessThanOrEqual(5399);
  expect(lives.size).toBeGreaterThan(6);
});

test('a placed token lifetime sets expires_in and refresh_in', async () => {
  const context = createTestContext();
  context.place('tokenLifetime', { expires_in: 60, refresh_in: 30 });
  const { body } = await askToken(context, complete);
  expect(body).toMatchObject({ expires_in: 60, ext_expires_in: 60, refresh_in: 30 });
  const token = String(body['access_token']);
  expect(await verifyAccessToken(token, 'https://graph.microsoft.com', context)).toMatchObject({ ok: true });
  context.advance(60);
  expect(await verifyAccessToken(token, 'https://graph.microsoft.com', context)).toEqual({
    ok: false,
    message: 'Lifetime validation failed, the token is expired.',
  });
});

test('without consent the token comes without roles', async () => {
  const context = createTestContext();
  const { clientId: id, clientSecret: secret } = seededCredentials('noRoles');
  const { body } = await askToken(context, { ...complete, client_id: id, client_secret: secret });
  const check = await verifyAccessToken(String(body['access_token']), 'https://graph.microsoft.com', context);
  expect(check).toMatchObject({ ok: true, claims: { roles: [] } });
});

test('the roles of a token are those at the time of its issue', async () => {
  const context = createTestContext();
  const { clientId: id, clientSecret: secret } = seededCredentials('readOnly');
  const principal = context.store.findByKey('servicePrincipal', 'appId', id)?.id ?? '';
  const form = { ...complete, client_id: id, client_secret: secret };
  const first = await askToken(context, form);
  for (const assignment of context.store.links('servicePrincipal.appRoleAssignments', principal))
    context.store.purge('appRoleAssignment', assignment);
  const rolesIn = async ({ body }: Answer) => {
    const check = await verifyAccessToken(String(body['access_token']), 'https://graph.microsoft.com', context);
    return check.ok ? check.claims.roles.length : -1;
  };
  expect(await rolesIn(first)).toBe(5);
  expect(await rolesIn(await askToken(context, form))).toBe(0);
});

test('tokens for ARM and DevOps carry their own audience and no Graph roles', async () => {
  const context = createTestContext();
  for (const resource of [
    'https://management.azure.com',
    '499b84ac-1321-427f-aa17-267ca6975798',
    'https://arm.sandbox.test',
  ]) {
    const { body } = await askToken(context, { ...complete, scope: `${resource}/.default` });
    const token = String(body['access_token']);
    expect(await verifyAccessToken(token, resource, context)).toMatchObject({
      ok: true,
      claims: { aud: resource, roles: [] },
    });
    expect(await verifyAccessToken(token, 'https://graph.microsoft.com', context)).toMatchObject({
      ok: false,
      message: 'Access token validation failure. Invalid audience.',
    });
  }
});

test('a token that was tampered with, cut or left out is refused with its reason', async () => {
  const context = createTestContext();
  const token = String((await askToken(context, complete)).body['access_token']);
  const [header, claims = '', signature] = token.split('.');
  const forged = Buffer.from(
    JSON.stringify({ ...JSON.parse(Buffer.from(claims, 'base64url').toString()), roles: ['X'] }),
  ).toString('base64url');
  const check = (text: string | undefined) => verifyAccessToken(text, 'https://graph.microsoft.com', context);
  expect(await check(`${header}.${forged}.${signature}`)).toMatchObject({ ok: false });
  expect(await check(token.slice(0, -2))).toMatchObject({ ok: false });
  expect(await check('garbage')).toMatchObject({ ok: false, message: expect.stringContaining('IDX14100') });
  expect(await check(undefined)).toEqual({ ok: false, message: 'Access token is empty.' });
  expect(await check(String((await askToken(createTestContext(), complete)).body['access_token']))).toMatchObject({
    ok: false,
  });
});

const otherApp = '99999999-9999-4999-8999-999999999999';
test.each([
  ['a wrong secret', { ...complete, client_secret: 'wrong' }, 401, 'invalid_client', 7000215],
  [
    'an expired secret',
    {
      ...complete,
      client_id: seededCredentials('expired').clientId,
      client_secret: seededCredentials('expired').clientSecret,
    },
    401,
    'invalid_client',
    7000222,
  ],
  ['an unknown app', { ...complete, client_id: otherApp }, 400, 'unauthorized_client', 700016],
  [
    'a disabled app',
    {
      ...complete,
      client_id: seededCredentials('disabled').clientId,
      client_secret: seededCredentials('disabled').clientSecret,
    },
    400,
    'unauthorized_client',
    7000112,
  ],
  ['no grant type', without('grant_type'), 400, 'invalid_request', 900144],
  ['no client id', without('client_id'), 400, 'invalid_request', 900144],
  ['no scope', without('scope'), 400, 'invalid_request', 900144],
  ['no secret', without('client_secret'), 401, 'invalid_client', 7000216],
  ['another grant', { ...complete, grant_type: 'password' }, 400, 'unsupported_grant_type', 70003],
  [
    'a scope without .default',
    { ...complete, scope: 'https://graph.microsoft.com/User.Read' },
    400,
    'invalid_scope',
    1002012,
  ],
  [
    'two resources',
    { ...complete, scope: `${graphScope} https://management.azure.com/.default` },
    400,
    'invalid_request',
    700022,
  ],
  ['an unknown resource', { ...complete, scope: 'https://unknown.example/.default' }, 400, 'invalid_resource', 500011],
  [
    'a malformed assertion',
    { ...without('client_secret'), client_assertion_type: assertionType, client_assertion: 'abc' },
    401,
    'invalid_request',
    50027,
  ],
])('%s is refused with its own code', async (_, form, status, error, code) => {
  const answer = await askToken(createTestContext(), form);
  expect(answer).toMatchObject({ status, body: { error, error_codes: [code] } });
  expect(answer.body['error_description']).toMatch(
    new RegExp(`^AADSTS${code}: .+ Trace ID: [-0-9a-f]{36} Correlation ID: .+ Timestamp: 2026-01-15 10:00:00Z$`),
  );
  expect(answer.body).toMatchObject({
    timestamp: '2026-01-15 10:00:00Z',
    error_uri: expect.stringContaining(String(code)),
  });
});

test.each([
  ['11111111-1111-4111-8111-111111111111', 'invalid_request', 90002],
  ['unknown.example', 'invalid_request', 90002],
  ['not_a_tenant', 'invalid_request', 900023],
  ['common', 'invalid_request', 9001023],
])('the tenant %s is refused', async (tenantName, error, code) => {
  expect(await askToken(createTestContext(), complete, {}, tenantName)).toMatchObject({
    status: 400,
    body: { error, error_codes: [code] },
  });
});

test('the token endpoint takes POST only', async () => {
  expect(await get(createTestContext(), `/${tenantId}/oauth2/v2.0/token`)).toMatchObject({
    status: 400,
    body: { error_codes: [900561] },
  });
});

test('the client request id comes back when it is asked for', async () => {
  const headers = { 'client-request-id': 'abc', 'return-client-request-id': 'true' };
  expect(await askToken(createTestContext(), complete, headers)).toMatchObject({
    headers: { 'client-request-id': 'abc' },
  });
  expect((await askToken(createTestContext(), complete, { 'client-request-id': 'abc' })).headers).not.toHaveProperty(
    'client-request-id',
  );
});

test('discovery names the endpoints of the tenant and refuses tenants that do not exist', async () => {
  const context = createTestContext();
  const { body } = await get(context, `/${tenantId}/v2.0/.well-known/openid-configuration`);
  expect(body).toMatchObject({
    issuer: `https://login.sandbox.test/${tenantId}/v2.0`,
    token_endpoint: `https://login.sandbox.test/${tenantId}/oauth2/v2.0/token`,
    device_authorization_endpoint: `https://login.sandbox.test/${tenantId}/oauth2/v2.0/devicecode`,
  });
  expect(await get(context, '/unknown.example/v2.0/.well-known/openid-configuration')).toMatchObject({
    status: 400,
    body: { error: 'invalid_tenant', error_codes: [90002] },
  });
});

test('a device code waits for the person, then gives a token and a refresh token', async () => {
  const context = createTestContext();
  const { body: started } = await post(context, `/${tenantId}/oauth2/v2.0/devicecode`, {
    client_id: clientId,
    scope: 'https://graph.microsoft.com/User.Read offline_access openid',
  });
  const poll = {
    grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
    client_id: clientId,
    device_code: String(started['device_code']),
  };
  expect(await askToken(context, poll)).toMatchObject({ status: 400, body: { error: 'authorization_pending' } });
  await get(context, `/devicelogin?user_code=${started['user_code']}`);
  const answer = await askToken(context, poll);
  expect(answer).toMatchObject({
    status: 200,
    body: { scope: 'User.Read', refresh_token: expect.any(String), id_token: expect.any(String) },
  });
  const check = await verifyAccessToken(String(answer.body['access_token']), 'https://graph.microsoft.com', context);
  expect(check).toMatchObject({ ok: true, claims: { idtyp: 'user', scp: ['User.Read'], roles: [] } });
  expect(await askToken(context, poll)).toMatchObject({ status: 400, body: { error: 'bad_verification_code' } });
  const refreshed = await askToken(context, {
    grant_type: 'refresh_token',
    client_id: clientId,
    refresh_token: String(answer.body['refresh_token']),
  });
  expect(refreshed).toMatchObject({ status: 200 });
  expect(
    await askToken(context, { grant_type: 'refresh_token', client_id: clientId, refresh_token: 'forged' }),
  ).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
});

test('a device code can be declined and runs out after fifteen minutes', async () => {
  const context = createTestContext();
  const start = async () =>
    (await post(context, `/${tenantId}/oauth2/v2.0/devicecode`, { client_id: clientId, scope: 'openid' })).body;
  const declined = await start();
  await get(context, `/devicelogin?user_code=${declined['user_code']}&decline=1`);
  const late = await start();
  const poll = ({ device_code: code }: Readonly<Record<string, unknown>>) =>
    askToken(context, { grant_type: 'device_code', client_id: clientId, device_code: String(code) });
  expect(await poll(declined)).toMatchObject({ body: { error: 'authorization_declined' } });
  context.advance(900);
  expect(await poll(late)).toMatchObject({ body: { error: 'expired_token' } });
});

test('a machine gets tokens from both managed identity endpoints', async () => {
  const context = createTestContext();
  const imds = '/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https%3A%2F%2Fgraph.microsoft.com';
  const machine = await get(context, imds, { metadata: 'true' });
  expect(machine).toMatchObject({
    status: 200,
    body: { token_type: 'Bearer', expires_in: expect.stringMatching(/^\d+$/), client_id: clientId },
  });
  expect(await get(context, imds)).toMatchObject({ status: 400 });
  expect(await get(context, `${imds}&client_id=${otherApp}`, { metadata: 'true' })).toMatchObject({
    status: 400,
    body: { error_description: 'Identity not found' },
  });
  const service = await get(context, '/msi/token?api-version=2019-08-01&resource=https%3A%2F%2Fmanagement.azure.com', {
    'x-identity-header': 'h',
  });
  expect(service).toMatchObject({ status: 200, body: { expires_on: expect.stringMatching(/^\d+$/) } });
});

test('with replication lag a new app cannot sign in at first', async () => {
  const context = createTestContext();
  context.place('replicationLag', { seconds: 30 });
  const appId = context.newId();
  const keyId = context.newId();
  context.store.insert('application', {
    id: context.newId(),
    appId,
    displayName: 'New',
    createdDateTime: '2026-01-15T10:00:00Z',
    passwordCredentials: [{ keyId, secretText: 's3cret' }],
  });
  const form = { ...complete, client_id: appId, client_secret: 's3cret' };
  expect(await askToken(context, form)).toMatchObject({ status: 400, body: { error_codes: [700016] } });
  context.advance(30);
  expect(await askToken(context, form)).toMatchObject({ status: 200 });
});

test('a token for the app id of Graph is one for Graph', async () => {
  const context = createTestContext();
  const appId = '00000003-0000-0000-c000-000000000000';
  const { body } = await askToken(context, { ...complete, scope: `${appId}/.default` });
  const token = String(body['access_token']);
  expect(await verifyAccessToken(token, ['https://graph.microsoft.com', appId], context)).toMatchObject({
    ok: true,
    claims: { aud: appId, roles: expect.arrayContaining(['User.Read.All']) },
  });
});

test('metadata of OAuth at the root of the host is not there, as with Entra: clients then ask for that of OpenID Connect', async () => {
  const context = createTestContext();
  for (const name of ['oauth-authorization-server', 'openid-configuration']) {
    for (const issuer of ['', `/${tenantId}/v2.0`]) {
      expect(await get(context, `/.well-known/${name}${issuer}`)).toMatchObject({ status: 404 });
    }
  }
});
