import { type KeyObject, X509Certificate } from 'node:crypto';
import { expect, test } from 'vitest';
import { sendRaw, signIn } from '../support/sandbox-client.ts';
import { testCertificate } from '../support/test-certificate.ts';
import { azureEndpoint, withKey } from './support/azure-endpoint.ts';
import { createDevOpsClient, type DevOpsClient, endpoints, game } from './support/devops-client.ts';

const proxy = (id: string, project = 'Payments') => `/${project}/_apis/serviceendpoint/endpointproxy?endpointId=${id}`;
const testConnection = { dataSourceDetails: { dataSourceName: 'TestConnection' }, resultTransformationDetails: {} };

test.each([
  ['azure-production', 'ok', ''],
  ['azure-web-group', 'ok', ''],
  ['azure-expired-secret', 'unauthorized', 'AADSTS7000222'],
  ['azure-manual-key', 'ok', ''],
  ['azure-manual-certificate', 'unauthorized', 'certificate'],
  ['azure-federated-manual', 'ok', ''],
  ['azure-federated-identity', 'ok', ''],
  ['azure-federated-automatic', 'ok', ''],
  ['azure-federated-old-issuer', 'ok', ''],
  ['azure-federated-without-role', 'forbidden', 'AuthorizationFailed'],
  ['azure-converted-yesterday', 'ok', ''],
  ['azure-converted-last-month', 'ok', ''],
  ['azure-shared', 'ok', ''],
  ['azure-failed', 'unauthorized', 'AADSTS900144'],
  ['azure-agent-identity', 'badRequest', 'only an agent can'],
  ['azure-publish-profile', 'badRequest', 'only an agent can'],
  ['github-contoso', 'badRequest', 'only an agent can'],
])('the test of %s is answered 200, with %s inside', async (name, statusCode, message) => {
  const client = await createDevOpsClient();
  const { status, body } = await client.test((await client.endpoint(name)).id);
  expect([status, body.statusCode, body.errorMessage.includes(message)]).toEqual([200, statusCode, true]);
  expect(body.result.length).toBe(statusCode === 'ok' ? 1 : 0);
});

test('the refusal of Resource Manager is inside, with the address that was asked', async () => {
  const client = await createDevOpsClient();
  const { body } = await client.test((await client.endpoint('azure-federated-without-role')).id);
  expect(body.errorMessage).toMatch(
    /^Failed to query service connection API: 'https:\/\/management\.azure\.com\/subscriptions\/[^']+'\. Status Code: 'Forbidden', Response from server: '\{"error":\{"code":"AuthorizationFailed".*\}'$/,
  );
});

test('a management group is read where the endpoint is for one', async () => {
  const client = await createDevOpsClient();
  const { id } = await client.endpoint('azure-management-group', game.name);
  const { body } = await client.send('POST', proxy(id, game.name), { body: testConnection });
  expect([body.statusCode, JSON.parse(body.result[0]).name]).toEqual(['ok', 'mg-contoso-development']);
});

test('statuses can be numbers', async () => {
  const client = await createDevOpsClient();
  client.sandbox.placeObject('devops', 'proxyStatus', { as: 'number' });
  expect((await client.test((await client.endpoint('azure-federated-without-role')).id)).body.statusCode).toBe(403);
});

test('a federation by hand works from the moment that the app trusts it, and no sooner', async () => {
  const client = await createDevOpsClient();
  const { clientId } = client.sandbox.credentials;
  const { body: made } = await client.send('POST', endpoints, {
    body: azureEndpoint('by-hand', {
      scheme: 'WorkloadIdentityFederation',
      parameters: { serviceprincipalid: clientId },
    }),
  });
  const before = await client.test(made.id);
  expect([before.body.statusCode, before.body.errorMessage]).toEqual([
    'unauthorized',
    expect.stringContaining('AADSTS700211'),
  ]);
  await trust(client, clientId, made);
  expect((await client.test(made.id)).body.statusCode).toBe('ok');
});

async function trust(
  { sandbox }: DevOpsClient,
  appId: string,
  endpoint: { readonly id: string; readonly authorization: { readonly parameters: Readonly<Record<string, string>> } },
) {
  const { parameters } = endpoint.authorization;
  const answer = await sendRaw(
    sandbox,
    'POST',
    `${sandbox.cloud.graph}/v1.0/applications(appId='${appId}')/federatedIdentityCredentials`,
    {
      headers: {
        authorization: `Bearer ${await signIn(sandbox, sandbox.credentials)}`,
        'content-type': 'application/json',
      },
      body: {
        name: endpoint.id,
        issuer: parameters['workloadIdentityFederationIssuer'],
        subject: parameters['workloadIdentityFederationSubject'],
        audiences: ['api://AzureADTokenExchange'],
      },
    },
  );
  expect(answer.status).toBe(201);
}

test.each([
  [{ seconds: 30 }, ['unauthorized', 'unauthorized', 'ok', 'ok']],
  [{ times: 1 }, ['unauthorized', 'ok', 'ok', 'ok']],
  [{ seconds: 30, times: 3 }, ['unauthorized', 'unauthorized', 'unauthorized', 'ok']],
])('with federationPropagation %j a new federation answers %j, 15 seconds apart', async (propagation, expected) => {
  const client = await createDevOpsClient();
  const { sandbox } = client;
  sandbox.placeObject('devops', 'federationPropagation', propagation);
  sandbox.placeObject('devops', 'readyAfter', { polls: 0 });
  const endpoint = await client.endpoint('azure-production');
  await client.convert(endpoint, 'WorkloadIdentityFederation');
  const answers: string[] = [];
  for (const _ of expected) {
    const { body } = await client.test(endpoint.id);
    answers.push(body.statusCode);
    if (body.statusCode !== 'ok') expect(body.errorMessage).toContain('AADSTS70021:');
    sandbox.advance(15);
  }
  expect(answers).toEqual(expected);
  expect((await client.test((await client.endpoint('azure-federated-automatic')).id)).body.statusCode).toBe('ok');
});

