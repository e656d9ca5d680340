import { expect, test } from 'vitest';
import { sendRaw, signIn } from '../support/sandbox-client.ts';
import { asPerson, createDevOpsClient, type DevOpsClient, endpoints, game, payments } from './support/devops-client.ts';

const federation = 'WorkloadIdentityFederation';
const principal = 'ServicePrincipal';
const day = 86_400;

/** The federated credentials of the app behind an endpoint, as Graph shows them. */
async function federations({ sandbox }: DevOpsClient, appId: string) {
  const headers = { authorization: `Bearer ${await signIn(sandbox, sandbox.credentials)}` };
  const url = `${sandbox.cloud.graph}/v1.0/applications(appId='${appId}')/federatedIdentityCredentials`;
  return (await sendRaw(sandbox, 'GET', url, { headers })).body.value;
}

test.each(['azure-production', 'azure-development', 'azure-web-group', 'azure-expired-secret'])(
  '%s is converted: same app, another scheme, seven days to go back, and it works',
  async (name) => {
    const client = await createDevOpsClient();
    const before = await client.endpoint(name);
    const appId = before.authorization.parameters.serviceprincipalid;
    expect(await federations(client, appId)).toEqual([]);
    const answer = await client.convert(before, federation);
    expect([answer.status, answer.body.operationStatus.state, answer.body.authorization.scheme]).toEqual([
      200,
      'InProgress',
      principal,
    ]);
    const after = await client.settled(before.id);
    expect(after).toMatchObject({
      id: before.id,
      name,
      isReady: true,
      authorization: { scheme: federation, parameters: { serviceprincipalid: appId } },
      data: {
        creationMode: 'Automatic',
        appObjectId: before.data.appObjectId,
        revertSchemeDeadline: '2026-01-22T10:00:00.000Z',
      },
    });
    expect(Object.keys(after.authorization.parameters)).not.toContain('serviceprincipalkey');
    const { workloadIdentityFederationIssuer: issuer, workloadIdentityFederationSubject: subject } =
      after.authorization.parameters;
    expect(await federations(client, appId)).toMatchObject([
      { issuer, subject, audiences: ['api://AzureADTokenExchange'] },
    ]);
    expect((await client.test(before.id)).body.statusCode).toBe('ok');
  },
);

test('the endpoint of a project and a body with the scheme alone are enough', async () => {
  const client = await createDevOpsClient();
  const { id } = await client.endpoint('azure-production');
  const answer = await client.send('PUT', `/Payments${endpoints}/${id}?operation=ConvertAuthenticationScheme`, {
    body: { id, type: 'azurerm', authorization: { scheme: federation } },
  });
  expect([answer.status, (await client.settled(id)).authorization.scheme]).toEqual([200, federation]);
});

test('a revert brings the secret back and takes the trust from the app', async () => {
  const client = await createDevOpsClient();
  const before = await client.endpoint('azure-production');
  await client.convert(before, federation);
  const converted = await client.settled(before.id);
  client.sandbox.advance(7 * day - 1);
  const renewed = await again(client);
  expect((await renewed.convert(converted, principal)).status).toBe(200);
  expect(await renewed.settled(before.id)).toEqual(before);
  expect(await federations(renewed, before.authorization.parameters.serviceprincipalid)).toEqual([]);
  expect((await renewed.test(before.id)).body.statusCode).toBe('ok');
  expect((await renewed.convert(before, federation)).status).toBe(200);
});

/** The same caller with a new token. */
function again(client: DevOpsClient): Promise<DevOpsClient> {
  return client.as(client.sandbox.credentials);
}

test('after seven days there is no way back', async () => {
  const client = await createDevOpsClient();
  const before = await client.endpoint('azure-production');
  await client.convert(before, federation);
  const converted = await client.settled(before.id);
  client.sandbox.advance(7 * day + 1);
  const renewed = await again(client);
  const answer = await renewed.convert(converted, principal);
  expect([answer.status, answer.body.message]).toEqual([
    400,
    "Service connection 'azure-production' cannot be reverted: the deadline 2026-01-22T10:00:00.000Z has passed.",
  ]);
  expect((await renewed.get(`/Payments${endpoints}/${before.id}`)).body).toEqual(converted);
});

test('the seed has one that can be reverted, one that cannot be any more, and one that never was converted', async () => {
  const client = await createDevOpsClient();
  const revert = async (name: string) => (await client.convert(await client.endpoint(name), principal)).status;
  expect(await revert('azure-converted-yesterday')).toBe(200);
  expect(await revert('azure-converted-last-month')).toBe(400);
  expect(await revert('azure-federated-automatic')).toBe(400);
  const { id } = await client.endpoint('azure-converted-yesterday');
  await client.settled(id);
  expect((await client.test(id)).body.statusCode).toBe('ok');
});

