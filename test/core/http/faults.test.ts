import 'bottleneck';
import { describe, expect, test } from 'vitest';
import { createLimiterRegistry } from '../../../src/core/throttle/limiter.ts';
import { testCall } from '../../support/call.ts';
import { countingTokens, fail, succeed } from './client-fixture.ts';
import { get, patch, post, remove, serveEachTest, until } from './served-client.ts';

const served = serveEachTest();

/** Milliseconds between the first request and the given one, as the server saw them. */
function arrival(index: number): number {
  return (served.server.seen[index]?.at ?? Number.NaN) - (served.server.seen[0]?.at ?? Number.NaN);
}

describe('429', () => {
  const date = (afterMs: number) => new Date(Math.ceil(Date.now() / 1000) * 1000 + afterMs).toUTCString();

  test.each([
    { form: 'integer seconds', headers: () => ({ 'retry-after': '7' }), waitMs: 7000 },
    { form: 'decimal seconds', headers: () => ({ 'Retry-After': '2.128' }), waitMs: 2128 },
    { form: 'a date', headers: () => ({ date: date(0), 'retry-after': date(9000) }), waitMs: 9000 },
    { form: 'x-ms-retry-after-ms', headers: () => ({ 'x-ms-retry-after-ms': '1500' }), waitMs: 1500 },
    { form: 'retry-after-ms', headers: () => ({ 'retry-after-ms': '800' }), waitMs: 800 },
  ])('with $form is repeated after that long and never earlier', async ({ headers, waitMs }) => {
    served.server.react({ status: 429, headers: headers() });
    const call = testCall();
    const response = await succeed(served.client().send(get, call));
    expect(response.status).toBe(200);
    expect(served.server.seen).toHaveLength(2);
    expect(arrival(1)).toBeGreaterThanOrEqual(waitMs);
    expect(arrival(1)).toBeLessThan(waitMs + 1500);
    expect(call.record).toMatchObject({ requests: 2, attempts: 2 });
  });

  test('pauses everybody of the key; other keys go on', async () => {
    const limiter = createLimiterRegistry();
    const one = served.client({ limiter });
    const other = served.client({ limiter, settings: { rate_limit_key: 'another' } });
    served.server.react({ status: 429, headers: { 'retry-after': '5' } });
    const refused = one.send(get, testCall());
    await until(() => !(served.server.seen.length < 1));
    await until(() => !(limiter.snapshot().lanes[0]?.pausedForMs === 0));
    const held = one.send({ ...get, path: '/users/held' }, testCall());
    const free = other.send({ ...get, path: '/users/free' }, testCall());
    await succeed(Promise.all([refused, held, free]));
    const times = served.server.seen.map(({ url }, index) => [url, arrival(index)] as const);
    expect(times.find(([url]) => url.endsWith('free'))?.[1]).toBeLessThan(1500);
    expect(times.find(([url]) => url.endsWith('held'))?.[1]).toBeGreaterThanOrEqual(5000);
    expect(served.server.seen).toHaveLength(4);
  });

  test('is repeated for a POST too, since nothing was done', async () => {
    served.server.react({ status: 429, headers: { 'retry-after': '1' } }, { status: 201 });
    expect(await succeed(served.client().send(post, testCall()))).toMatchObject({ status: 201 });
    expect(served.server.seen.map(({ body }) => body)).toEqual(['{"displayName":"Ada"}', '{"displayName":"Ada"}']);
  });

  test('with a wait beyond the deadline fails at once and says how long', async () => {
    served.server.react({ status: 429, headers: { 'retry-after': '300' } });
    const error = await fail(served.client().send(get, testCall({ deadlineAt: Date.now() + 60_000 })));
    expect(error).toMatchObject({ code: 'throttled', status: 429, retryable: true });
    expect(error).toHaveProperty('retryAfterMs', expect.closeTo(300_050, -2));
    expect(served.server.seen).toHaveLength(1);
  });

  test('with a wait beyond retry.max_elapsed fails at once', async () => {
    served.server.react({ status: 429, headers: { 'retry-after': '11' } });
    const error = await fail(served.client({ settings: { retry: { max_elapsed: 10 } } }).send(get, testCall()));
    expect(error).toMatchObject({ code: 'throttled', hint: expect.stringContaining('12 s') });
    expect(served.server.seen).toHaveLength(1);
  });

  test('is given up after retry.max_attempts', async () => {
    served.server.react(...Array.from({ length: 9 }, () => ({ status: 429, headers: { 'retry-after': '1' } })));
    const error = await fail(served.client({ settings: { retry: { max_attempts: 3 } } }).send(get, testCall()));
    expect(error).toMatchObject({ code: 'throttled', retryAfterMs: 1000 });
    expect(served.server.seen).toHaveLength(3);
  });
});

describe('503', () => {
  test.each([{ request: get }, { request: post }])(
    'with Retry-After is repeated for $request.method',
    async ({ request }) => {
      served.server.react({ status: 503, headers: { 'retry-after': '3' } });
      await succeed(served.client().send(request, testCall()));
      expect(served.server.seen).toHaveLength(2);
      expect(arrival(1)).toBeGreaterThanOrEqual(3000);
    },
  );

  test('without Retry-After is repeated for reads after a growing pause', async () => {
    served.server.react({ status: 503 }, { status: 503 });
    await succeed(served.client().send(get, testCall()));
    expect(served.server.seen).toHaveLength(3);
    expect(arrival(2) - arrival(1)).toBeGreaterThan(arrival(1));
  });

  test('without Retry-After leaves the outcome of a POST unknown', async () => {
    served.server.react({ status: 503 });
    expect(await fail(served.client().send(post, testCall()))).toMatchObject({ code: 'outcome_unknown', status: 503 });
    expect(served.server.seen).toHaveLength(1);
  });
});

