import { expect, test } from 'vitest';
import { tenant } from '../../../src/sandbox/seed/tenant.ts';
import { sendRaw, signIn } from '../support/sandbox-client.ts';
import { azureEndpoint } from './support/azure-endpoint.ts';
import {
  asPerson,
  createDevOpsClient,
  type DevOpsClient,
  devopsAudience,
  endpoints,
  payments,
} from './support/devops-client.ts';

const owner = '8e3af657-a8ff-443c-a75c-2fe8c4bcb635';
const production = `/subscriptions/${tenant.subscriptionId}`;
const automatic = (scheme: string, parameters = {}) =>
  azureEndpoint('made-for-me', {
    scheme,
    parameters: {
      serviceprincipalid: '',
      ...(scheme === 'ServicePrincipal' ? { serviceprincipalkey: '' } : {}),
      ...parameters,
    },
    data: { creationMode: 'Automatic' },
  });

async function application({ sandbox }: DevOpsClient, appId: string) {
  const headers = { authorization: `Bearer ${await signIn(sandbox, sandbox.credentials)}` };
  return sendRaw(sandbox, 'GET', `${sandbox.cloud.graph}/v1.0/applications(appId='${appId}')`, { headers });
}

async function asOwner(): Promise<DevOpsClient> {
  const client = asPerson(await createDevOpsClient());
  const { createdBy } = await client.endpoint('azure-production');
  client.sandbox.placeObject('arm', 'roleAssignment', {
    name: '5a11d0c5-7e4a-4c0d-8b0a-f00d00000001',
    scope: production,
    roleId: owner,
    principalId: createdBy.id,
    principalType: 'User',
  });
  return client;
}

test('an app cannot have an automatic endpoint made', async () => {
  const client = await createDevOpsClient();
  const answer = await client.send('POST', endpoints, { body: automatic('WorkloadIdentityFederation') });
  expect([answer.status, answer.body.typeKey, answer.body.message]).toEqual([
    500,
    'AadAccessSilentException',
    expect.stringMatching(
      /^Failed to obtain the Json Web Token\(JWT\) using service principal client ID.*A valid refresh token was not found/,
    ),
  ]);
  expect(await client.endpoint('made-for-me')).toBeUndefined();
});

test.each(['ServicePrincipal', 'WorkloadIdentityFederation'])(
  'an owner has one made with %s: app, principal, credential and role are there when it is ready',
  async (scheme) => {
    const client = await asOwner();
    const { status, body: made } = await client.send('POST', endpoints, { body: automatic(scheme) });
    expect([status, made.isReady, made.operationStatus.state]).toEqual([200, false, 'InProgress']);
    const ready = await client.settled(made.id);
    expect(ready).toMatchObject({
      isReady: true,
      operationStatus: { state: 'Ready' },
      data: {
        appObjectId: expect.any(String),
        spnObjectId: expect.any(String),
        azureSpnRoleAssignmentId: expect.any(String),
      },
    });
    expect((await client.test(made.id)).body.statusCode).toBe('ok');
    const app = await application(client, ready.authorization.parameters.serviceprincipalid);
    expect(app.body.id).toBe(ready.data.appObjectId);
  },
);

test('a person who has signed in by device code has one made as well', async () => {
  const client = await asOwner();
  const { sandbox } = client;
  const { tenantId, clientId } = sandbox.credentials;
  const login = (path: string, form: Record<string, string>) =>
    sendRaw(sandbox, 'POST', `${sandbox.cloud.login}/${tenantId}/oauth2/v2.0/${path}`, {
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ client_id: clientId, ...form }).toString(),
    });
  const started = (await login('devicecode', { scope: `${devopsAudience}/.default` })).body;
  await sendRaw(sandbox, 'GET', `${sandbox.cloud.login}/devicelogin?user_code=${started.user_code}`);
  const { body } = await login('token', { grant_type: 'device_code', device_code: started.device_code });
  const person = client.withHeader(`Bearer ${body.access_token}`);
  const { status, body: made } = await person.send('POST', endpoints, {
    body: automatic('WorkloadIdentityFederation'),
  });
  expect([status, (await person.settled(made.id)).operationStatus.state]).toEqual([200, 'Ready']);
});

