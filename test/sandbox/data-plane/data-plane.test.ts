import { createHttpHeaders, createPipelineRequest, type HttpMethods } from '@azure/core-rest-pipeline';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createSandbox } from '../../../src/sandbox/create-sandbox.ts';
import type { Sandbox, SandboxCredentials } from '../../../src/sandbox/sandbox.ts';
import { sandboxCredentials, seededCredentials } from '../../../src/sandbox/seed/sandbox-credentials.ts';

let sandbox: Sandbox;

beforeEach(() => {
  sandbox = createSandbox({ now: '2026-11-20T10:00:00Z' });
});

afterEach(() => sandbox.close());

async function tokenFor(audience: string, credentials: SandboxCredentials = sandboxCredentials): Promise<string> {
  const form = new URLSearchParams({
    client_id: credentials.clientId,
    client_secret: credentials.clientSecret,
    scope: `${audience}/.default`,
    grant_type: 'client_credentials',
  });
  const answer = await sandbox.httpClient.sendRequest(
    createPipelineRequest({
      url: `${sandbox.cloud.login}/${credentials.tenantId}/oauth2/v2.0/token`,
      method: 'POST',
      body: form.toString(),
      headers: createHttpHeaders({ 'Content-Type': 'application/x-www-form-urlencoded' }),
    }),
  );
  return JSON.parse(answer.bodyAsText ?? '{}').access_token;
}

async function call(url: string, token?: string, headers: Record<string, string> = {}, method: HttpMethods = 'GET') {
  const answer = await sandbox.httpClient.sendRequest(
    createPipelineRequest({
      url,
      method,
      headers: createHttpHeaders({ ...headers, ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }) }),
    }),
  );
  return { status: answer.status, headers: answer.headers.toJSON(), body: answer.bodyAsText ?? '' };
}

const limited = seededCredentials('limited');

