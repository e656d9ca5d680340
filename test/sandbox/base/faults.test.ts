import { beforeEach, describe, expect, test } from 'vitest';
import type { Fault } from '../../../src/sandbox/sandbox.ts';
import { createSandboxClient, eventual, type SandboxClient } from '../support/sandbox-client.ts';

let client: SandboxClient;
beforeEach(async () => {
  client = await createSandboxClient();
});

const reset = { code: 'ECONNRESET', name: 'RestError' };

describe('which requests a fault meets', () => {
  test.each<[string, Fault, string, boolean]>([
    ['nothing said', { status: 500 }, '/users', true],
    ['a path', { status: 500, match: '/v1.0/users' }, '/users?$top=1', true],
    ['another path', { status: 500, match: '/v1.0/users' }, '/groups', false],
    ['the beginning of a path', { status: 500, match: '/v1.0/users' }, '/users/delta', false],
    ['a star', { status: 500, match: 'GET /v1.0/users*' }, '/users/delta', true],
    ['a star over the query', { status: 500, match: 'GET /v1.0/users*skiptoken*' }, '/users', false],
    ['another method', { status: 500, match: 'POST /v1.0/users' }, '/users', false],
    ['another service', { status: 500, service: 'login' }, '/users', false],
    ['an encoded path', { status: 500, match: "/v1.0/users('a b')" }, "/users('a%20b')", true],
    ['characters of expressions', { status: 500, match: '/v1x0/users' }, '/users', false],
  ])('%s', async (_, fault, path, isMet) => {
    client.sandbox.fault(fault);
    const { status } = await client.get(path);
    expect(status === 500).toBe(isMet);
  });

  test('a fault strikes as often as it says, and waiting ones in their order', async () => {
    client.sandbox.fault({ status: 503, times: 2 });
    client.sandbox.fault({ status: 429 });
    const statuses: number[] = [];
    for (let call = 0; call < 4; call++) statuses.push((await client.get('/users?$top=1')).status);
    expect(statuses).toEqual([503, 503, 429, 200]);
  });
});

describe('what a fault answers', () => {
  test.each(['7', 7, 2.128, 'Thu, 15 Jan 2026 10:00:30 GMT'])('Retry-After %s goes out as it is', async (value) => {
    client.sandbox.fault({ status: 429, retry_after: value });
    const { headers, body } = await client.get('/users');
    expect([headers['retry-after'], body.error.code]).toEqual([String(value), 'TooManyRequests']);
  });

  test('without a body it is the error of the service, with the ids of the request', async () => {
    client.sandbox.fault({ status: 503 });
    const { headers, body } = await client.get('/users', { 'client-request-id': 'mine' });
    expect(body.error.code).toBe('serviceNotAvailable');
    expect(body.error.innerError['request-id']).toBe(headers['request-id']);
    expect(headers).not.toHaveProperty('retry-after');
  });

  test('a body is sent as it is: HTML, text, JSON or nothing', async () => {
    const answers = [
      { status: 502, body: '<html><body>Bad Gateway</body></html>' },
      { status: 202, body: '', headers: { 'Content-Type': 'application/json' } },
      { status: 404, body: { error: { code: 'Mine', message: '…' } } },
      { status: 200, body: 'plain' },
    ];
    for (const answer of answers) client.sandbox.fault(answer);
    const types: unknown[] = [];
    for (const { status, body } of answers) {
      const seen = await client.get('/users');
      types.push(seen.headers['content-type']);
      expect([seen.status, seen.text]).toEqual([status, typeof body === 'string' ? body : JSON.stringify(body)]);
    }
    expect(types).toEqual([
      'text/html; charset=utf-8',
      'application/json',
      'application/json',
      'text/plain; charset=utf-8',
    ]);
  });

  test('headers alone are added to the real answer', async () => {
    client.sandbox.fault({ headers: { 'x-ms-throttle-limit-percentage': '1.2' }, retry_after: 3 });
    const { status, headers, body } = await client.get('/users?$top=1');
    expect([status, headers['x-ms-throttle-limit-percentage'], headers['retry-after']]).toEqual([200, '1.2', '3']);
    expect(body.value).toHaveLength(1);
  });
});