test.each([
  ['azure-manual-key', federation, /created manually/],
  ['azure-shared', federation, /shared with other projects/],
  [
    'azure-production',
    principal,
    /^Converting endpoint type azurerm scheme from ServicePrincipal to ServicePrincipal is neither an upgrade or a downgrade and is not supported\.$/,
  ],
  ['azure-federated-automatic', federation, /from WorkloadIdentityFederation to WorkloadIdentityFederation is neither/],
  ['azure-federated-manual', principal, /created manually/],
  ['azure-agent-identity', federation, /from ManagedServiceIdentity to WorkloadIdentityFederation is neither/],
  ['azure-publish-profile', federation, /from PublishProfile to/],
  [
    'github-contoso',
    federation,
    /service connection type 'github' using authentication scheme 'WorkloadIdentityFederation'/,
  ],
  ['azure-production', 'Federation', /authentication scheme 'Federation'/],
])('%s is not converted to %s', async (name, scheme, message) => {
  const client = await createDevOpsClient();
  const before = await client.endpoint(name);
  const answer = await client.convert(before, scheme);
  expect([answer.status, answer.body.message]).toEqual([400, expect.stringMatching(message)]);
  expect(await client.endpoint(name)).toEqual(before);
});

test('one that was shared can be converted when one project is left', async () => {
  const client = await createDevOpsClient();
  const endpoint = await client.endpoint('azure-shared');
  await client.send('DELETE', `${endpoints}/${endpoint.id}?projectIds=${game.id}`);
  expect((await client.convert(endpoint, federation)).status).toBe(200);
});

test('the deadline has to be taken out of the body', async () => {
  const client = await createDevOpsClient();
  const body = await client.endpoint('azure-converted-yesterday');
  const answer = await client.send('PUT', `${endpoints}/${body.id}?operation=ConvertAuthenticationScheme`, {
    body: { ...body, authorization: { ...body.authorization, scheme: principal } },
  });
  expect([answer.status, answer.body.message]).toEqual([
    400,
    expect.stringContaining('Remove data.revertSchemeDeadline'),
  ]);
});

test('nothing else is taken while a conversion goes on, and an unknown operation never', async () => {
  const client = await createDevOpsClient();
  const endpoint = await client.endpoint('azure-production');
  await client.convert(endpoint, federation);
  expect((await client.convert(endpoint, federation)).body.message).toContain('has an operation in progress');
  const other = await client.endpoint('azure-development');
  expect((await client.send('PUT', `${endpoints}/${other.id}?operation=Rotate`, { body: other })).status).toBe(400);
});

test('how long a conversion takes can be placed, in reads or in seconds', async () => {
  const client = await createDevOpsClient();
  const [first, second] = [await client.endpoint('azure-production'), await client.endpoint('azure-development')];
  const state = async (id: string) => (await client.get(`/Payments${endpoints}/${id}`)).body.operationStatus.state;
  client.sandbox.placeObject('devops', 'readyAfter', { seconds: 60 });
  await client.convert(first, federation);
  for (let reads = 0; reads < 5; reads++) expect(await state(first.id)).toBe('InProgress');
  client.sandbox.advance(60);
  expect(await state(first.id)).toBe('Ready');
  client.sandbox.placeObject('devops', 'readyAfter', { polls: 0 });
  await client.convert(second, federation);
  expect(await state(second.id)).toBe('Ready');
});

test('a conversion whose app is gone, or trusts too many, fails and leaves the endpoint as it was', async () => {
  const client = await createDevOpsClient();
  const { sandbox } = client;
  const endpoint = await client.endpoint('azure-production');
  for (let index = 0; index < 20; index++) {
    const id = `5a11d0c5-7e4a-4c0d-8b0a-fed0000000${String(index).padStart(2, '0')}`;
    sandbox.placeObject('graph', 'federatedIdentityCredential', {
      id,
      name: `f${id}`,
      issuer: 'https://i',
      subject: id,
    });
    sandbox.placeObject('graph', 'link', {
      relation: 'application.federatedIdentityCredentials',
      from: endpoint.data.appObjectId,
      to: id,
    });
  }
  expect((await client.convert(endpoint, federation)).status).toBe(200);
  expect(await client.settled(endpoint.id)).toMatchObject({
    isReady: true,
    authorization: { scheme: principal },
    operationStatus: { state: 'Failed', statusMessage: expect.stringContaining('cannot exceed 20') },
  });
  expect((await client.test(endpoint.id)).body.statusCode).toBe('ok');
});

test('sixty placed endpoints are converted one by one', async () => {
  const client = await createDevOpsClient();
  client.sandbox.placeObject('devops', 'project', { name: 'Large' });
  client.sandbox.placeObject('devops', 'readyAfter', { polls: 0 });
  for (let index = 0; index < 60; index++) {
    client.sandbox.placeObject('devops', 'serviceEndpoint', { name: `connection-${index}`, project: 'Large' });
  }
  const { body } = await client.get(
    `/Large${endpoints}?authSchemes=ServicePrincipal&type=azurerm&includeFailed=false&includeDetails=true`,
  );
  expect(body.count).toBe(60);
  for (const endpoint of body.value) expect((await client.convert(endpoint, federation)).status).toBe(200);
  expect((await client.get(`/Large${endpoints}?authSchemes=${federation}`)).body.count).toBe(60);
});

test('a person converts as an app does', async () => {
  const client = asPerson(await createDevOpsClient());
  const endpoint = await client.endpoint('azure-production');
  expect((await client.convert(endpoint, federation)).status).toBe(200);
  expect(payments.name).toBe('Payments');
});
