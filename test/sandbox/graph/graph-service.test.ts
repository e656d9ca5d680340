import { beforeEach, describe, expect, test } from 'vitest';
import { seededCredentials } from '../../../src/sandbox/seed/sandbox-credentials.ts';
import { createSandboxClient, type SandboxClient, sendRaw, signIn } from '../support/sandbox-client.ts';

let client: SandboxClient;
beforeEach(async () => {
  client = await createSandboxClient();
});

describe('tokens', () => {
  const withToken = (token?: string) =>
    sendRaw(client.sandbox, 'GET', `${client.sandbox.cloud.graph}/v1.0/users`, {
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    });

  test.each([
    [undefined, 'Access token is empty.'],
    ['', 'Access token is empty.'],
    ['garbage', /^IDX14100: JWT is not well formed/],
    ['a.b.c', /^Access token validation failure/],
  ])('token %j is refused', async (token, message) => {
    const { status, body, headers } = await withToken(token);
    expect([status, body.error.code]).toEqual([401, 'InvalidAuthenticationToken']);
    expect(body.error.message).toEqual(typeof message === 'string' ? message : expect.stringMatching(message));
    expect(headers['www-authenticate']).toBe(
      'Bearer realm="", authorization_uri="https://login.sandbox.invalid/common/oauth2/authorize", client_id="00000003-0000-0000-c000-000000000000"',
    );
  });

  test('a token for another resource, and one that is over, are refused', async () => {
    const { sandbox } = client;
    const forArm = await signIn(sandbox, sandbox.credentials, sandbox.cloud.resourceManager);
    expect((await withToken(forArm)).body.error.message).toBe('Access token validation failure. Invalid audience.');
    const token = await signIn(sandbox, sandbox.credentials);
    expect((await withToken(token)).status).toBe(200);
    sandbox.advance(2 * 3600);
    expect((await withToken(token)).body.error.message).toBe('Lifetime validation failed, the token is expired.');
  });

  test('a path is looked at only after the token', async () => {
    const { status } = await sendRaw(client.sandbox, 'GET', `${client.sandbox.cloud.graph}/v1.0/nonsense`);
    expect(status).toBe(401);
  });
});

describe('permissions', () => {
  test('an app without roles may do nothing', async () => {
    const { get } = await createSandboxClient({}, seededCredentials('noRoles'));
    for (const path of ['/users', '/groups', '/devices', '/applications', '/subscribedSkus', '/domains', '/contacts']) {
      const { status, body } = await get(path);
      expect([path, status, body.error?.code]).toEqual([path, 403, 'Authorization_RequestDenied']);
    }
    const audit = await get('/auditLogs/signIns');
    expect([audit.status, audit.body.error.code]).toEqual([403, 'Authentication_MSGraphPermissionMissing']);
    expect(audit.body.error.message).toContain('AuditLog.Read.All');
  });

  test('an app that reads the directory does not write it, and does not see sign-ins', async () => {
    const { get, send } = await createSandboxClient({}, seededCredentials('readOnly'));
    const id = (await get('/users?$top=1&$select=id')).body.value[0].id;
    expect((await get(`/users/${id}/memberOf`)).status).toBe(200);
    for (const [method, path] of [
      ['PATCH', `/users/${id}`],
      ['DELETE', `/users/${id}`],
      ['POST', '/groups'],
      ['POST', `/users/${id}/assignLicense`],
      ['POST', '/invitations'],
    ] as const) {
      const { status, body } = await send(method, path, { body: {} });
      expect([method, path, status, body.error?.code]).toEqual([method, path, 403, 'Authorization_RequestDenied']);
    }
    expect((await get('/users?$select=id,signInActivity')).status).toBe(403);
    expect((await get('/auditLogs/signIns')).status).toBe(403);
  });

  test('the log of requests names what a refused one lacked, which the answer does not', async () => {
    const { send, sandbox } = await createSandboxClient({}, seededCredentials('readOnly'));
    const { body } = await send('POST', '/groups', { body: {} });
    expect(JSON.stringify(body)).not.toContain('Group.Create');
    const requests = [
      { id: '1', method: 'GET', url: '/auditLogs/signIns' },
      { id: '2', method: 'GET', url: '/users?$top=1' },
    ];
    await send('POST', '/$batch', { body: { requests } });
    const needs = sandbox.requests().map((request) => request.needs);
    expect(needs.slice(-2)).toEqual([['Group.Create'], ['AuditLog.Read.All']]);
  });
});

describe('headers', () => {
  test('every answer carries its ids, errors too', async () => {
    for (const path of ['/users?$top=1', '/nonsense', '/users?$top=0']) {
      const { headers, body } = await client.get(path, { 'client-request-id': 'mine' });
      expect(headers['client-request-id']).toBe('mine');
      expect(headers['request-id']).toMatch(/^[\w-]{36}$/);
      expect(headers['date']).toBe('Thu, 15 Jan 2026 10:00:00 GMT');
      expect(JSON.parse(headers['x-ms-ags-diagnostic'] ?? '')).toHaveProperty('ServerInfo');
      if (body.error) {
        expect(body.error.innerError).toEqual({
          date: '2026-01-15T10:00:00',
          'request-id': headers['request-id'],
          'client-request-id': 'mine',
        });
      }
    }
  });

  test('success is minimal-metadata JSON of OData 4.0, and says what it cost', async () => {
    const { headers } = await client.get('/users?$top=1');
    expect(headers['content-type']).toMatch(/^application\/json;odata\.metadata=minimal;/);
    expect([headers['odata-version'], headers['x-ms-resource-unit']]).toEqual(['4.0', '1']);
    expect((await client.get('/nonsense')).headers['content-type']).toBe('application/json');
  });
});

test('a path without a version is no path', async () => {
  const { sandbox } = client;
  const token = await signIn(sandbox, sandbox.credentials);
  const ask = (method: 'GET' | 'POST', path: string) =>
    sendRaw(sandbox, method, `${sandbox.cloud.graph}${path}`, { headers: { authorization: `Bearer ${token}` } });
  expect((await ask('GET', '/users')).body.error.message).toBe('Invalid version: users');
  expect((await ask('POST', '/$batch')).status).toBe(405);
});

test.each(['{"displayName":', '["Team"]'])('an upsert with the body %s is refused', async (body) => {
  const headers = { 'content-type': 'application/json', prefer: 'create-if-missing' };
  const answer = await client.send('PATCH', "/groups(uniqueName='team-a')", { headers, body });
  expect([answer.status, answer.body.error.code]).toEqual([400, 'BadRequest']);
  expect(answer.body.error.message).toMatch(/^Unable to read JSON request payload/);
});

test('a fault strikes an item of a batch alone', async () => {
  client.sandbox.fault({ match: 'GET /v1.0/groups*', status: 429, retry_after: 4 });
  const { status, body } = await client.send('POST', '/$batch', {
    body: {
      requests: [
        { id: '1', method: 'GET', url: '/users?$top=1' },
        { id: '2', method: 'GET', url: '/groups?$top=1' },
      ],
    },
  });
  const items = new Map(body.responses.map((item: { id: string }) => [item.id, item]));
  expect(status).toBe(200);
  expect(items.get('1')).toMatchObject({ status: 200 });
  expect(items.get('2')).toMatchObject({ status: 429, body: { error: { code: 'TooManyRequests' } } });
  expect(JSON.stringify(items.get('2')).toLowerCase()).toContain('"retry-after":"4"');
});
