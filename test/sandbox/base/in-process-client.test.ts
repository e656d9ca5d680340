import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { createHttpHeaders, createPipelineRequest } from '@azure/core-rest-pipeline';
import { expect, test } from 'vitest';
import { createSandbox } from '../../../src/sandbox/create-sandbox.ts';
import { createSandboxClient, sendRaw, signIn } from '../support/sandbox-client.ts';

test('a body comes as text, or as a stream for the statuses that ask for one', async () => {
  const { sandbox } = await createSandboxClient();
  const token = await signIn(sandbox, sandbox.credentials);
  const ask = (streamed: readonly number[]) =>
    sandbox.httpClient.sendRequest(
      createPipelineRequest({
        url: `${sandbox.cloud.graph}/v1.0/domains`,
        headers: createHttpHeaders({ authorization: `Bearer ${token}` }),
        streamResponseStatusCodes: new Set(streamed),
      }),
    );
  const asText = await ask([404]);
  const asStream = await ask([200]);
  const anyStatus = await ask([Number.POSITIVE_INFINITY]);
  expect(asText.readableStreamBody).toBeUndefined();
  expect(asStream.bodyAsText).toBeUndefined();
  expect(await text(asStream.readableStreamBody as Readable)).toBe(asText.bodyAsText);
  expect(await text(anyStatus.readableStreamBody as Readable)).toBe(asText.bodyAsText);
  expect(asText.headers.get('content-length')).toBe(String(asText.bodyAsText?.length));
});

test('request bodies are taken in every form that the pipeline knows', async () => {
  const { sandbox } = await createSandboxClient();
  const { tenantId, clientId, clientSecret } = sandbox.credentials;
  const form = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: clientId,
    client_secret: clientSecret,
    scope: `${sandbox.cloud.graph}/.default`,
  }).toString();
  const bytes = new TextEncoder().encode(form);
  for (const body of [
    form,
    bytes,
    bytes.buffer,
    new Blob([form]),
    Readable.from([form]),
    () => Readable.from([bytes]),
  ]) {
    const answer = await sandbox.httpClient.sendRequest(
      createPipelineRequest({
        method: 'POST',
        url: `${sandbox.cloud.login}/${tenantId}/oauth2/v2.0/token`,
        headers: createHttpHeaders({ 'content-type': 'application/x-www-form-urlencoded' }),
        body,
      }),
    );
    expect(answer.status).toBe(200);
  }
});

test.each([
  'https://graph.microsoft.com/v1.0/users',
  'https://graph.sandbox.invalid.evil.example/',
  'http://127.0.0.1:1/',
])('%s is refused loudly, and nothing is sent', async (url) => {
  const sandbox = createSandbox();
  await expect(sendRaw(sandbox, 'GET', url)).rejects.toThrow('is not a host of the sandbox');
  expect(sandbox.requests()).toEqual([]);
});

test('two sandboxes with one seed make the same tenant and the same ids, and share nothing', async () => {
  const [one, two] = [await createSandboxClient(), await createSandboxClient()];
  const first = await one.get('/users?$top=3');
  const second = await two.get('/users?$top=3');
  expect(second.body.value).toEqual(first.body.value);
  expect(second.headers['request-id']).toBe(first.headers['request-id']);
  const foreign = await two.get(first.body['@odata.nextLink']);
  expect(foreign.body.error.code).toBe('Request_UnsupportedQuery');
  one.sandbox.placeObject('graph', 'user', { displayName: 'Only here' });
  expect(two.sandbox.requests().length).toBeLessThanOrEqual(one.sandbox.requests().length + 1);
});

test('passwords and secrets in bodies are masked in the log, whatever their depth', async () => {
  const client = await createSandboxClient();
  await client.send('POST', '/users', { body: { passwordProfile: { password: 'marked-secret' }, displayName: 'x' } });
  await client.send('POST', '/$batch', {
    body: {
      requests: [{ id: '1', body: { newPassword: 'marked-secret' }, headers: { Authorization: 'marked-secret' } }],
    },
  });
  await client.get('/users?client_secret=marked-secret&$top=1');
  const seen = client.sandbox.requests().slice(-3);
  expect(JSON.stringify(seen)).not.toContain('marked-secret');
  expect(seen[0]?.body).toEqual({ passwordProfile: { password: '***' }, displayName: 'x' });
  expect(seen[2]?.url).toBe('/v1.0/users?client_secret=***&$top=1');
});
