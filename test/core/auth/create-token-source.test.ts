import { inspect } from 'node:util';
import { describe, expect, test, vi } from 'vitest';
import { signInErrors } from '../../../src/core/auth/aadsts.ts';
import { createTokenCache } from '../../../src/core/auth/token-cache.ts';
import type { AppError } from '../../../src/core/base/errors.ts';
import { createPatience } from '../../../src/core/base/patience.ts';
import { clientId, failureOf, handClock, tenantId } from '../connections/support.ts';
import { refusal } from './fake-authority.ts';
import { audience, labCloud, setUp } from './support.ts';

const secret = 'MARKED-SECRET~value';
const withSecret = { secrets: { client_secret: secret } };

/** The outcome of a call, with the pauses between its tries passed over. */
async function afterPauses<T>(start: () => Promise<T>): Promise<T> {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const outcome = start();
  outcome.catch(() => undefined);
  for (let pause = 0; pause < 4; pause++) {
    await vi.advanceTimersByTimeAsync(2_000);
    await new Promise((resolve) => setImmediate(resolve));
  }
  vi.useRealTimers();
  return outcome;
}

/** Everything that anybody could print of an error. */
function printed(error: AppError): string {
  return inspect(error, { depth: 20, showHidden: true }) + JSON.stringify(error) + error.stack + inspect(error.cause);
}

describe('a client secret', () => {
  test('gets a token for the audience with one request, which is then cached', async () => {
    const { source, authority, clock } = setUp(withSecret);
    const token = await source.getToken({ audience });
    expect(token.token).toBe('token-1');
    expect(Math.round((token.expiresAt - clock.now()) / 1000)).toBeGreaterThan(3590);
    await source.getToken({ audience });
    expect(authority.seen).toHaveLength(1);
    expect(authority.seen[0]?.url).toContain(`https://login.lab.example/${tenantId}/oauth2/v2.0/token`);
    expect(Object.fromEntries(authority.seen[0]?.form ?? [])).toMatchObject({
      client_id: clientId,
      client_secret: secret,
      grant_type: 'client_credentials',
      scope: expect.stringContaining(`${audience}/.default`),
    });
  });

  test('gets a token of its own for each audience', async () => {
    const { source } = setUp(withSecret);
    expect((await source.getToken({ audience })).token).toBe('token-1');
    expect((await source.getToken({ audience: labCloud.resourceManager })).token).toBe('token-2');
    expect((await source.getToken({ audience })).token).toBe('token-1');
  });

  test('gets a new token, not the library’s cached one, after a refusal, for a fresh one and near the end', async () => {
    const { source, clock } = setUp(withSecret);
    const first = await source.getToken({ audience });
    expect((await source.getToken({ audience, refused: first.token })).token).toBe('token-2');
    expect((await source.getToken({ audience, fresh: true })).token).toBe('token-3');
    clock.advance(56 * 60_000);
    expect((await source.getToken({ audience })).token).toBe('token-4');
  });

  test('answers a claims challenge with a new token', async () => {
    const { source, authority } = setUp(withSecret);
    await source.getToken({ audience });
    const claims = '{"access_token":{"nbf":{"essential":true,"value":"1"}}}';
    expect((await source.getToken({ audience, claims })).token).toBe('token-2');
    expect(authority.seen[1]?.form.get('claims')).toContain('nbf');
  });
});

describe('a refusal of the authority', () => {
  test('becomes an error with the code, its meaning and the next step', async () => {
    const { source, authority } = setUp(withSecret);
    authority.next({ status: 401, body: refusal(7000215, 'invalid_client', 'Invalid client secret provided.') });
    expect(await failureOf(source.getToken({ audience }))).toMatchObject({
      code: 'unauthenticated',
      message: 'Microsoft Entra refused the sign-in of connection prod: AADSTS7000215, the client secret is wrong.',
      hint: expect.stringContaining('value of the client secret'),
      status: 401,
      retryable: false,
      upstream: {
        code: 'AADSTS7000215',
        requestId: '33333333-3333-4333-8333-333333333333',
        detail: 'AADSTS7000215: Invalid client secret provided.',
      },
    });
  });

  test('of every listed code has a meaning and a hint', () => {
    for (const [code, { meaning, hint }] of Object.entries(signInErrors)) {
      expect(`${code} ${meaning}`.length).toBeGreaterThan(15);
      expect(hint).toMatch(/[.]$/);
    }
    expect(Object.keys(signInErrors)).toEqual(
      expect.arrayContaining([
        '7000215',
        '7000222',
        '700016',
        '90002',
        '500011',
        '65001',
        '53003',
        '700213',
        '700024',
        '700027',
      ]),
    );
  });

  test('with an unknown code, or without one, still says where to look', async () => {
    const { source, authority, clock } = setUp(withSecret);
    authority.next({ status: 400, body: refusal(123456, 'invalid_request') });
    expect(await failureOf(source.getToken({ audience }))).toMatchObject({
      code: 'unauthenticated',
      message: expect.stringContaining('AADSTS123456'),
      hint: expect.stringContaining('login.microsoftonline.com/error'),
    });
    clock.advance(6_000);
    authority.next({ status: 400, body: '<html>sign in</html>' });
    const html = await failureOf(source.getToken({ audience }));
    expect(html).toMatchObject({
      code: 'upstream_unavailable',
      message: expect.stringContaining('answered 400 with a page'),
    });
    expect(printed(html)).not.toContain('<html>');
  });

  test('is asked about once in five seconds', async () => {
    const { source, authority } = setUp(withSecret);
    authority.next({ status: 401, body: refusal(7000222) });
    await failureOf(source.getToken({ audience }));
    await failureOf(source.getToken({ audience }));
    expect(authority.seen).toHaveLength(1);
  });

  test('never holds the secret, whatever was thrown', async () => {
    for (const reply of [
      { status: 401, body: refusal(7000215) },
      { status: 400, body: `<html>${'x'.repeat(100)}</html>` },
      { breaks: true },
      { status: 200, body: '{"access_token":' },
      { status: 200, body: {} },
    ]) {
      const { source, authority } = setUp(withSecret);
      authority.next(reply, reply, reply);
      const error = await afterPauses(() => failureOf(source.getToken({ audience })));
      expect(printed(error)).not.toContain('MARKED');
      expect(printed(error)).not.toContain(encodeURIComponent(secret));
    }
  });
});

