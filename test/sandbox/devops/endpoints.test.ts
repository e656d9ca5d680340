import { expect, test } from 'vitest';
import { seededCredentials } from '../../../src/sandbox/seed/sandbox-credentials.ts';
import { azureEndpoint, withKey } from './support/azure-endpoint.ts';
import { createDevOpsClient, type DevOpsClient, empty, endpoints, game, payments } from './support/devops-client.ts';

const appId = '5a11d0c5-7e4a-4c0d-8b0a-a99000000001';
const namesOf = (body: { readonly value: readonly { readonly name: string }[] }) => body.value.map(({ name }) => name);
const list = (client: DevOpsClient, query: string, project = 'Payments') =>
  client.get(`/${project}${endpoints}?${query}`);

test.each([
  ['', 17],
  ['includeFailed=true', 18],
  ['type=AzureRM', 16],
  ['type=github', 1],
  ['authSchemes=serviceprincipal', 7],
  ['authSchemes=ServicePrincipal,ManagedServiceIdentity&type=azurerm', 8],
  ['endpointNames=AZURE-PRODUCTION,azure-shared,nobody', 2],
  ['endpointIds=5a11d0c5-7e4a-4c0d-8b0a-de0200000001', 1],
  ['owner=agentcloud', 0],
  ['actionFilter=manage', 17],
])('the list with "%s" has %i endpoints', async (query, count) => {
  expect((await list(await createDevOpsClient(), query)).body.count).toBe(count);
});

test('a reader manages nothing, and an unknown action is refused', async () => {
  const reader = await (await createDevOpsClient()).as(seededCredentials('readOnly'));
  expect((await list(reader, 'actionFilter=manage')).body.count).toBe(0);
  expect((await list(reader, 'actionFilter=view')).body.count).toBe(17);
  expect((await list(reader, 'actionFilter=own')).status).toBe(400);
});

test('details are in the list only when they are asked for', async () => {
  const client = await createDevOpsClient();
  const named = async (query: string) =>
    Object.keys(
      (await list(client, `endpointNames=azure-federated-automatic${query}`)).body.value[0].authorization.parameters,
    );
  expect(await named('')).toEqual(['tenantid', 'serviceprincipalid']);
  expect(await named('&includeDetails=true')).toContain('workloadIdentityFederationSubject');
});

test('an endpoint of another project and an unknown one are null with 200', async () => {
  const client = await createDevOpsClient();
  const elsewhere = await client.endpoint('azure-game', 'Space game web agent');
  const answer = await client.get(`/Payments${endpoints}/${elsewhere.id}`);
  expect([answer.status, answer.text, answer.headers['content-type']]).toEqual([
    200,
    'null',
    'application/json; charset=utf-8; api-version=7.1',
  ]);
  client.sandbox.placeObject('devops', 'unknownEndpoint', { status: 404 });
  expect((await client.get(`/Payments${endpoints}/${payments.id}`)).status).toBe(404);
});

test('secrets are null on answer, kept for null and absence, and replaced by a value, in any case of the name', async () => {
  const client = await createDevOpsClient();
  const { clientSecret } = client.sandbox.credentials;
  const { body: made } = await client.send('POST', endpoints, {
    body: azureEndpoint('with-key', withKey(appId, clientSecret)),
  });
  expect(made.authorization.parameters).toMatchObject({ serviceprincipalid: appId, serviceprincipalkey: null });
  const works = async () => (await client.test(made.id)).body.statusCode;
  const put = (parameters: unknown) =>
    client.send('PUT', `${endpoints}/${made.id}`, {
      body: { ...made, authorization: { scheme: 'ServicePrincipal', parameters } },
    });
  expect(await works()).toBe('ok');
  expect((await put(made.authorization.parameters)).body.authorization.parameters.serviceprincipalkey).toBeNull();
  expect(await works()).toBe('ok');
  const { serviceprincipalkey: _, ...others } = made.authorization.parameters;
  expect((await put(others)).status).toBe(200);
  expect(await works()).toBe('ok');
  const replaced = await put({ ...others, ServicePrincipalKey: 'wrong' });
  expect(Object.values(replaced.body.authorization.parameters)).not.toContain('wrong');
  expect(await works()).toBe('unauthorized');
  expect((await put({ ...others, SERVICEPRINCIPALKEY: clientSecret })).status).toBe(200);
  expect(await works()).toBe('ok');
});

