import { expect, test } from 'vitest';
import { seededAccessToken } from '../../../src/sandbox/devops/seed/devops-credentials.ts';
import { seededCredentials } from '../../../src/sandbox/seed/sandbox-credentials.ts';
import { sendRaw } from '../support/sandbox-client.ts';
import { createDevOpsClient, type DevOpsClient, game } from './support/devops-client.ts';

const preview = { version: '7.1-preview.1' };
const permissions = '/Payments/_apis/pipelines/pipelinepermissions';
const oidc = (id: string) =>
  `/Payments/_apis/distributedtask/hubs/build/plans/p1/jobs/j1/oidctoken?serviceConnectionId=${id}`;

test('all pipelines are let in and out again, single ones are added and removed', async () => {
  const client = await createDevOpsClient();
  const { id } = await client.endpoint('azure-production');
  const path = `${permissions}/endpoint/${id}`;
  const patch = async (body: unknown) => (await client.send('PATCH', path, { ...preview, body })).body;
  expect((await client.get(path, preview)).body).toEqual({ resource: { type: 'endpoint', id }, pipelines: [] });
  const all = { authorized: true, authorizedBy: null, authorizedOn: null };
  expect((await patch({ allPipelines: all })).allPipelines).toMatchObject({
    authorized: true,
    authorizedBy: { displayName: 'tenantry-sandbox' },
    authorizedOn: '2026-01-15T10:00:00.000Z',
  });
  await patch({ pipelines: [{ id: 16, authorized: true }] });
  const added = await patch({ pipelines: [{ id: 17, authorized: true }] });
  expect(added.pipelines.map((one: { id: number }) => one.id)).toEqual([16, 17]);
  expect(added.allPipelines.authorized).toBe(true);
  const removed = await patch({ allPipelines: { authorized: false }, pipelines: [{ id: 16, authorized: false }] });
  expect([removed.allPipelines, removed.pipelines.map((one: { id: number }) => one.id)]).toEqual([undefined, [17]]);
  expect((await client.get(path, preview)).body).toEqual(removed);
});

test('several resources are answered as a list', async () => {
  const client = await createDevOpsClient();
  const { id } = await client.endpoint('azure-production');
  const body = [
    { resource: { type: 'endpoint', id }, allPipelines: { authorized: true } },
    { resource: { type: 'queue', id: '12' }, pipelines: [{ id: 1, authorized: true }] },
  ];
  const answer = await client.send('PATCH', permissions, { ...preview, body });
  expect([answer.status, answer.body.count]).toEqual([200, 2]);
});

test('permissions are a preview, of known resources of the project, and not for readers', async () => {
  const client = await createDevOpsClient();
  const { id } = await client.endpoint('azure-production');
  const path = `${permissions}/endpoint/${id}`;
  expect((await client.get(path)).body.typeKey).toBe('VssInvalidPreviewVersionException');
  expect((await client.get(`${permissions}/pipeline/1`, preview)).status).toBe(400);
  expect((await client.get(path.replace('Payments', game.id), preview)).status).toBe(404);
  const reader = await client.as(seededCredentials('readOnly'));
  expect((await reader.send('PATCH', path, { ...preview, body: {} })).status).toBe(403);
});

/** Signs in with an assertion, as the identity library does. */
function exchange({ sandbox }: DevOpsClient, clientId: string, assertion: string) {
  const form = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: clientId,
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: assertion,
    scope: `${sandbox.cloud.resourceManager}/.default`,
  });
  return sendRaw(sandbox, 'POST', `${sandbox.cloud.login}/${sandbox.credentials.tenantId}/oauth2/v2.0/token`, {
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: form.toString(),
  });
}

test.each([
  'azure-federated-automatic',
  'azure-federated-old-issuer',
  'azure-federated-identity',
  'azure-converted-yesterday',
])('a job with its access token gets a token of %s that signs in', async (name) => {
  const client = await createDevOpsClient();
  const endpoint = await client.endpoint(name);
  const job = client.withHeader(`Bearer ${seededAccessToken}`);
  const answer = await job.send('POST', oidc(endpoint.id), { body: {} });
  expect([answer.status, Object.keys(answer.body)]).toEqual([200, ['oidcToken']]);
  const { serviceprincipalid } = endpoint.authorization.parameters;
  expect((await exchange(client, serviceprincipalid, answer.body.oidcToken)).status).toBe(200);
  expect((await exchange(client, client.sandbox.credentials.clientId, answer.body.oidcToken)).status).toBe(401);
  client.sandbox.advance(3600);
  expect((await exchange(client, serviceprincipalid, answer.body.oidcToken)).body.error_codes).toEqual([700024]);
});

test('there is no token for an endpoint without federation, of another project, or without a name', async () => {
  const client = await createDevOpsClient();
  const { id } = await client.endpoint('azure-production');
  expect((await client.send('POST', oidc(id), { body: {} })).status).toBe(400);
  client.sandbox.placeObject('devops', 'serviceEndpoint', {
    name: 'azure-elsewhere',
    project: game.name,
    scheme: 'WorkloadIdentityFederation',
  });
  const elsewhere = await client.endpoint('azure-elsewhere', game.name);
  expect((await client.send('POST', oidc(elsewhere.id), { body: {} })).status).toBe(404);
  expect((await client.send('POST', oidc(elsewhere.id).replace('Payments', game.id), { body: {} })).status).toBe(200);
  expect((await client.send('POST', oidc(''), { body: {} })).body.typeKey).toBe('ArgumentNullException');
  const page = await client.withHeader('Bearer nobody').send('POST', oidc(id), { body: {} });
  expect([page.status, page.text.startsWith('<!DOCTYPE html>')]).toEqual([203, true]);
});
