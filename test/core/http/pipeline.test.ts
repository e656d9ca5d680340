import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { testCall } from '../../support/call.ts';
import { connection, fail, succeed } from './client-fixture.ts';
import { startScriptedServer } from './scripted-server.ts';
import { get, patch, post, remove, serveEachTest } from './served-client.ts';

const served = serveEachTest();

describe('bodies', () => {
  test('an empty 202 that is marked as JSON is a success without a body', async () => {
    served.server.react({ status: 202, headers: { 'content-type': 'application/json' }, body: '' });
    expect(await succeed(served.client().send(post, testCall()))).toMatchObject({ status: 202, body: undefined });
  });

  test('a page of a gateway is reduced to its title', async () => {
    const body = `<html><head><title>Service\n Unavailable</title></head><body>${'x'.repeat(5000)}</body></html>`;
    served.server.react({ status: 400, headers: { 'content-type': 'text/html' }, body });
    const error = await fail(served.client().send(get, testCall()));
    expect(error).toMatchObject({
      code: 'upstream_error',
      message: 'Microsoft Graph answered 400: `Service Unavailable`.',
    });
    expect(JSON.stringify(error)).not.toContain('xxx');
  });

  test('broken JSON of a success is an upstream_error that does not quote it', async () => {
    served.server.react({ status: 200, body: '{"secret":"hunter2"' });
    const error = await fail(served.client().send(get, testCall()));
    expect(error).toMatchObject({ code: 'upstream_error' });
    expect(String(error)).not.toContain('hunter2');
  });

  test('gzip is asked for and undone', async () => {
    const body = gzipSync('{"displayName":"Ada"}');
    served.server.react({ status: 200, headers: { 'content-encoding': 'gzip' }, body });
    expect(await succeed(served.client().send(get, testCall()))).toMatchObject({ body: { displayName: 'Ada' } });
    expect(served.server.seen[0]?.headers['accept-encoding']).toBe('gzip');
  });

  test('larger than the limit is refused, compressed or not', async () => {
    const small = { maxBodyBytes: 1000 };
    served.server.react({ status: 200, body: `"${'x'.repeat(2000)}"` });
    expect(await fail(served.client(small).send(get, testCall()))).toMatchObject({ code: 'upstream_error' });
    served.server.react({
      status: 200,
      headers: { 'content-encoding': 'gzip' },
      body: gzipSync(`"${'x'.repeat(200_000)}"`),
    });
    expect(await fail(served.client(small).send(get, testCall()))).toMatchObject({ code: 'upstream_error' });
    expect(served.server.seen).toHaveLength(2);
  });

  test('of a DELETE is its own, and is never read as the next request on the connection', async () => {
    const body = 'PUT /v1.0/evil HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi';
    await succeed(served.client().send({ ...remove, body }, testCall()));
    await succeed(served.client().send(get, testCall()));
    expect(served.server.seen.map(({ method, body: sent }) => [method, sent])).toEqual([
      ['DELETE', body],
      ['GET', ''],
    ]);
  });

  test('a GET carries none, whatever was passed', async () => {
    await succeed(served.client().send({ ...get, body: { ignored: true } }, testCall()));
    expect(served.server.seen[0]?.body).toBe('');
  });
});

test('a message that repeats what it refuses is cut', async () => {
  const message = `Resource '${'x'.repeat(100_000)}' does not exist.`;
  served.server.react({ status: 404, body: JSON.stringify({ error: { code: 'NotFound', message } }) });
  expect(await fail(served.client().send(get, testCall()))).toMatchObject({
    message: expect.stringMatching(/^Microsoft Graph answered 404: `Resource 'x{1400,1500}…`\.$/),
    upstream: { detail: { truncated: expect.any(String) } },
  });
});

describe('redirects', () => {
  test('to another host are followed without the token', async () => {
    const target = await startScriptedServer();
    served.server.react({ status: 302, headers: { location: `${target.url}/content?sig=1` } });
    expect(await succeed(served.client().send({ ...get, path: '/users/ada/photo/$value' }, testCall()))).toMatchObject({
      status: 200,
    });
    expect(target.seen[0]?.headers.authorization).toBeUndefined();
    await target.close();
  });

  test('on the same host keep it', async () => {
    served.server.react({ status: 302, headers: { location: '/v1.0/users/grace' } });
    await succeed(served.client().send(get, testCall()));
    expect(served.server.seen[1]).toMatchObject({
      url: '/v1.0/users/grace',
      headers: { authorization: 'Bearer token-1' },
    });
  });

  test('in a circle end after five', async () => {
    served.server.react(
      ...Array.from({ length: 20 }, () => ({ status: 302, headers: { location: '/v1.0/users/ada' } })),
    );
    expect(await fail(served.client().send(get, testCall()))).toMatchObject({ code: 'upstream_error' });
    expect(served.server.seen).toHaveLength(6);
  });

  test('of a write are not followed', async () => {
    served.server.react({ status: 302, headers: { location: '/v1.0/users/grace' } });
    expect(await fail(served.client().send(post, testCall()))).toMatchObject({ status: 302 });
    expect(served.server.seen).toHaveLength(1);
  });
});

test('a link of the service arrives byte for byte', async () => {
  const link = `${served.server.url}/v1.0/users?$skiptoken=RFN'p%2fdA"x|y&$top=5`;
  await succeed(served.client().send({ method: 'GET', path: link, verbatim: true }, testCall()));
  expect(served.server.seen[0]?.url).toBe(`/v1.0/users?$skiptoken=RFN'p%2fdA"x|y&$top=5`);
});

test('every request names its call, the client and the language', async () => {
  served.server.react({ status: 500 });
  await succeed(served.client({ userAgent: 'tenantry/0' }).send(get, testCall({ clientRequestId: 'call-id' })));
  for (const { headers } of served.server.seen) {
    expect(headers).toMatchObject({
      'client-request-id': 'call-id',
      'user-agent': 'tenantry/0',
      'accept-language': 'en-US',
    });
  }
});

test('a header that would take over the request is refused, and nothing is sent', async () => {
  for (const headers of [
    { Authorization: 'Bearer x' },
    { Host: 'evil.example' },
    { 'X-A': 'a\r\nb: c' },
    { 'a b': 'c' },
  ]) {
    expect(await fail(served.client().send({ ...get, headers }, testCall()))).toMatchObject({
      code: 'invalid_argument',
    });
  }
  expect(served.server.seen).toHaveLength(0);
});

test('a read-only connection sends reads alone', async () => {
  const readOnly = served.client({ connection: connection({}, { access: 'read_only' }) });
  await succeed(readOnly.send(get, testCall()));
  await succeed(readOnly.send({ method: 'POST', path: '/directoryObjects/getByIds', body: {} }, testCall()));
  for (const request of [post, patch, remove]) {
    expect(await fail(readOnly.send(request, testCall()))).toMatchObject({ code: 'refused' });
  }
  expect(served.server.seen).toHaveLength(2);
});
