import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { createHttpHeaders, type PipelineRequest } from '@azure/core-rest-pipeline';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { ApiRequest } from '../../../src/core/http/api-client.ts';
import { createDefaultHttpClient } from '../../../src/core/http/default-http-client.ts';
import { proxiesOf } from '../../../src/core/http/proxy.ts';
import { testCall } from '../../support/call.ts';
import { makeCertificate, type TestCertificate } from '../../support/test-certificate.ts';
import { type ProxyAnswer, startProxy, type TestProxy } from '../../support/test-proxy.ts';
import { descriptor, testClient } from './client-fixture.ts';

let certificate: TestCertificate;
let service: https.Server;
let port: number;
const seen: string[] = [];
const opened: (() => Promise<unknown> | unknown)[] = [];

/** A service behind the proxy, under the name that the certificate has. */
beforeAll(async () => {
  certificate = await makeCertificate({ names: ['graph.test.example'] });
  service = https.createServer({ cert: certificate.cert, key: certificate.key }, (request, response) => {
    seen.push(`${request.method} ${request.url} ${request.headers.authorization}`);
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"value":[]}');
  });
  await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve));
  port = (service.address() as AddressInfo).port;
});

afterAll(async () => {
  service.closeAllConnections();
  await new Promise((resolve) => service.close(resolve));
  await certificate.remove();
});

afterEach(async () => {
  seen.length = 0;
  for (const close of opened.splice(0).reverse()) await close();
});

/** A name that only the proxy knows. */
const url = 'https://graph.test.example';

function clientBehind(variables: Readonly<Record<string, string>>, at = url) {
  const httpClient = createDefaultHttpClient({ proxyFor: proxiesOf((name) => variables[name]) });
  opened.push(() => httpClient.close());
  return testClient({
    httpClient,
    url: at,
    descriptor: { ...descriptor, wants: () => 'json' },
    settings: { timeouts: { connect: 2 }, retry: { max_attempts: 2, backoff_base: 0, jitter: 0 } },
  });
}

async function proxyThat(answer: (host: string) => ProxyAnswer): Promise<TestProxy> {
  const proxy = await startProxy(answer);
  opened.push(() => proxy.close());
  return proxy;
}

const get = { method: 'GET', path: '/users' } as const;