test('a description stands at the top level and in each reference; names of references count', async () => {
  const client = await createDevOpsClient();
  const own = { projectReference: payments, name: 'described', description: 'Here' };
  const shared = { projectReference: game, name: 'described-there' };
  const body = {
    ...azureEndpoint('described', withKey(appId, 'kept')),
    description: 'Everywhere',
    serviceEndpointProjectReferences: [own, shared],
  };
  const made = await client.send('POST', endpoints, { body });
  expect(made.body).toMatchObject({
    name: 'described',
    description: 'Everywhere',
    serviceEndpointProjectReferences: [
      { name: 'described', description: 'Here' },
      { name: 'described-there', description: 'Everywhere' },
    ],
  });
  const { body: inPayments } = await client.get(`/Payments${endpoints}/${made.body.id}`);
  const { body: inGame } = await client.get(`/${encodeURIComponent(game.name)}${endpoints}/${made.body.id}`);
  expect([inPayments.name, inPayments.description]).toEqual(['described', 'Here']);
  expect([inGame.name, inGame.description]).toEqual(['described-there', 'Everywhere']);
  const renamed = await client.send('PUT', `${endpoints}/${made.body.id}`, {
    body: { ...made.body, name: 'ignored', description: 'Changed' },
  });
  expect(renamed.body).toMatchObject({ name: 'described', description: 'Changed' });
  const sent = { body: {} };
  const refused = await client.send('PATCH', `${endpoints}/${made.body.id}`, sent);
  expect(refused.body.message).toContain('Parameter name: endpointProjectReferences');
});

test.each([
  ['no name', { name: '' }, 'ArgumentNullException', /endpoint\.Name/],
  ['no type', { type: undefined }, 'ArgumentNullException', /endpoint\.Type/],
  ['an unknown type', { type: 'azure' }, 'ServiceEndpointException', /service connection type 'azure'/],
  ['no url', { url: '' }, 'ArgumentNullException', /endpoint\.Url/],
  ['a foreign url', { url: 'https://evil.example/' }, 'ServiceEndpointException', /https:\/\/evil\.example/],
  ['no authorization', { authorization: undefined }, 'ArgumentNullException', /Authorization/],
  [
    'no projects',
    { serviceEndpointProjectReferences: [] },
    'ArgumentException',
    /^At least one project reference required to create an endpoint\.$/,
  ],
  [
    'an unknown scheme',
    { scheme: 'Federation' },
    'InvalidServiceEndpointRequestException',
    /'azurerm' using authentication scheme 'Federation'.*WorkloadIdentityFederation/,
  ],
  ['no tenant', { parameters: { tenantid: null } }, 'ServiceEndpointException', /'tenantid'/],
  ['no app', { parameters: {} }, 'ServiceEndpointException', /'serviceprincipalid'/],
  ['no key', { parameters: { serviceprincipalid: appId } }, 'ServiceEndpointException', /'serviceprincipalkey'/],
  [
    'no certificate',
    { parameters: { serviceprincipalid: appId, authenticationType: 'spnCertificate' } },
    'ServiceEndpointException',
    /'servicePrincipalCertificate'/,
  ],
  ['no profile', { scheme: 'PublishProfile' }, 'ServiceEndpointException', /'publishProfile'/],
  [
    'an automatic agent identity',
    { scheme: 'ManagedServiceIdentity', data: { creationMode: 'Automatic' } },
    'ServiceEndpointException',
    /Automatic/,
  ],
  [
    'a number',
    { data: { subscriptionName: 5 } },
    'VssPropertyValidationException',
    /data\.subscriptionName must be a string/,
  ],
  [
    'an unknown level',
    { data: { scopeLevel: 'Tenant' } },
    'ServiceEndpointException',
    /Subscription, ManagementGroup, AzureMLWorkspace/,
  ],
  ['half a workspace', { data: { scopeLevel: 'AzureMLWorkspace' } }, 'ServiceEndpointException', /'resourceGroupName'/],
  [
    'an unknown environment',
    { data: { environment: 'Azure' } },
    'ServiceEndpointException',
    /AzureCloud, AzureChinaCloud/,
  ],
])('a new endpoint with %s is refused', async (_, parts, typeKey, message) => {
  const client = await createDevOpsClient();
  const answer = await client.send('POST', endpoints, { body: azureEndpoint('new-one', parts) });
  expect([answer.status, answer.body.typeKey, answer.body.message]).toEqual([
    400,
    typeKey,
    expect.stringMatching(message),
  ]);
});