describe('trouble of the authority', () => {
  test('is tried again: 503 once is not seen', async () => {
    const { source, authority } = setUp(withSecret);
    authority.next({ status: 503, body: {} });
    const { token } = await afterPauses(() => source.getToken({ audience }));
    expect(token).toMatch(/^token-/);
    expect(authority.seen).toHaveLength(2);
  });

  test('that lasts is upstream_unavailable after three tries', async () => {
    const { source, authority } = setUp(withSecret);
    authority.next({ breaks: true }, { breaks: true }, { breaks: true });
    expect(await afterPauses(() => failureOf(source.getToken({ audience })))).toMatchObject({
      code: 'upstream_unavailable',
      retryable: true,
      hint: expect.stringContaining('login.lab.example'),
    });
    expect(authority.seen).toHaveLength(3);
  });

  test('is waited for a moment only where others wait for the reader', async () => {
    const { source, authority } = setUp(withSecret);
    authority.next({ breaks: true }, { breaks: true }, { breaks: true });
    const patience = createPatience(() => queueMicrotask(patience.end));
    expect(await afterPauses(() => failureOf(source.getToken({ audience, patience })))).toMatchObject({
      code: 'upstream_unavailable',
    });
    expect(authority.seen).toHaveLength(2);
  });

  test('a long Retry-After is not waited for, but told and kept', async () => {
    const { source, authority, clock } = setUp(withSecret);
    authority.next({ status: 429, headers: { 'retry-after': '60' }, body: {} });
    expect(await failureOf(source.getToken({ audience }))).toMatchObject({ code: 'throttled', retryAfterMs: 60_000 });
    clock.advance(30_000);
    expect(await failureOf(source.getToken({ audience }))).toMatchObject({ code: 'throttled', retryAfterMs: 30_000 });
    expect(authority.seen).toHaveLength(1);
    clock.advance(30_000);
    expect((await source.getToken({ audience })).token).toMatch(/^token-/);
  });

  test('a cancelled call ends the request on the wire', async () => {
    const { source, authority } = setUp(withSecret);
    authority.next({ hangs: true });
    const controller = new AbortController();
    const call = failureOf(source.getToken({ audience, signal: controller.signal }));
    await expect.poll(() => authority.seen.length).toBe(1);
    controller.abort();
    expect(await call).toMatchObject({ code: 'cancelled' });
    expect((await source.getToken({ audience })).token).toMatch(/^token-/);
    expect(authority.seen).toHaveLength(2);
  });
});

describe('the authority', () => {
  test('of a configured cloud on loopback http is reached without TLS', async () => {
    const cloud = { ...labCloud, login: 'http://127.0.0.1:4321' };
    const { source, authority } = setUp({ ...withSecret, cloud });
    expect((await source.getToken({ audience })).token).toBe('token-1');
    expect(authority.seen[0]?.url).toMatch(/^http:\/\/127\.0\.0\.1:4321\//);
  });

  test('is the only host that gets credentials', async () => {
    const { source, authority } = setUp({ ...withSecret, cloud: labCloud });
    const elsewhere = setUp({
      ...withSecret,
      options: {
        httpClient: async () => ({
          async sendRequest(request) {
            const response = await authority.httpClient.sendRequest(request);
            const text = response.bodyAsText?.replace(
              /"token_endpoint":"[^"]*"/,
              '"token_endpoint":"https://evil.example/t"',
            );
            return { ...response, bodyAsText: text ?? null };
          },
        }),
      },
    });
    expect(await failureOf(elsewhere.source.getToken({ audience }))).toMatchObject({ code: 'upstream_error' });
    expect(authority.seen).toHaveLength(0);
    expect((await source.getToken({ audience })).token).toBe('token-1');
  });
});

test('a connection that is not complete says what is missing, without a request', async () => {
  const { source, authority } = setUp({ record: { status: 'pending', identity: { tenant_id: tenantId } } });
  expect(await failureOf(source.getToken({ audience }))).toMatchObject({
    code: 'configuration',
    message: 'The connection prod is not complete: client_id, client_secret missing.',
    hint: 'Call complete_connection with client_id, client_secret.',
  });
  expect(authority.seen).toHaveLength(0);
});

test('one that knows tenant, app and fingerprint of another connection does not get its tokens', async () => {
  const cache = createTokenCache({ clock: handClock(Date.now()) });
  const { source, authority, connection } = setUp({ ...withSecret, options: { cache } });
  await source.getToken({ audience });
  const thief = setUp({ record: { id: 'other', secrets: connection.secrets }, options: { cache } });
  thief.authority.next({ status: 401, body: refusal(7000215) });
  expect(await failureOf(thief.source.getToken({ audience }))).toMatchObject({ code: 'unauthenticated' });
  expect(authority.seen).toHaveLength(1);
});
