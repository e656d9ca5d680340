import { request as httpRequest } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Cloud } from '../../../src/core/base/clouds.ts';
import { createSandbox } from '../../../src/sandbox/create-sandbox.ts';
import type { Sandbox } from '../../../src/sandbox/sandbox.ts';

let sandbox: Sandbox;
let url: string;
let cloud: Cloud;
beforeAll(async () => {
  sandbox = createSandbox({ now: '2026-01-15T10:00:00Z', frozenClock: true });
  ({ url, cloud } = await sandbox.listen(0));
});
afterAll(() => sandbox.close());

const control = (method: string, path: string, body?: unknown) =>
  fetch(`${url}/__sandbox/${path}`, { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });

async function graphGet(path: string): Promise<Response> {
  const { tenantId, clientId, clientSecret } = sandbox.credentials;
  const form = { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret };
  const signIn = await fetch(`${cloud.login}/${tenantId}/oauth2/v2.0/token`, {
    method: 'POST',
    body: new URLSearchParams({ ...form, scope: `${cloud.graph}/.default` }),
  });
  const { access_token: token } = (await signIn.json()) as { access_token: string };
  return fetch(path.startsWith('http') ? path : `${cloud.graph}/v1.0${path}`, {
    headers: { authorization: `Bearer ${token}` },
  });
}

/** Status of a GET with the given Host header. */
function statusWithHost(host: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    httpRequest(`${url}/__sandbox/requests`, { headers: { host } }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .once('error', reject)
      .end();
  });
}

describe('addresses', () => {
  test('the services are at paths of one loopback port', () => {
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(cloud).toMatchObject({
      name: 'sandbox',
      login: url,
      graph: `${url}/graph`,
      resourceManager: `${url}/arm`,
      devops: `${url}/devops`,
    });
  });

  test('nextLinks lead back to the port', async () => {
    const first = (await (await graphGet('/users?$top=5')).json()) as { '@odata.nextLink': string };
    expect(first['@odata.nextLink'].startsWith(`${url}/graph/v1.0/users?`)).toBe(true);
    expect((await graphGet(first['@odata.nextLink'])).status).toBe(200);
  });

  test('the clock of the tenant is in the Date header', async () => {
    expect((await graphGet('/organization')).headers.get('date')).toBe('Thu, 15 Jan 2026 10:00:00 GMT');
  });

  test.each([
    ['127.0.0.1:1', 200],
    ['localhost', 200],
    ['[::1]:80', 200],
    ['sandbox.example', 421],
    ['127.0.0.1.evil.example', 421],
    ['localhost.evil.example:80', 421],
  ])('Host %s answers %i', async (host, status) => {
    expect(await statusWithHost(host)).toBe(status);
  });

  test('Azure DevOps leads whoever has no token to its sign-in page', async () => {
    const answer = await fetch(`${cloud.devops}/contoso/_apis/projects`);
    expect([answer.url.startsWith(`${cloud.devops}/_signin?`), (await answer.text()).includes('Sign In')]).toEqual([
      true,
      true,
    ]);
  });
});

describe('controls over HTTP', () => {
  test('faults strike, and a reset is a broken connection', async () => {
    expect((await control('POST', 'faults', { match: 'GET /v1.0/*', status: 503 })).status).toBe(200);
    expect((await graphGet('/users')).status).toBe(503);
    await control('POST', 'faults', { match: 'GET /v1.0/*', reset: 'before' });
    await expect(graphGet('/users')).rejects.toThrow('fetch failed');
    expect((await graphGet('/users')).status).toBe(200);
  });

  test('requests are listed with their secrets masked', async () => {
    await graphGet('/domains');
    const { requests } = (await (await control('GET', 'requests')).json()) as { requests: readonly unknown[] };
    const text = JSON.stringify(requests);
    expect(requests.at(-1)).toMatchObject({
      service: 'graph',
      method: 'GET',
      url: '/v1.0/domains',
      headers: { authorization: 'Bearer ***' },
      status: 200,
    });
    expect(requests.at(-2)).toMatchObject({ service: 'login', body: { client_secret: '***' } });
    expect(text).not.toContain(sandbox.credentials.clientSecret);
    expect(text).not.toContain('eyJ');
  });

  test('the clock moves', async () => {
    const answer = await control('POST', 'clock', { advance: 90.5 });
    expect(await answer.json()).toEqual({ now: '2026-01-15T10:01:30.500Z' });
  });

  test('objects and links are placed as given, and reset brings back the seed', async () => {
    const group = { id: '11111111-2222-4333-8444-555555555555', displayName: 'Placed', odd: true };
    expect((await control('POST', 'objects', { service: 'graph', type: 'group', object: group })).status).toBe(200);
    const user = ((await (await graphGet('/users?$top=1&$select=id')).json()) as { value: { id: string }[] }).value[0];
    const link = { relation: 'group.members', from: group.id, to: user?.id };
    expect((await control('POST', 'objects', { service: 'graph', type: 'link', object: link })).status).toBe(200);
    expect(await (await graphGet(`/groups/${group.id}`)).json()).toMatchObject(group);
    const members = (await (await graphGet(`/groups/${group.id}/members?$select=id`)).json()) as { value: unknown[] };
    expect(members.value).toEqual([{ '@odata.type': '#microsoft.graph.user', ...user }]);
    await control('POST', 'reset');
    expect((await graphGet(`/groups/${group.id}`)).status).toBe(404);
    expect(sandbox.clock.now()).toBe(Date.parse('2026-01-15T10:00:00Z'));
  });

  test.each([
    ['POST', 'faults', { matc: 'x' }, 400, 'Valid: { match, service, status, times,'],
    ['POST', 'faults', [], 400, 'Valid'],
    ['POST', 'clock', { advance: -1 }, 400, 'advance'],
    ['POST', 'clock', { advance: '5' }, 400, 'advance'],
    ['POST', 'clock', { forward: 5 }, 400, 'Valid: { advance }'],
    ['POST', 'objects', { service: 'graph', type: 'usr', object: {} }, 400, 'Valid: user, group,'],
    ['POST', 'objects', { service: 'arm', type: 'x', object: {} }, 400, 'Valid: subscription'],
    ['POST', 'objects', { service: 'graph', type: 'link', object: { from: 'a' } }, 400, 'group.members'],
    ['GET', 'faults', undefined, 405, 'POST'],
    ['POST', 'nonsense', {}, 404, '/__sandbox/faults, /__sandbox/requests'],
  ])('%s /__sandbox/%s %j answers %i and says what is valid', async (method, path, body, status, message) => {
    const answer = await control(method, path, body);
    expect(answer.status).toBe(status);
    expect(await answer.text()).toContain(message);
  });

  test('text that is no JSON is refused', async () => {
    const answer = await fetch(`${url}/__sandbox/clock`, { method: 'POST', body: '{' });
    expect(answer.status).toBe(400);
  });
});