test('a project of a reference has to exist', async () => {
  const client = await createDevOpsClient();
  const serviceEndpointProjectReferences = [{ projectReference: { id: appId, name: 'x' }, name: 'new-one' }];
  const answer = await client.send('POST', endpoints, {
    body: azureEndpoint('new-one', { ...withKey(appId, 'k'), serviceEndpointProjectReferences }),
  });
  expect([answer.status, answer.body.typeKey]).toEqual([404, 'ProjectDoesNotExistException']);
});

test('a name that is taken, also by a failed endpoint, is a 500 of its own', async () => {
  const client = await createDevOpsClient();
  for (const name of ['Azure-Production', 'azure-failed']) {
    const answer = await client.send('POST', endpoints, { body: azureEndpoint(name, withKey(appId, 'k')) });
    expect([answer.status, answer.body.typeKey, answer.body.message]).toEqual([
      500,
      'DuplicateServiceConnectionException',
      `Service connection with name ${name} already exists. Only a user having Administrator/User role permissions on service connection ${name} can see it.`,
    ]);
  }
  const elsewhere = [{ projectReference: empty, name: 'azure-production', description: '' }];
  const body = azureEndpoint('azure-production', {
    ...withKey(appId, 'k'),
    serviceEndpointProjectReferences: elsewhere,
  });
  expect((await client.send('POST', endpoints, { body })).status).toBe(200);
});

test('a client cannot write what the server derives', async () => {
  const client = await createDevOpsClient();
  const forged = { workloadIdentityFederationIssuer: 'https://evil.example', workloadIdentityFederationSubject: 'me' };
  const { body: made } = await client.send('POST', endpoints, {
    body: azureEndpoint('federated', {
      scheme: 'WorkloadIdentityFederation',
      parameters: { serviceprincipalid: appId, ...forged },
      data: { revertSchemeDeadline: '2030-01-01T00:00:00Z' },
    }),
  });
  expect(made.authorization.parameters.workloadIdentityFederationSubject).toMatch(
    new RegExp(`/sc/[0-9a-f-]{36}/${made.id}$`),
  );
  expect(JSON.stringify(made)).not.toContain('evil');
  expect(made.data.revertSchemeDeadline).toBeUndefined();
  const { body: updated } = await client.send('PUT', `${endpoints}/${made.id}`, {
    body: {
      ...made,
      authorization: { ...made.authorization, parameters: { ...made.authorization.parameters, ...forged } },
    },
  });
  expect(updated.authorization.parameters).toEqual(made.authorization.parameters);
  const shouted = { ...made.authorization.parameters, WORKLOADIDENTITYFEDERATIONSUBJECT: 'me' };
  const again = await client.send('PUT', `${endpoints}/${made.id}`, {
    body: { ...made, authorization: { ...made.authorization, parameters: shouted } },
  });
  expect(again.body.authorization.parameters).toEqual(made.authorization.parameters);
});

test('issuer and subject of the old kind hold the names, and change with them', async () => {
  const client = await createDevOpsClient();
  const endpoint = await client.endpoint('azure-federated-old-issuer');
  expect(endpoint.authorization.parameters).toMatchObject({
    workloadIdentityFederationIssuer: 'https://vstoken.dev.azure.com/5a11d0c5-7e4a-4c0d-8b0a-de0000000001',
    workloadIdentityFederationSubject: 'sc://contoso/Payments/azure-federated-old-issuer',
  });
  expect((await client.test(endpoint.id)).body.statusCode).toBe('ok');
  const [reference] = endpoint.serviceEndpointProjectReferences;
  const renamed = {
    ...endpoint,
    name: 'renamed',
    serviceEndpointProjectReferences: [{ ...reference, name: 'renamed' }],
  };
  expect((await client.send('PUT', `${endpoints}/${endpoint.id}`, { body: renamed })).body.name).toBe('renamed');
  const { body } = await client.test(endpoint.id);
  expect([body.statusCode, body.errorMessage]).toEqual(['unauthorized', expect.stringContaining('AADSTS700213')]);
});

