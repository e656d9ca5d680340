import { expect, test } from 'vitest';
import { seededCredentials } from '../../../src/sandbox/seed/sandbox-credentials.ts';
import { asPerson, createDevOpsClient, endpoints } from './support/devops-client.ts';

const path = `/Payments${endpoints}`;

test('over the budget answers come with delays first, then 429; time brings it back', async () => {
  const client = await createDevOpsClient();
  const { sandbox } = client;
  sandbox.placeObject('devops', 'throttleLimits', { tstu: 3, window_seconds: 30, refuse_tstu: 5, read_cost: 1 });
  const ask = async () => {
    const { status, headers } = await client.get(path);
    return [status, headers['retry-after'], headers['x-ratelimit-delay']];
  };
  for (let count = 0; count < 3; count++) expect(await ask()).toEqual([200, undefined, undefined]);
  expect(await ask()).toEqual([200, '10', '10.000']);
  expect(await ask()).toEqual([200, '20', '20.000']);
  const refused = await client.get(path);
  expect([refused.status, refused.body.message]).toEqual([
    429,
    "TF400733: The request has been canceled: Request was blocked due to exceeding usage of resource 'Core' in namespace 'User'.",
  ]);
  expect(refused.headers).toMatchObject({
    'retry-after': '30',
    'x-ratelimit-resource': 'Core',
    'x-ratelimit-limit': '3',
    'x-ratelimit-remaining': '0',
    'x-ratelimit-reset': String(Date.parse('2026-01-15T10:00:30Z') / 1000),
  });
  expect((await asPerson(client).get(path)).status).toBe(200);
  sandbox.advance(30);
  expect(await ask()).toEqual([200, undefined, undefined]);
});

test('the published budget is not used up by a project full of conversions', async () => {
  const client = await createDevOpsClient();
  for (let count = 0; count < 200; count++) {
    expect((await client.get(path)).headers['retry-after']).toBeUndefined();
  }
});

test('faults strike Azure DevOps in its own words', async () => {
  const client = await createDevOpsClient();
  client.sandbox.fault({ service: 'devops', match: 'GET /contoso/Payments/*', status: 503, retry_after: 7 });
  const answer = await client.get(path);
  expect([answer.status, answer.headers['retry-after'], answer.body.typeKey]).toEqual([
    503,
    '7',
    'ServiceUnavailableException',
  ]);
  expect((await client.get(path)).status).toBe(200);
});

test('the log has no secret of an endpoint, a token or a personal access token', async () => {
  const client = await createDevOpsClient();
  const { sandbox } = client;
  const secrets = {
    serviceprincipalkey: 'SECRET-1',
    servicePrincipalCertificate: 'SECRET-2',
    publishProfile: 'SECRET-3',
    AccessToken: 'SECRET-4',
    password: 'SECRET-5',
    apitoken: 'SECRET-6',
  };
  const body = { name: 'x', authorization: { scheme: 'ServicePrincipal', parameters: secrets } };
  await client.send('POST', endpoints, { body });
  await client.send('POST', '/Payments/_apis/serviceendpoint/endpointproxy?endpointId=0', {
    body: { serviceEndpointDetails: body },
  });
  await asPerson(client).get(path);
  const text = JSON.stringify(sandbox.requests());
  expect(text).not.toMatch(/SECRET-\d/);
  expect(text).not.toContain(client.authorization.slice('Bearer '.length));
  expect(text).not.toContain(asPerson(client).authorization.slice('Basic '.length));
  expect(text).toContain('"serviceprincipalkey":"***"');
});

test.each([
  [
    'weather',
    {},
    /type: 'weather' is not known for devops\. Valid: project, serviceEndpoint, personalAccessToken, member, throttleLimits, /,
  ],
  ['throttleLimits', { units: 5 }, /object\.units: not known in throttleLimits\. Valid: tstu, window_seconds/],
  ['serviceEndpoint', { name: 'x', colour: 'red' }, /"colour".*Valid: id, name, project/],
  [
    'serviceEndpoint',
    { name: 'x', project: 'Nowhere' },
    /there is no project 'Nowhere'\. Valid: Payments, Space game web agent, Empty\./,
  ],
  ['personalAccessToken', {}, /token: /],
  ['member', { role: 'reader' }, /give objectId, or the appId/],
])('a mistake in a placed %s is told with what is valid', async (type, object, message) => {
  const { sandbox } = await createDevOpsClient();
  expect(() => sandbox.placeObject('devops', type, object)).toThrow(message);
});

test('a member can be taken out again', async () => {
  const client = await createDevOpsClient();
  client.sandbox.placeObject('devops', 'member', { appId: seededCredentials('readOnly').clientId, role: 'none' });
  expect((await (await client.as(seededCredentials('readOnly'))).get(path)).status).toBe(403);
});

test('placed endpoints are as they are placed', async () => {
  const client = await createDevOpsClient();
  const { sandbox } = client;
  sandbox.placeObject('devops', 'serviceEndpoint', {
    name: 'failed-one',
    state: 'Failed',
    statusMessage: 'No quota.',
    app: false,
  });
  sandbox.placeObject('devops', 'serviceEndpoint', {
    name: 'shared-one',
    projects: ['Payments', { project: 'Empty', name: 'other-name' }],
    secretDays: -1,
  });
  expect(await client.endpoint('failed-one')).toMatchObject({
    isReady: false,
    operationStatus: { state: 'Failed', statusMessage: 'No quota.' },
  });
  const shared = await client.endpoint('other-name', 'Empty');
  expect(shared).toMatchObject({ isShared: true, data: { creationMode: 'Automatic' } });
  expect((await client.test(shared.id)).body.errorMessage).toContain('AADSTS7000222');
});
