import { expect, test } from 'vitest';
import { seededAccessToken } from '../../../src/sandbox/devops/seed/devops-credentials.ts';
import { seededCredentials } from '../../../src/sandbox/seed/sandbox-credentials.ts';
import { sendRaw, signIn } from '../support/sandbox-client.ts';
import { basic, createDevOpsClient, devopsAudience, endpoints, game } from './support/devops-client.ts';

const suppress = { 'x-tfs-fedauthredirect': 'Suppress' };

test.each([
  ['nothing', '', 302],
  ['a token that is none', 'Bearer abc', 203],
  ['another scheme', 'Digest abc', 203],
  ['an unknown personal access token', basic('abc'), 401],
  ['an empty personal access token', basic(''), 401],
])('%s leads to the sign-in page, and to 401 when redirects are suppressed', async (_, authorization, status) => {
  const client = (await createDevOpsClient()).withHeader(authorization);
  const page = await client.get('/_apis/projects');
  expect([page.status, page.headers['content-type'], page.text.startsWith('<!DOCTYPE html>')]).toEqual([
    status,
    'text/html; charset=utf-8',
    true,
  ]);
  const refused = await client.get('/_apis/projects', { headers: suppress });
  expect([refused.status, refused.headers['www-authenticate']]).toEqual([
    401,
    expect.stringMatching(/^Bearer authorization_uri=https:.*, Basic realm=.*, TFS-Federated$/),
  ]);
});

test('the sign-in page can be placed with another status', async () => {
  const { sandbox, withHeader } = await createDevOpsClient();
  sandbox.placeObject('devops', 'signInPage', { status: 200 });
  expect((await withHeader('').get('/_apis/projects')).status).toBe(200);
});

test('tokens for the application of Azure DevOps and for its address are good, others are not', async () => {
  const client = await createDevOpsClient();
  const { sandbox } = client;
  const ask = async (audience: string) => {
    const token = await signIn(sandbox, sandbox.credentials, audience);
    return (await client.withHeader(`Bearer ${token}`).get('/_apis/projects', { headers: suppress })).status;
  };
  expect([
    await ask(devopsAudience),
    await ask(sandbox.cloud.devops),
    await ask(sandbox.cloud.graph),
    await ask(sandbox.cloud.resourceManager),
  ]).toEqual([200, 200, 401, 401]);
});

test('a token that has expired is no token', async () => {
  const client = await createDevOpsClient();
  client.sandbox.advance(2 * 3600);
  expect((await client.get('/_apis/projects')).status).toBe(203);
});

test('whoever is no member is refused, and a reader only reads', async () => {
  const client = await createDevOpsClient();
  const stranger = await (await client.as(seededCredentials('limited'))).get('/_apis/projects');
  expect([stranger.status, stranger.body.typeKey, stranger.body.message]).toEqual([
    403,
    'UnauthorizedRequestException',
    "TF400813: The user 'tenantry-limited' is not authorized to access this resource.",
  ]);
  const reader = await client.as(seededCredentials('readOnly'));
  const endpoint = await reader.endpoint('azure-production');
  const refused = await reader.convert(endpoint, 'WorkloadIdentityFederation');
  expect([refused.status, refused.body.typeKey]).toEqual([403, 'AccessCheckException']);
});

test('a placed member is let in', async () => {
  const client = await createDevOpsClient();
  const credentials = seededCredentials('limited');
  client.sandbox.placeObject('devops', 'member', { appId: credentials.clientId, role: 'reader' });
  expect((await (await client.as(credentials)).get('/_apis/projects')).status).toBe(200);
});

