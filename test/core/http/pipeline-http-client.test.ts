import 'bottleneck';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { createPipelineFromOptions, createPipelineRequest, type HttpClient } from '@azure/core-rest-pipeline';
import { describe, expect, test } from 'vitest';
import { createPipelineHttpClient } from '../../../src/core/http/pipeline-http-client.ts';
import { createLogger } from '../../../src/core/telemetry/logger.ts';
import { createLimiterRegistry } from '../../../src/core/throttle/limiter.ts';
import { connection, descriptor, fail, succeed, type TestOptions, testOptions } from './client-fixture.ts';
import { serveEachTest, until } from './served-client.ts';

const served = serveEachTest();

function httpClient(options: Partial<TestOptions> = {}): HttpClient {
  return createPipelineHttpClient(testOptions({ httpClient: served.httpClient, url: served.server.url, ...options }));
}

function get(path = '/v1.0/users', options: Partial<Parameters<typeof createPipelineRequest>[0]> = {}) {
  return createPipelineRequest({ url: `${served.server.url}${path}`, ...options });
}

/** What would be a request of its own, if it were sent behind the headers of another without its length. */
const smuggled = 'PUT /v1.0/evil HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi';

function post(body: Parameters<typeof createPipelineRequest>[0]['body'] = '{"displayName":"Ada"}') {
  return get('/v1.0/users', { method: 'POST', body });
}

describe('a request of another client', () => {
  test('that reads gets the token and its id, and its answer as text', async () => {
    const request = get('/v1.0/users?$top=1');
    served.server.react({ status: 200, headers: { 'x-told': 'yes' }, body: '{"value":[]}' });
    const { status, headers, bodyAsText } = await succeed(httpClient().sendRequest(request));
    expect({ status, told: headers.get('x-told'), bodyAsText }).toEqual({
      status: 200,
      told: 'yes',
      bodyAsText: '{"value":[]}',
    });
    const [seen] = served.server.seen;
    expect(seen).toMatchObject({ method: 'GET', url: '/v1.0/users?$top=1' });
    expect(seen?.headers).toMatchObject({
      authorization: 'Bearer token-1',
      'client-request-id': request.requestId,
      'user-agent': 'tenantry',
    });
  });

  test('that writes is sent with its body and its headers', async () => {
    const request = post();
    request.headers.set('Content-Type', 'application/json; odata=minimal');
    served.server.react({ status: 201, body: '{"id":"1"}' });
    const { status, bodyAsText } = await succeed(httpClient().sendRequest(request));
    expect([status, bodyAsText]).toEqual([201, '{"id":"1"}']);
    expect(served.server.seen[0]).toMatchObject({ method: 'POST', body: '{"displayName":"Ada"}' });
    expect(served.server.seen[0]?.headers['content-type']).toBe('application/json; odata=minimal');
  });

  test('may send bytes, or a function that opens its body for each attempt', async () => {
    served.server.react({ status: 200 }, { status: 429, headers: { 'retry-after': '1' } });
    await succeed(httpClient().sendRequest(post(new TextEncoder().encode('bytes'))));
    await succeed(httpClient().sendRequest(post(() => Readable.from(['opened']))));
    expect(served.server.seen.map(({ body }) => body)).toEqual(['bytes', 'opened', 'opened']);
  });

  test.each([
    ['text', () => smuggled],
    ['bytes', () => new TextEncoder().encode(smuggled).buffer],
    ['a stream', () => () => Readable.from([smuggled])],
  ])('with a method that seldom has a body sends it as its own, not as the next request: %s', async (_kind, body) => {
    await succeed(httpClient().sendRequest(get('/v1.0/users/ada', { method: 'DELETE', body: body() })));
    await succeed(httpClient().sendRequest(get('/v1.0/users')));
    expect(served.server.seen.map(({ method, body: sent }) => [method, sent])).toEqual([
      ['DELETE', smuggled],
      ['GET', ''],
    ]);
  });

  test('stays as it was, so that its client can send it again', async () => {
    const request = get();
    const before = { ...request, headers: request.headers.toJSON() };
    const client = httpClient();
    await succeed(client.sendRequest(request));
    expect({ ...request, headers: request.headers.toJSON() }).toEqual(before);
    expect((await succeed(client.sendRequest(request))).status).toBe(200);
  });

  test('can have its answer as a stream', async () => {
    served.server.react({ status: 200, headers: { 'content-type': 'text/plain' }, body: 'a file' });
    const request = get('/v1.0/file', { streamResponseStatusCodes: new Set([200]) });
    const { readableStreamBody, bodyAsText } = await succeed(httpClient().sendRequest(request));
    expect(bodyAsText).toBeUndefined();
    expect(await text(readableStreamBody ?? Readable.from([]))).toBe('a file');
  });

  test("rides below Azure's own policies, whose answers are not decompressed twice", async () => {
    const body = gzipSync('{"value":[1]}');
    served.server.react({ status: 200, headers: { 'content-encoding': 'gzip' }, body });
    const pipeline = createPipelineFromOptions({ retryOptions: { maxRetries: 0 } });
    const { bodyAsText } = await succeed(pipeline.sendRequest(httpClient(), get()));
    expect(bodyAsText).toBe('{"value":[1]}');
  });
});