describe('lost connections', () => {
  test('before: nothing was done; after: the request was carried out', async () => {
    const user = (await client.get('/users?$top=1&$select=id')).body.value[0].id;
    client.sandbox.fault({ reset: 'before', match: 'GET *' });
    await expect(client.get(`/users/${user}`)).rejects.toMatchObject(reset);
    client.sandbox.fault({ reset: 'after', match: 'GET *' });
    await expect(client.get(`/users/${user}`)).rejects.toMatchObject(reset);
    const statuses = client.sandbox.requests().map((request) => request.status);
    expect(statuses.slice(-2)).toEqual([0, 200]);
  });
});

describe('waiting', () => {
  test('a delayed answer can be given up', async () => {
    client.sandbox.fault({ delay_ms: 60_000 });
    const aborted = new AbortController();
    const answer = client.send('GET', '/users', { pipeline: { abortSignal: aborted.signal } });
    aborted.abort();
    await expect(answer).rejects.toMatchObject({ name: 'AbortError' });
  });

  test("a request's own time limit ends it as well", async () => {
    client.sandbox.fault({ delay_ms: 60_000 });
    const answer = client.send('GET', '/users', { pipeline: { timeout: 5 } });
    await expect(answer).rejects.toMatchObject({ name: 'AbortError' });
  });

  test('a request that was given up before it began is not sent', async () => {
    const before = client.sandbox.requests().length;
    const answer = client.send('GET', '/users', { pipeline: { abortSignal: AbortSignal.abort() } });
    await expect(answer).rejects.toMatchObject({ name: 'AbortError' });
    expect(client.sandbox.requests()).toHaveLength(before);
  });
});

describe('lists', () => {
  const path = '/users?$top=100&$select=id';
  const idsOf = (pages: readonly { readonly body: { readonly value: readonly { readonly id: string }[] } }[]) =>
    pages.flatMap(({ body }) => body.value.map(({ id }) => id));

  test('loop_next_link: a page that points to itself', async () => {
    client.sandbox.fault({ kind: 'loop_next_link' });
    const { body } = await client.get(path);
    const again = await client.get(body['@odata.nextLink']);
    expect(again.body.value).toEqual(body.value);
    expect(body['@odata.nextLink']).toBe(`https://graph.sandbox.invalid/v1.0${path}`);
  });

  test('foreign_next_link: a link to another host, which the sandbox does not serve', async () => {
    client.sandbox.fault({ kind: 'foreign_next_link' });
    const link = String((await client.get(path)).body['@odata.nextLink']);
    expect(link).toMatch(/^https:\/\/graph\.elsewhere\.invalid\/v1\.0\/users\?/);
    await expect(client.get(link)).rejects.toThrow(/'graph\.elsewhere\.invalid' is not a host of the sandbox/);
  });

  test('duplicate_page: the same items twice, under different links', async () => {
    client.sandbox.fault({ kind: 'duplicate_page', match: 'GET *skiptoken*' });
    const pages = await client.pages(path);
    const ids = idsOf(pages);
    expect([pages.length, ids.length, new Set(ids).size]).toEqual([4, 340, 240]);
  });

  test('empty_page: nothing, and a link to the rest', async () => {
    client.sandbox.fault({ kind: 'empty_page', times: 2 });
    const pages = await client.pages(path);
    expect(pages.map(({ body }) => body.value.length)).toEqual([0, 0, 100, 100, 40]);
    expect(new Set(idsOf(pages)).size).toBe(240);
  });

  test('expire_page_token: waits for a request with a page token', async () => {
    client.sandbox.fault({ kind: 'expire_page_token' });
    const first = await client.get(path, eventual);
    expect(first.status).toBe(200);
    const second = await client.get(first.body['@odata.nextLink'], eventual);
    expect([second.status, second.body.error.code]).toEqual([400, 'Directory_ExpiredPageToken']);
    expect((await client.get(first.body['@odata.nextLink'], eventual)).status).toBe(200);
  });
});

test.each([
  [{ statsu: 500 }, 'statsu'],
  [{ status: 99 }, 'status'],
  [{ times: 0 }, 'times'],
  [{ kind: 'nonsense' }, 'kind'],
  [{ body: 'x' }, 'body needs a status'],
  ['fault', 'object'],
])('%j is no fault', (fault, message) => {
  // Invalid control input that only an untyped program would send.
  expect(() => client.sandbox.fault(fault as Fault)).toThrow(message);
});