test('personal access tokens have scopes and end', async () => {
  const client = await createDevOpsClient();
  client.sandbox.placeObject('devops', 'personalAccessToken', {
    token: 'read-only-token',
    scopes: ['vso.serviceendpoint'],
    expires: '2026-01-16T10:00:00Z',
  });
  const limited = client.withHeader(basic('read-only-token'));
  expect((await limited.get(`/Payments${endpoints}`)).status).toBe(200);
  expect((await limited.get('/_apis/projects')).status).toBe(403);
  expect((await limited.send('DELETE', `${endpoints}/${game.id}?projectIds=${game.id}`)).status).toBe(403);
  client.sandbox.advance(86_400);
  const expired = await limited.get(`/Payments${endpoints}`);
  expect([expired.status, expired.text.includes('Personal Access Token used has expired')]).toEqual([401, true]);
});

test('a personal access token is taken as Basic only', async () => {
  const client = await createDevOpsClient();
  expect((await client.withHeader(`Bearer ${seededAccessToken}`).get('/_apis/projects')).status).toBe(203);
  expect((await client.withHeader(basic(seededAccessToken)).get('/_apis/projects')).status).toBe(200);
});

test('an organization that is not there is a page with 404', async () => {
  const { sandbox, authorization } = await createDevOpsClient();
  const answer = await sendRaw(sandbox, 'GET', `${sandbox.cloud.devops}/fabrikam/_apis/projects?api-version=7.1`, {
    headers: { authorization },
  });
  expect([answer.status, answer.text.startsWith('<!DOCTYPE html>')]).toEqual([404, true]);
});

test.each([
  ['POST', '', 400, 'VssVersionNotSpecifiedException'],
  ['GET', '', 200, undefined],
  ['GET', '7.1', 200, undefined],
  ['GET', '5.0-preview.2', 200, undefined],
  ['GET', '7.2-preview.4', 200, undefined],
  ['GET', '7.2', 400, 'VssInvalidPreviewVersionException'],
  ['GET', '9.0', 400, 'VssVersionOutOfRangeException'],
  ['GET', 'new', 400, 'VssVersionFormatException'],
] as const)('%s with api-version "%s" answers %i', async (method, version, status, typeKey) => {
  const client = await createDevOpsClient();
  const path = method === 'POST' ? endpoints : `/Payments${endpoints}`;
  const answer = await client.send(method, path, { version, ...(method === 'POST' ? { body: {} } : {}) });
  expect([answer.status, answer.body.typeKey]).toEqual([status, typeKey]);
});

test('the version can be in the Accept header, and what is only a preview wants the flag', async () => {
  const client = await createDevOpsClient();
  const headers = { accept: 'application/json;api-version=7.2' };
  expect((await client.get('/_apis/projects', { version: '', headers })).body.typeKey).toBe(
    'VssInvalidPreviewVersionException',
  );
  expect((await client.get('/_apis/connectionData')).status).toBe(400);
  const data = await client.get('/_apis/connectionData', { version: '7.1-preview.1' });
  expect([data.status, data.body.instanceId]).toEqual([200, '5a11d0c5-7e4a-4c0d-8b0a-de0000000001']);
});

test('errors begin with a byte order mark and have the wrapper of the service', async () => {
  const answer = await (await createDevOpsClient()).get('/Nowhere/_apis/serviceendpoint/endpoints');
  expect(answer.text.charCodeAt(0)).toBe(0xfeff);
  expect([answer.status, answer.body]).toEqual([
    404,
    expect.objectContaining({
      $id: '1',
      innerException: null,
      typeKey: 'ProjectDoesNotExistWithNameException',
      message: expect.stringContaining('TF200016'),
      errorCode: 0,
      eventId: 3000,
    }),
  ]);
});

test('what is not emulated is named, and a route of the other level is not found', async () => {
  const client = await createDevOpsClient();
  const unknown = await client.get('/_apis/git/repositories');
  expect([unknown.status, unknown.body.message]).toEqual([
    501,
    expect.stringContaining('/contoso/_apis/git/repositories'),
  ]);
  expect((await client.get(endpoints)).status).toBe(404);
  expect((await client.send('DELETE', `/Payments${endpoints}/${game.id}`)).status).toBe(404);
});