describe('repetition goes by the method', () => {
  test('a GET is sent again after a 503, over a token that is new after a 401', async () => {
    served.server.react({ status: 503 }, { status: 401 });
    const { status } = await succeed(httpClient().sendRequest(get()));
    expect(status).toBe(200);
    expect(served.server.seen.map(({ headers }) => headers.authorization)).toEqual([
      'Bearer token-1',
      'Bearer token-1',
      'Bearer token-2',
    ]);
  });

  test('a POST is not sent again after a 500, and its client gets the answer as it is', async () => {
    const body = '{"error":{"code":"Broken","message":"It broke."}}';
    served.server.react({ status: 500, body });
    const { status, bodyAsText } = await succeed(httpClient().sendRequest(post()));
    expect([status, bodyAsText, served.server.seen.length]).toEqual([500, body, 1]);
  });

  test('a POST whose answer is lost has an unknown outcome', async () => {
    served.server.react({ close: 'before' });
    expect(await fail(httpClient().sendRequest(post()))).toMatchObject({ code: 'outcome_unknown' });
    expect(served.server.seen).toHaveLength(1);
  });

  test('a body that can be read only once is refused before anything is sent', async () => {
    for (const body of [Readable.from(['once']), new Blob(['unknown to Node'])]) {
      const error = await fail(httpClient().sendRequest(post(body)));
      expect(error).toMatchObject({ code: 'unsupported', hint: expect.stringContaining('a function') });
    }
    expect(served.server.seen).toHaveLength(0);
  });
});

describe('a body that is opened', () => {
  test('may be a stream of the web', async () => {
    await succeed(httpClient().sendRequest(post(() => new Blob(['of the web']).stream())));
    expect(served.server.seen[0]?.body).toBe('of the web');
  });

  test.each([
    ['cannot be opened', () => failToOpen],
    ['fails while it is read', () => () => Readable.from(failing())],
  ])('that %s ends its request, not the process, and is not tried again', async (_how, body) => {
    const error = await fail(httpClient().sendRequest(get('/v1.0/file', { method: 'PUT', body: body() })));
    expect(error).toMatchObject({ code: 'invalid_argument', message: expect.stringContaining('read to its end') });
    expect(served.server.seen).toHaveLength(0);
  });
});

function failToOpen(): NodeJS.ReadableStream {
  throw new Error('no such file');
}

async function* failing(): AsyncGenerator<string> {
  yield 'a beginning';
  throw new Error('the disk is gone');
}

describe('the rules of the connection hold', () => {
  test('the limiter counts the request, and a refusal pauses the lane', async () => {
    const limiter = createLimiterRegistry();
    const bucket = { id: 'reads', kind: 'bucket', capacity: 10, windowMs: 1e9, source: 'a page' } as const;
    const charging = { ...descriptor, charges: () => [{ bucket, cost: 3 }] };
    served.server.react({ status: 429, headers: { 'retry-after': '2' } });
    await succeed(httpClient({ limiter, descriptor: charging }).sendRequest(get()));
    const [first, second] = served.server.seen;
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(2_000);
    expect(limiter.snapshot()).toMatchObject({
      lanes: [{ lane: 'graph directory read', inFlight: 0 }],
      budgets: [{ budget: 'reads', left: 4, ageMs: 0 }],
    });
    await limiter.close();
  });

  test('a read-only connection sends no write', async () => {
    const readOnly = connection({}, { access: 'read_only' });
    expect(await fail(httpClient({ connection: readOnly }).sendRequest(post()))).toMatchObject({ code: 'refused' });
    expect(served.server.seen).toHaveLength(0);
  });

  test('a method in a header is not sent', async () => {
    const request = get();
    request.headers.set('X-HTTP-Method-Override', 'DELETE');
    await succeed(httpClient().sendRequest(request));
    expect(served.server.seen[0]?.headers['x-http-method-override']).toBeUndefined();
  });

  test('another host gets no token', async () => {
    const seen: (string | undefined)[] = [];
    const transport: HttpClient = {
      async sendRequest(request) {
        seen.push(request.headers.get('authorization'));
        return { request, status: 200, headers: request.headers, bodyAsText: 'a file' };
      },
    };
    const client = createPipelineHttpClient(testOptions({ httpClient: transport }));
    const request = createPipelineRequest({ url: 'https://files.example.com/download?sig=1' });
    request.headers.set('Authorization', 'Bearer of-the-client');
    request.headers.set('x-ms-authorization-auxiliary', 'Bearer of-another-tenant');
    request.headers.set('Cookie', 'session=1');
    const { headers } = await succeed(client.sendRequest(request));
    expect(headers.toJSON()).not.toHaveProperty('x-ms-authorization-auxiliary');
    expect(headers.toJSON()).not.toHaveProperty('cookie');
    await succeed(client.sendRequest(createPipelineRequest({ url: 'https://graph.microsoft.com/v1.0/users' })));
    expect(seen).toEqual([undefined, 'Bearer token-1']);
  });

  test('what was sent is logged', async () => {
    const lines: string[] = [];
    const logger = createLogger({ level: 'info', destination: { write: (line) => lines.push(line) } });
    await succeed(httpClient({ logger, settings: { logging: { enabled: true } } }).sendRequest(get()));
    await logger.flush();
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { msg: 'request', connection: 'test', method: 'GET' },
      { msg: 'response', status: 200 },
    ]);
  });
});

describe('a request ends', () => {
  test('when its client aborts it', async () => {
    served.server.react({ silent: true });
    const controller = new AbortController();
    const failing = fail(httpClient().sendRequest(get('/v1.0/users', { abortSignal: controller.signal })));
    await until(() => served.server.seen.length > 0);
    controller.abort();
    expect(await failing).toMatchObject({ code: 'cancelled' });
  });

  test('when its timeout is over', async () => {
    served.server.react({ silent: true });
    expect(await fail(httpClient().sendRequest(get('/v1.0/users', { timeout: 3_000 })))).toMatchObject({
      code: 'timeout',
    });
  });
});