describe('a proxy', () => {
  test('leads to the service, and gets neither token nor path; one tunnel serves one request after the other', async () => {
    const proxy = await proxyThat(() => ({ port }));
    const client = clientBehind({ HTTPS_PROXY: `http://127.0.0.1:${proxy.port}` });
    await client.send(get, testCall());
    await client.send(get, testCall());
    expect(seen).toEqual(['GET /v1.0/users Bearer token-1', 'GET /v1.0/users Bearer token-1']);
    expect(proxy.asked).toEqual([{ host: 'graph.test.example:443', authorization: undefined }]);
  });

  test('gets the user and password of its variable', async () => {
    const proxy = await proxyThat(() => ({ port }));
    await clientBehind({ HTTPS_PROXY: `http://some%40user:p%3Ass@127.0.0.1:${proxy.port}` }).send(get, testCall());
    expect(proxy.asked[0]?.authorization).toBe(`Basic ${Buffer.from('some@user:p:ss').toString('base64')}`);
  });

  test('is left out for what NO_PROXY names', async () => {
    const proxy = await proxyThat(() => ({ port }));
    const client = clientBehind({ HTTPS_PROXY: `http://127.0.0.1:${proxy.port}`, NO_PROXY: 'test.example' });
    await expect(client.send(get, testCall())).rejects.toMatchObject({
      message: expect.stringContaining('does not resolve'),
    });
    expect(proxy.asked).toEqual([]);
  });

  const withUser = (at: number) => `http://user:MARKED-PASSWORD@127.0.0.1:${at}`;

  test.each([
    [407, withoutUser, 'wants a user and a password (407)', 'http://user:password@host:port', 1],
    [407, withUser, 'refuses the user and password of the variable (407)', 'percent-encoded', 1],
    [
      403,
      withoutUser,
      'does not let connections to Microsoft Graph through (403)',
      'ask its administrator to let connections to `graph.test.example` through',
      1,
    ],
    [502, withoutUser, 'could not reach Microsoft Graph (502)', 'the proxy itself reaches `graph.test.example`', 2],
    [302, withoutUser, 'did not open a way to Microsoft Graph (302)', 'is no proxy: correct HTTPS_PROXY', 1],
  ])('that answers %i is told apart from the service', async (status, variable, message, hint, attempts) => {
    const proxy = await proxyThat(() => ({ status }));
    const client = clientBehind({ HTTPS_PROXY: variable(proxy.port) });
    const error = await client
      .send({ method: 'POST', path: '/users', body: { a: 'MARKED-BODY' } }, testCall())
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'upstream_unavailable',
      message: expect.stringContaining(`The proxy \`127.0.0.1:${proxy.port}\` (HTTPS_PROXY) ${message}.`),
      hint: expect.stringMatching(new RegExp(hint.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'), 'i')),
    });
    expect(JSON.stringify(error)).not.toContain('MARKED');
    expect(proxy.asked).toHaveLength(attempts);
    expect(proxy.leaked()).toBe('');
    expect(seen).toEqual([]);
  });

  test('that is gone, has no name or stays silent is named, and a POST was not sent', async () => {
    const gone = await startProxy(() => 'silence');
    await gone.close();
    const silent = await proxyThat(() => 'silence');
    for (const [address, message] of [
      [
        `127.0.0.1:${gone.port}`,
        `The proxy \`127.0.0.1:${gone.port}\` (ALL_PROXY) could not be reached (ECONNREFUSED).`,
      ],
      ['nowhere.invalid:8080', 'The name of the proxy `nowhere.invalid:8080` (ALL_PROXY) does not resolve ('],
      [
        `127.0.0.1:${silent.port}`,
        `The proxy \`127.0.0.1:${silent.port}\` (ALL_PROXY) could not be reached (CONNECT_TIMEOUT).`,
      ],
    ]) {
      const client = clientBehind({ ALL_PROXY: `http://${address}` });
      await expect(client.send({ method: 'POST', path: '/users', body: {} }, testCall())).rejects.toMatchObject({
        code: 'upstream_unavailable',
        message: expect.stringContaining(message ?? ''),
        hint: expect.stringContaining('ALL_PROXY'),
        retryable: true,
      });
    }
  });

  test('that is written as https and speaks no TLS is told so', async () => {
    const proxy = await proxyThat(() => ({ port }));
    const client = clientBehind({ HTTPS_PROXY: `https://127.0.0.1:${proxy.port}` });
    await expect(client.send(get, testCall())).rejects.toMatchObject({
      message: expect.stringMatching(
        /^No encrypted connection to the proxy `127\.0\.0\.1:\d+` \(HTTPS_PROXY\) could be agreed \(/,
      ),
      hint: expect.stringContaining('write the address with http://'),
    });
  });
});

describe('other walls of a company', () => {
  test('inspected traffic names the variable for its certificate', async () => {
    const other = await makeCertificate({ trusted: false, names: ['graph.test.example'] });
    opened.push(() => other.remove());
    const inspector = https.createServer({ cert: other.cert, key: other.key }, (_request, response) => response.end());
    await new Promise<void>((resolve) => inspector.listen(0, '127.0.0.1', resolve));
    opened.push(() => new Promise((resolve) => inspector.close(resolve)));
    const proxy = await proxyThat(() => ({ port: (inspector.address() as AddressInfo).port }));
    await expect(
      clientBehind({ HTTPS_PROXY: `http://127.0.0.1:${proxy.port}` }).send(get, testCall()),
    ).rejects.toMatchObject({
      message: 'The certificate of Microsoft Graph is not trusted (DEPTH_ZERO_SELF_SIGNED_CERT).',
      hint: expect.stringContaining('NODE_EXTRA_CA_CERTS'),
      retryable: false,
    });
  });

  test('a certificate for another name is not explained with inspection', async () => {
    const proxy = await proxyThat(() => ({ port }));
    const client = clientBehind({ HTTPS_PROXY: `http://127.0.0.1:${proxy.port}` }, 'https://other.test.example');
    await expect(client.send(get, testCall())).rejects.toMatchObject({
      message: 'The certificate of Microsoft Graph is not trusted (ERR_TLS_CERT_ALTNAME_INVALID).',
      hint: expect.stringContaining('Something else answers for `other.test.example`'),
    });
  });

  test('a name that does not resolve is told with its host', async () => {
    await expect(clientBehind({}, 'https://nowhere.invalid').send(get, testCall())).rejects.toMatchObject({
      message: expect.stringMatching(
        /^The name `nowhere\.invalid` of Microsoft Graph does not resolve here \((?:ENOTFOUND|EAI_AGAIN)\)\./,
      ),
      hint: expect.stringMatching(/name server/),
    });
  });

  test('a closed port of this machine names the host, and no proxy', async () => {
    const gone = await startProxy(() => 'silence');
    await gone.close();
    await expect(clientBehind({}, `https://127.0.0.1:${gone.port}`).send(get, testCall())).rejects.toMatchObject({
      message: expect.stringContaining('Microsoft Graph could not be reached (ECONNREFUSED)'),
      hint: expect.stringMatching(/^Nothing listens at `127\.0\.0\.1:\d+` on this machine/),
    });
  });
});

describe('a page where the service answers with data', () => {
  const page = '<html><head><title>Blocked by policy 17</title></head></html>';

  async function answered(status: number, headers: Record<string, string>, body = page, request: ApiRequest = get) {
    const httpClient = {
      sendRequest: async (request: PipelineRequest) => ({
        request,
        status,
        headers: createHttpHeaders(headers),
        bodyAsText: body,
      }),
    };
    const client = testClient({
      httpClient,
      descriptor: { ...descriptor, wants: () => 'json', requestIdHeader: 'x-own-id' },
      settings: { retry: { max_attempts: 1 } },
    });
    return client.send(request, testCall()).catch((thrown: unknown) => thrown);
  }

  test.each([
    ['a read to an address without encryption', get, 'http://portal.hotel.example/login?MARKED'],
    ['a write to a page', { method: 'POST', path: '/users', body: {} }, 'https://block.corp.example/?MARKED'],
  ] as const)('that sends %s is the network', async (_name, request, location) => {
    const error = await answered(302, { location }, '', request);
    expect(error).toMatchObject({
      code: 'upstream_unavailable',
      message: `Something in the network answered 302 with a redirect to \`${new URL(location).host}\` in the place of Microsoft Graph.`,
    });
    expect(inspect(error, { depth: 20 })).not.toContain('MARKED');
  });

  test('a redirect of the service itself is its own', async () => {
    const location = 'http://files.example/a';
    expect(await answered(302, { location, 'request-id': 'a' }, '')).toMatchObject({
      message: expect.stringContaining('The service answered with a redirect to an address that is not https'),
    });
  });

  test('is the network for requests that read refusals themselves', async () => {
    const request: ApiRequest = { ...get, expectedStatuses: [403] };
    expect(await answered(403, { 'content-type': 'text/html' }, page, request)).toMatchObject({
      code: 'upstream_unavailable',
      message: expect.stringContaining('Something in the network answered 403'),
    });
    expect(await answered(403, { 'content-type': 'application/json' }, '{}', request)).toMatchObject({ status: 403 });
  });

  test.each([403, 407, 451, 511])('with %i is the network, and no permission is looked for', async (status) => {
    expect(await answered(status, { 'content-type': 'text/html; charset=utf-8' })).toMatchObject({
      code: 'upstream_unavailable',
      status,
      message: `Something in the network answered ${status} with a page (\`Blocked by policy 17\`) in the place of Microsoft Graph.`,
      hint: expect.stringContaining('`graph.microsoft.com`'),
      retryable: false,
    });
  });

  test.each(['request-id', 'x-ms-request-id', 'x-own-id', 'x-azure-ref', 'x-msedge-ref', 'x-ms-error-code'])(
    'with the service’s %s is its own refusal',
    async (header) => {
      expect(await answered(403, { 'content-type': 'text/html', [header]: 'a' })).toMatchObject({
        code: 'permission_denied',
      });
    },
  );

  test('a refusal in JSON is the service’s', async () => {
    const body = '{"error":{"code":"Authorization_RequestDenied","message":"No."}}';
    expect(await answered(403, { 'content-type': 'application/json' }, body)).toMatchObject({
      code: 'permission_denied',
    });
  });

  test.each([404, 503])(
    'with %i is left to the general reading: gateways of services have pages too',
    async (status) => {
      expect(await answered(status, { 'content-type': 'text/html' })).not.toMatchObject({
        message: expect.stringContaining('Something in the network'),
      });
    },
  );
});

function withoutUser(at: number): string {
  return `http://127.0.0.1:${at}`;
}