describe('blob storage', () => {
  const account = 'https://stcontosodata.blob.sandbox.invalid';
  const version = { 'x-ms-version': '2021-12-02' };
  const storage = 'https://storage.azure.com';

  test('lists containers in pages', async () => {
    const token = await tokenFor(storage);
    const first = await call(`${account}/?comp=list&maxresults=1`, token, version);
    expect(first).toMatchObject({ status: 200, headers: { 'content-type': 'application/xml' } });
    expect(first.body).toContain('<Name>exports</Name>');
    expect(first.body).toContain('<NextMarker>invoices</NextMarker>');
    const second = await call(`${account}/?comp=list&marker=invoices`, token, version);
    expect(second.body).toContain('<Name>invoices</Name>');
    expect(second.body).not.toContain('<Name>exports</Name>');
  });

  test('reads the properties of the service and of a container; bad names are refused', async () => {
    const token = await tokenFor(storage);
    expect((await call(`${account}/?restype=service&comp=properties`, token, version)).body).toContain(
      '<StorageServiceProperties>',
    );
    const container = await call(`${account}/invoices?restype=container`, token, version, 'HEAD');
    expect(container.headers).toMatchObject({ 'x-ms-lease-state': 'available', etag: expect.stringMatching(/^"/) });
    const codeOf = async (name: string) =>
      (await call(`${account}/${name}?restype=container`, token, version)).headers['x-ms-error-code'];
    expect([await codeOf('Invoices'), await codeOf('a--b'), await codeOf('ab')]).toEqual([
      'InvalidResourceName',
      'InvalidResourceName',
      'OutOfRangeInput',
    ]);
    expect((await call(`${account}/ab?restype=container`, token, version, 'PUT')).status).toBe(400);
  });

  test('a role on one container opens that container and not the account', async () => {
    const token = await tokenFor(storage, limited);
    expect(await call(`${account}/?comp=list`, token, version)).toMatchObject({
      status: 403,
      headers: { 'x-ms-error-code': 'AuthorizationPermissionMismatch' },
      body: expect.stringContaining('<Code>AuthorizationPermissionMismatch</Code>'),
    });
    expect(await call(`${account}/invoices?restype=container`, token, version, 'HEAD')).toMatchObject({
      status: 200,
      body: '',
    });
    expect((await call(`${account}/exports?restype=container`, token, version)).status).toBe(403);
  });

  test('who may read a container reads its blobs, and writes none', async () => {
    const [token, reader] = [await tokenFor(storage), await tokenFor(storage, limited)];
    const url = `${account}/invoices/2026/a%20b.pdf`;
    const block = { ...version, 'x-ms-blob-type': 'BlockBlob' };
    const made = await call(url, token, { ...block, 'x-ms-meta-origin': 'test' }, 'PUT');
    expect(made).toMatchObject({ status: 201, headers: { etag: expect.stringMatching(/^"0x/) } });
    expect(await call(url, reader, version, 'HEAD')).toMatchObject({
      status: 200,
      headers: { etag: made.headers['etag'], 'x-ms-blob-type': 'BlockBlob', 'x-ms-meta-origin': 'test' },
    });
    for (const method of ['PUT', 'DELETE'] as const) {
      expect((await call(url, reader, block, method)).headers['x-ms-error-code']).toBe(
        'AuthorizationPermissionMismatch',
      );
    }
    const listed = await call(`${account}/invoices?restype=container&comp=list`, reader, version);
    expect(listed.body).toContain('<Name>2026/a b.pdf</Name>');
    expect((await call(url, token, version, 'DELETE')).status).toBe(202);
    expect((await call(url, token, version)).status).toBe(404);
  });

  test('a token for another service is refused with a challenge', async () => {
    const answer = await call(`${account}/?comp=list`, await tokenFor('https://servicebus.azure.net'), version);
    expect(answer).toMatchObject({
      status: 401,
      headers: {
        'x-ms-error-code': 'InvalidAuthenticationInfo',
        'www-authenticate': expect.stringContaining('resource_id=https://storage.azure.com'),
      },
    });
  });

  test('requests without a token, and versions that know no tokens, are refused', async () => {
    expect((await call(`${account}/?comp=list`, undefined, version)).headers['x-ms-error-code']).toBe(
      'NoAuthenticationInformation',
    );
    const old = await call(`${account}/?comp=list`, await tokenFor(storage), { 'x-ms-version': '2015-02-21' });
    expect(old.headers['x-ms-error-code']).toBe('AuthenticationFailed');
  });

  test('closed accounts, unknown accounts, unknown containers and what is not modelled have their codes', async () => {
    const token = await tokenFor(storage);
    const codeAt = async (url: string) => (await call(url, token, version)).headers['x-ms-error-code'];
    expect(await codeAt('https://stcontosoarchive.blob.sandbox.invalid/?comp=list')).toBe('AuthorizationFailure');
    expect(await codeAt('https://stnobody.blob.sandbox.invalid/?comp=list')).toBe('ResourceNotFound');
    expect(await codeAt(`${account}/none?restype=container`)).toBe('ContainerNotFound');
    expect(await codeAt(`${account}/?comp=list&maxresults=0`)).toBe('OutOfRangeQueryParameterValue');
    expect(await codeAt(`${account}/invoices/a.pdf`)).toBe('BlobNotFound');
    expect(await call(`${account}/invoices/a.pdf?comp=tags`, token, version)).toMatchObject({
      status: 501,
      body: expect.stringContaining('GET /invoices/a.pdf?comp'),
    });
  });
});

describe('Service Bus', () => {
  const namespace = 'https://sb-contoso-orders.servicebus.sandbox.invalid';
  const queues = `${namespace}/$Resources/queues?$skip=0&$top=1&api-version=2021-05`;
  const bus = 'https://servicebus.azure.net';

  test('lists queues as a feed', async () => {
    const answer = await call(queues, await tokenFor(bus));
    expect(answer.status).toBe(200);
    expect(answer.body).toContain('<title type="text">orders</title>');
    expect(answer.body).not.toContain('<title type="text">returns</title>');
  });

  test('an entity is read, made and deleted by its name; one that does not exist is an empty feed', async () => {
    const token = await tokenFor(bus);
    const at = (path: string) => `${namespace}/${path}?api-version=2021-05`;
    const one = await call(at('orders'), token);
    expect(one.headers['content-type']).toContain('type=entry');
    // The name is the path of the id, wherever the sandbox is reached.
    expect(one.body).toContain('<id>https://sb-contoso-orders.servicebus.sandbox.invalid/orders?');
    expect(one.body).toMatch(/<QueueDescription .*<LockDuration>PT1M<.*<MaxDeliveryCount>10</);
    const none = await call(at('none'), token);
    expect([none.status, none.body.includes('<entry'), none.body.includes('Publicly Listed Services')]).toEqual([
      200,
      false,
      true,
    ]);
    expect((await call(at('$namespaceinfo'), token)).body).toContain('<Name>sb-contoso-orders</Name>');
    expect((await call(at('none'), token, {}, 'DELETE')).status).toBe(404);
    expect((await call(at('returns'), token, {}, 'DELETE')).status).toBe(200);
    expect((await call(at('$Resources/queues'), token)).body).not.toContain('returns');
    expect((await call(at('orders'), token, {}, 'PUT')).status).toBe(400);
  });

  test('who may not manage is refused with the operation and a sub code', async () => {
    const answer = await call(queues, await tokenFor(bus, limited));
    expect(answer.status).toBe(401);
    expect(answer.body).toMatch(/<Error><Code>401<\/Code><Detail>Unauthorized: .*'Manage'.*SubCode=40100.*TrackingId:/);
  });

  test('without a token it tells what is listed for everybody', async () => {
    expect((await call(`${namespace}/`)).body).toContain('Publicly Listed Services');
  });

  test('a token for another service is refused', async () => {
    const answer = await call(queues, await tokenFor('https://storage.azure.com'));
    expect(answer.body).toContain('InvalidAudience');
  });

  test('what is not modelled is answered 501 with its name', async () => {
    expect(await call(`${namespace}/orders/messages/head`, await tokenFor(bus))).toMatchObject({
      status: 501,
      body: expect.stringContaining('/orders/messages/head'),
    });
  });
});

describe('search', () => {
  const service = 'https://srch-contoso-vectors.search.sandbox.invalid';
  const version = 'api-version=2024-07-01';
  const search = 'https://search.azure.com';

  test('lists indexes and counts documents', async () => {
    const token = await tokenFor(search);
    expect(JSON.parse((await call(`${service}/indexes?$select=name&${version}`, token)).body)).toMatchObject({
      value: [{ name: 'products' }, { name: 'manuals' }],
    });
    expect(await call(`${service}/indexes/products/docs/$count?${version}`, token)).toMatchObject({
      status: 200,
      body: '\ufeff0',
    });
    expect((await call(`${service}/indexes/none/docs/$count?${version}`, token)).status).toBe(404);
  });

  test('Reader sees indexes and no documents', async () => {
    const token = await tokenFor(search, limited);
    expect((await call(`${service}/indexes?${version}`, token)).status).toBe(200);
    expect((await call(`${service}/indexes/products/docs/$count?${version}`, token)).status).toBe(403);
  });

  test('a service for keys refuses every token without a word', async () => {
    const answer = await call(
      `https://srch-contoso-legacy.search.sandbox.invalid/indexes?${version}`,
      await tokenFor(search),
    );
    expect(answer).toMatchObject({ status: 403, body: '' });
  });

  test('bad tokens get the challenge that the service is set to', async () => {
    expect(await call(`${service}/indexes?${version}`, 'nonsense')).toMatchObject({
      status: 401,
      headers: { 'www-authenticate': expect.stringContaining('authorization_uri') },
    });
  });

  test('the api-version is asked for', async () => {
    expect((await call(`${service}/indexes`, await tokenFor(search))).status).toBe(400);
    expect((await call(`${service}/indexes?api-version=2019-01-01`, await tokenFor(search))).status).toBe(400);
  });
});

test('faults strike data planes by their names', async () => {
  sandbox.fault({ service: 'storage', status: 503 });
  const answer = await call('https://stcontosodata.blob.sandbox.invalid/?comp=list');
  expect(answer.status).toBe(503);
  expect(sandbox.requests().at(-1)).toMatchObject({ service: 'storage', url: '/?comp=list' });
});

test('on a port each account has a path of its own', async () => {
  const { cloud } = await sandbox.listen(0);
  const token = await tokenFor('https://storage.azure.com');
  const address = cloud.dataPlane['storage']?.replace('{account}', 'stcontosodata');
  const headers = { authorization: `Bearer ${token}`, 'x-ms-version': '2021-12-02' };
  const answer = await fetch(`${address}/?comp=list`, { headers });
  expect(answer.status).toBe(200);
  expect(await answer.text()).toContain(`ServiceEndpoint="${address}/"`);
  expect((await fetch(`${address}x/?comp=list`, { headers })).status).toBe(404);
});