test('a parameter that is spelt in another case stays one parameter', async () => {
  const client = await asOwner();
  const body = automatic('ServicePrincipal', { AUTHENTICATIONTYPE: 'spnKey' });
  const { body: made } = await client.send('POST', endpoints, { body });
  const names = Object.keys((await client.settled(made.id)).authorization.parameters).map((name) => name.toLowerCase());
  expect(names.filter((name) => name === 'authenticationtype')).toHaveLength(1);
});

test('one for a resource group works there', async () => {
  const client = await asOwner();
  const scope = `${production}/resourcegroups/rg-contoso-web`;
  const { body: made } = await client.send('POST', endpoints, { body: automatic('ServicePrincipal', { scope }) });
  await client.settled(made.id);
  const { body } = await client.test(made.id);
  expect([body.statusCode, JSON.parse(body.result[0]).name]).toEqual(['ok', 'rg-contoso-web']);
});

test('who is no owner gets a failed one, with the words of Resource Manager, which blocks its name', async () => {
  const client = asPerson(await createDevOpsClient());
  const { body: made } = await client.send('POST', endpoints, { body: automatic('WorkloadIdentityFederation') });
  const failed = await client.settled(made.id);
  expect(failed).toMatchObject({
    isReady: false,
    operationStatus: {
      state: 'Failed',
      statusMessage: expect.stringContaining("action 'Microsoft.Authorization/roleAssignments/write' over scope"),
    },
  });
  const listed = async (query: string) =>
    (await client.get(`/Payments${endpoints}?endpointNames=made-for-me${query}`)).body.count;
  expect([await listed(''), await listed('&includeFailed=true')]).toEqual([0, 1]);
  const again = await client.send('POST', endpoints, { body: automatic('WorkloadIdentityFederation') });
  expect(again.body.typeKey).toBe('DuplicateServiceConnectionException');
});

test('a subscription that is not there fails too', async () => {
  const client = await asOwner();
  const body = { ...automatic('ServicePrincipal'), name: 'nowhere' };
  const { body: made } = await client.send('POST', endpoints, {
    body: { ...body, data: { ...body.data, subscriptionId: '5a11d0c5-7e4a-4c0d-8b0a-000000000009' } },
  });
  expect((await client.settled(made.id)).operationStatus.statusMessage).toContain('SubscriptionNotFound');
});

test('an empty key renews the secret for a person, and not for an app', async () => {
  const client = await createDevOpsClient();
  const endpoint = await client.endpoint('azure-expired-secret');
  const parameters = { ...endpoint.authorization.parameters, serviceprincipalkey: '' };
  const body = { ...endpoint, authorization: { ...endpoint.authorization, parameters } };
  const renew = (caller: DevOpsClient) => caller.send('PUT', `${endpoints}/${endpoint.id}`, { body });
  expect((await renew(client)).body.typeKey).toBe('AadAccessSilentException');
  expect((await client.test(endpoint.id)).body.statusCode).toBe('unauthorized');
  expect((await renew(asPerson(client))).status).toBe(200);
  expect((await client.test(endpoint.id)).body.statusCode).toBe('ok');
});

test.each([
  ['&deep=true', 404],
  ['', 200],
])('DELETE with "%s" leaves an app that answers %i', async (query, status) => {
  const client = await createDevOpsClient();
  const endpoint = await client.endpoint('azure-production');
  await client.send('DELETE', `${endpoints}/${endpoint.id}?projectIds=${payments.id}${query}`);
  await client.settled(endpoint.id);
  expect((await application(client, endpoint.authorization.parameters.serviceprincipalid)).status).toBe(status);
});

test("the app of a hand-made endpoint is nobody's to delete", async () => {
  const client = await createDevOpsClient();
  const endpoint = await client.endpoint('azure-manual-key');
  await client.send('DELETE', `${endpoints}/${endpoint.id}?projectIds=${payments.id}&deep=true`);
  expect((await application(client, endpoint.authorization.parameters.serviceprincipalid)).status).toBe(200);
});