test('a certificate signs in when the app knows it', async () => {
  const client = await createDevOpsClient();
  const { sandbox } = client;
  const { clientId } = sandbox.credentials;
  const { certificate, privateKey } = testCertificate();
  const { body: made } = await client.send('POST', endpoints, {
    body: azureEndpoint('with-certificate', {
      parameters: {
        serviceprincipalid: clientId,
        authenticationType: 'spnCertificate',
        servicePrincipalCertificate: pemOf(certificate, privateKey),
      },
    }),
  });
  expect(made.authorization.parameters.servicePrincipalCertificate).toBeNull();
  expect((await client.test(made.id)).body.errorMessage).toContain('AADSTS700027');
  const headers = {
    authorization: `Bearer ${await signIn(sandbox, sandbox.credentials)}`,
    'content-type': 'application/json',
  };
  const key = { type: 'AsymmetricX509Cert', usage: 'Verify', key: certificate.toString('base64') };
  await sendRaw(sandbox, 'PATCH', `${sandbox.cloud.graph}/v1.0/applications(appId='${clientId}')`, {
    headers,
    body: { keyCredentials: [key] },
  });
  expect((await client.test(made.id)).body.statusCode).toBe('ok');
});

function pemOf(certificate: Buffer, privateKey: KeyObject): string {
  return `${privateKey.export({ type: 'pkcs8', format: 'pem' })}${new X509Certificate(certificate).toString()}`;
}

test('an endpoint can be tried before it is saved, unless it is federated', async () => {
  const client = await createDevOpsClient();
  const { clientId, clientSecret } = client.sandbox.credentials;
  const { type, url, data, authorization } = azureEndpoint('draft', withKey(clientId, clientSecret));
  const ask = (serviceEndpointDetails: unknown, id = '0') =>
    client.send('POST', proxy(id), { body: { ...testConnection, serviceEndpointDetails } });
  expect((await ask({ type, url, data, authorization })).body.statusCode).toBe('ok');
  expect((await ask({ type, url, data, authorization }, '00000000-0000-0000-0000-000000000000')).body.statusCode).toBe(
    'ok',
  );
  const federated = { scheme: 'WorkloadIdentityFederation', parameters: authorization.parameters };
  expect((await ask({ type, url, data, authorization: federated })).status).toBe(400);
});

test.each([
  [
    'an address instead of a source',
    { ...testConnection, dataSourceDetails: { dataSourceUrl: '{{{endpoint.url}}}/x' } },
    400,
  ],
  [
    'a resource address',
    { ...testConnection, dataSourceDetails: { dataSourceName: 'TestConnection', resourceUrl: 'https://evil.example' } },
    400,
  ],
  [
    'an address elsewhere',
    { ...testConnection, serviceEndpointDetails: { type: 'azurerm', url: 'https://evil.example/' } },
    400,
  ],
  [
    'another port of its own host',
    { ...testConnection, serviceEndpointDetails: { type: 'azurerm', url: 'https://management.azure.com:8443/' } },
    400,
  ],
  [
    'user information before a foreign host',
    {
      ...testConnection,
      serviceEndpointDetails: { type: 'azurerm', url: 'https://management.azure.com@evil.example/' },
    },
    400,
  ],
  ['no source', { resultTransformationDetails: {} }, 400],
  ['a source that is not emulated', { dataSourceDetails: { dataSourceName: 'AzureSubscriptions' } }, 501],
])('the proxy refuses %s', async (_, body, status) => {
  const client = await createDevOpsClient();
  const { id } = await client.endpoint('azure-production');
  expect((await client.send('POST', proxy(id), { body })).status).toBe(status);
});

test('a draft does not lead elsewhere either, and what the caller says of a federation counts for nothing', async () => {
  const client = await createDevOpsClient();
  const draft = {
    ...testConnection,
    serviceEndpointDetails: {
      type: 'azurerm',
      url: 'https://evil.example/',
      authorization: { scheme: 'ServicePrincipal' },
    },
  };
  expect((await client.send('POST', proxy('0'), { body: draft })).status).toBe(400);
  const { id } = await client.endpoint('azure-federated-without-role');
  const other = await client.endpoint('azure-federated-automatic');
  const body = {
    ...testConnection,
    serviceEndpointDetails: { type: 'azurerm', url: other.url, data: other.data, authorization: other.authorization },
  };
  expect((await client.send('POST', proxy(id), { body })).body.statusCode).toBe('forbidden');
});

test('clouds without an emulation cannot be reached', async () => {
  const client = await createDevOpsClient();
  client.sandbox.placeObject('devops', 'serviceEndpoint', {
    name: 'stack',
    url: 'https://management.local.azurestack.external/',
    data: { environment: 'AzureStack' },
  });
  const { body } = await client.test((await client.endpoint('stack')).id);
  expect([body.statusCode, body.errorMessage]).toEqual(['serviceUnavailable', expect.stringContaining('No such host')]);
});