const breakdowns = [
  { fault: '500', reaction: { status: 500 } },
  {
    fault: '502',
    reaction: { status: 502, headers: { 'content-type': 'text/html' }, body: '<title>Bad gateway</title>' },
  },
  { fault: '504', reaction: { status: 504 } },
  { fault: 'a reset before the answer', reaction: { close: 'before' } },
  { fault: 'a reset within the answer', reaction: { close: 'within' } },
] as const;

describe.each(breakdowns)('$fault', ({ reaction }) => {
  test('on GET is repeated', async () => {
    served.server.react(reaction);
    expect(await succeed(served.client().send(get, testCall()))).toMatchObject({ status: 200 });
    expect(served.server.seen).toHaveLength(2);
  });

  test('on PATCH is repeated', async () => {
    served.server.react(reaction, { status: 204 });
    expect(await succeed(served.client().send(patch, testCall()))).toMatchObject({ status: 204, body: undefined });
    expect(served.server.seen).toHaveLength(2);
  });

  test('on POST is not repeated; the outcome is unknown and the hint says how to check', async () => {
    served.server.react(reaction);
    const error = await fail(served.client().send(post, testCall()));
    expect(error).toMatchObject({
      code: 'outcome_unknown',
      hint: 'Look the user up by userPrincipalName.',
      retryable: false,
    });
    expect(served.server.seen).toHaveLength(1);
  });

  test('on a POST that only reads is repeated', async () => {
    served.server.react(reaction);
    await succeed(
      served.client().send({ method: 'POST', path: '/directoryObjects/getByIds', body: { ids: [] } }, testCall()),
    );
    expect(served.server.seen).toHaveLength(2);
  });

  test('on DELETE is repeated, and 404 then means that it is done', async () => {
    served.server.react(reaction, { status: 404 });
    const call = testCall();
    expect(await succeed(served.client().send(remove, call))).toMatchObject({ status: 204 });
    expect(served.server.seen).toHaveLength(2);
    expect(call.record.notes).toHaveLength(1);
  });
});

test('404 on the first DELETE stays not_found', async () => {
  served.server.react({ status: 404 });
  expect(await fail(served.client().send(remove, testCall()))).toMatchObject({ code: 'not_found', status: 404 });
});

test('a server that keeps failing is given up after four attempts', async () => {
  served.server.react(...Array.from({ length: 9 }, () => ({ status: 500 })));
  const error = await fail(served.client().send(get, testCall()));
  expect(error).toMatchObject({ code: 'upstream_unavailable', status: 500, retryable: true });
  expect(served.server.seen).toHaveLength(4);
});

test('a refused connection is repeated even for a POST, since nothing was sent', async () => {
  const { url } = served.server;
  await served.server.close();
  const error = await fail(served.client({ url }).send(post, testCall()));
  expect(error).toMatchObject({ code: 'upstream_unavailable', message: expect.stringContaining('ECONNREFUSED') });
});

test('409 Directory_ConcurrencyViolation is repeated, another 409 is not', async () => {
  const body = (code: string) => JSON.stringify({ error: { code, message: 'Try again.' } });
  served.server.react({ status: 409, body: body('Directory_ConcurrencyViolation') }, { status: 201 });
  await succeed(served.client().send(post, testCall()));
  expect(served.server.seen).toHaveLength(2);
  served.server.react({ status: 409, body: body('Request_MultipleObjectsWithSameKeyValue') });
  expect(await fail(served.client().send(post, testCall()))).toMatchObject({
    code: 'conflict',
    upstream: { code: 'Request_MultipleObjectsWithSameKeyValue' },
  });
  expect(served.server.seen).toHaveLength(3);
});

describe('401', () => {
  test('gets one fresh token and one replay', async () => {
    const tokens = countingTokens();
    served.server.react({ status: 401 });
    expect(await succeed(served.client({ tokens }).send(post, testCall()))).toMatchObject({ status: 200 });
    expect(served.server.seen.map(({ headers }) => headers.authorization)).toEqual([
      'Bearer token-1',
      'Bearer token-2',
    ]);
    expect(tokens.requests).toHaveLength(2);
  });

  test('twice is unauthenticated', async () => {
    served.server.react({ status: 401 }, { status: 401 }, { status: 401 });
    expect(await fail(served.client().send(get, testCall()))).toMatchObject({ code: 'unauthenticated', status: 401 });
    expect(served.server.seen).toHaveLength(2);
  });

  test('with a claims challenge asks for a token that answers it', async () => {
    const tokens = countingTokens();
    const claims = '{"access_token":{"nbf":{"essential":true,"value":"1"}}}';
    const challenge = `Bearer realm="", error="insufficient_claims", claims="${Buffer.from(claims).toString('base64')}"`;
    served.server.react({ status: 401, headers: { 'www-authenticate': challenge } });
    await succeed(served.client({ tokens }).send(get, testCall()));
    expect(tokens.requests[1]).toMatchObject({ claims, refused: 'token-1' });
  });
});