test('the issuer of new endpoints can be the old one', async () => {
  const client = await createDevOpsClient();
  client.sandbox.placeObject('devops', 'issuer', { kind: 'vstoken' });
  const { body } = await client.send('POST', endpoints, {
    body: azureEndpoint('old one', { scheme: 'WorkloadIdentityFederation', parameters: { serviceprincipalid: appId } }),
  });
  expect(body.authorization.parameters.workloadIdentityFederationSubject).toBe('sc://contoso/Payments/old one');
});

test('a manual endpoint changes its scheme by an ordinary update, an automatic one does not', async () => {
  const client = await createDevOpsClient();
  const change = async (name: string) => {
    const endpoint = await client.endpoint(name);
    const body = { ...endpoint, authorization: { ...endpoint.authorization, scheme: 'WorkloadIdentityFederation' } };
    return client.send('PUT', `/Payments${endpoints}/${endpoint.id}`, { body });
  };
  const manual = await change('azure-manual-key');
  expect([manual.status, manual.body.authorization.scheme]).toEqual([200, 'WorkloadIdentityFederation']);
  expect((await change('azure-production')).status).toBe(400);
});

test('several endpoints are updated at once', async () => {
  const client = await createDevOpsClient();
  const body = await Promise.all(
    ['azure-production', 'azure-development'].map(async (name) => ({
      ...(await client.endpoint(name)),
      owner: 'agentcloud',
    })),
  );
  const answer = await client.send('PUT', endpoints, { body });
  expect([answer.status, answer.body.count]).toEqual([200, 2]);
  expect((await list(client, 'owner=agentcloud')).body.count).toBe(2);
});

test('sharing adds projects; taking the last one away deletes, after a while', async () => {
  const client = await createDevOpsClient();
  const { id } = await client.endpoint('azure-production');
  const shared = await client.send('PATCH', `${endpoints}/${id}`, {
    body: [{ projectReference: empty, name: 'production-again' }],
  });
  expect([shared.status, shared.text]).toEqual([204, '']);
  expect(await client.endpoint('production-again', 'Empty')).toMatchObject({ id, isShared: true });
  const remove = (query: string) => client.send('DELETE', `${endpoints}/${id}${query}`);
  expect((await remove('')).body.typeKey).toBe('ArgumentNullException');
  expect((await remove(`?projectIds=${game.id}`)).status).toBe(400);
  expect((await remove(`?projectIds=${empty.id}`)).status).toBe(204);
  expect(namesOf((await list(client, '', 'Empty')).body)).toEqual([]);
  expect((await client.get(`/Payments${endpoints}/${id}`)).body).toMatchObject({
    isShared: false,
    operationStatus: { state: 'Ready' },
  });
  expect((await remove(`?projectIds=${payments.id}`)).status).toBe(204);
  expect((await client.get(`/Payments${endpoints}/${id}`)).body.operationStatus.state).toBe('InProgress');
  expect((await remove(`?projectIds=${payments.id}`)).status).toBe(204);
  expect(await client.settled(id)).toBeNull();
  expect((await remove(`?projectIds=${payments.id}`)).status).toBe(404);
});

test('a name that is taken in the other project cannot be shared there', async () => {
  const client = await createDevOpsClient();
  const { id } = await client.endpoint('azure-production');
  const answer = await client.send('PATCH', `${endpoints}/${id}`, {
    body: [{ projectReference: game, name: 'AZURE-game' }],
  });
  expect([answer.status, answer.body.typeKey]).toEqual([500, 'DuplicateServiceConnectionException']);
});

test('the types with their schemes are listed, and the uses of an endpoint in pages', async () => {
  const client = await createDevOpsClient();
  expect(namesOf((await client.get('/_apis/serviceendpoint/types')).body)).toEqual(['azurerm', 'github', 'generic']);
  expect(namesOf((await client.get('/_apis/serviceendpoint/types?scheme=Token')).body)).toEqual(['github']);
  const { id } = await client.endpoint('azure-production');
  const path = `/Payments/_apis/serviceendpoint/${id}/executionhistory`;
  const first = await client.get(`${path}?top=20`);
  const second = await client.get(`${path}?top=20&continuationToken=${first.headers['x-ms-continuationtoken']}`);
  expect([first.body.count, second.body.count, second.headers['x-ms-continuationtoken']]).toEqual([20, 5, undefined]);
});
