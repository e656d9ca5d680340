import { describe, expect, test } from 'vitest';
import { send } from '../page-client.ts';
import { ada, bob, openPagesBench, otherTenant, tenant } from './pages-bench.ts';

const navigation = { 'sec-fetch-site': 'none', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };

describe('who has not signed in', () => {
  test.each(['/approve', '/approve/K7F3', '/secrets', '/enter/prod/abc'])(
    'is sent to the login host from %s, whether or not something is there',
    async (path) => {
      const { get, waits } = await openPagesBench();
      await waits(ada);
      const { status, headers, body } = await get(path, navigation);
      expect([status, body]).toEqual([303, '']);
      expect(headers['location']).toMatch(`https://login.lab.example/${tenant}/authorize?`);
      expect(String(headers['set-cookie'])).toMatch(
        /^tenantry-sign-in=[\w-]+; Path=\/; Max-Age=600; HttpOnly; SameSite=Lax$/,
      );
    },
  );

  test('chooses the organization where there are several, and no address but ours is led back to', async () => {
    const { get } = await openPagesBench({ tenants: [tenant, otherTenant] });
    const { status, body } = await get('/approve/K7F3', navigation);
    expect(status).toBe(200);
    expect(body).toContain(`href="/sign-in?tenant=${otherTenant}&amp;return=/approve/K7F3"`);
    const chosen = await get(`/sign-in?tenant=${otherTenant}&return=//evil.example`, navigation);
    expect(chosen.headers['location']).toContain(`/${otherTenant}/authorize?`);
    expect((await get('/sign-in?tenant=elsewhere', navigation)).headers['location']).toBeUndefined();
  });

  test('changes nothing', async () => {
    const { post, waits, stateOf } = await openPagesBench();
    await waits(ada);
    expect((await post('/approve/K7F3', { answer: 'yes', token: '' })).status).toBe(401);
    expect(await stateOf('K7F3', ada)).toBe('waiting');
  });
});

describe('a session', () => {
  test('has cookies that no other host can set or read where there is TLS', async () => {
    const { sessions, get } = await openPagesBench({ publicUrl: 'https://tenantry.contoso.example' });
    const [session] = await sessions.begin({ id: ada, name: 'Ada' });
    expect(session).toMatch(
      /^__Host-tenantry-session=[\w-]+; Path=\/; Max-Age=900; HttpOnly; SameSite=Strict; Secure$/,
    );
    const cookie = session?.split(';')[0] ?? '';
    expect((await get('/approve', { cookie })).status).toBe(200);
    // The plain name is for this machine only.
    expect((await get('/approve', { cookie: cookie.replace('__Host-', '') })).status).toBe(303);
  });

  test('ends after a quarter of an hour', async () => {
    const { signInAs, get, post, tokenOf, waits, stateOf, clock } = await openPagesBench();
    const cookie = await signInAs(ada);
    const token = await tokenOf(cookie);
    clock.advance(15 * 60_000);
    await waits(ada);
    expect((await get('/approve', { cookie })).status).toBe(303);
    const late = await post('/approve/K7F3', { answer: 'yes', token }, { cookie });
    expect([late.status, late.body]).toEqual([401, expect.stringContaining('Your session has ended')]);
    expect(await stateOf('K7F3', ada)).toBe('waiting');
  });

  test('ends for good with the sign-out, wherever its cookie was copied to', async () => {
    const { signInAs, get, post, tokenOf } = await openPagesBench();
    const cookie = await signInAs(ada);
    const token = await tokenOf(cookie);
    const { status, headers } = await post('/sign-out', { token }, { cookie });
    expect([status, headers['location']]).toEqual([303, '/signed-out']);
    expect(String(headers['set-cookie'])).toContain('tenantry-session=; Path=/; Max-Age=0');
    expect((await get('/approve', { cookie })).status).toBe(303);
    expect((await get('/signed-out')).body).toContain('You are signed out');
  });

  test('of another server, or one that was changed or sent twice, counts for nothing', async () => {
    const { signInAs, get } = await openPagesBench();
    const cookie = await signInAs(ada);
    const other = await openPagesBench({ publicUrl: 'http://localhost:1' });
    const foreign = await other.signInAs(ada);
    const cut = `${cookie.slice(0, -2)}AA`;
    for (const bad of [foreign, cut, `${cookie}; ${foreign}`, 'tenantry-session=', 'tenantry-session=x']) {
      expect((await get('/approve', { cookie: bad })).status).toBe(303);
    }
  });
});

describe('a form', () => {
  async function begin() {
    const bench = await openPagesBench();
    await bench.waits(ada);
    const cookie = await bench.signInAs(ada);
    const token = await bench.tokenOf(cookie);
    return { ...bench, cookie, token };
  }

  test('of the session is taken once', async () => {
    const { post, cookie, token, stateOf, noted } = await begin();
    const fields = { answer: 'yes', token };
    expect((await post('/approve/K7F3', fields, { cookie })).body).toContain('You said yes');
    expect(await stateOf('K7F3', ada)).toBe('approved');
    expect((await post('/approve/K7F3', fields, { cookie })).status).toBe(404);
    expect(noted).toMatchObject([
      {
        caller: ada,
        actor: 'person',
        channel: 'http',
        tool: 'page: approve graph_write',
        targetIds: ['K7F3'],
        outcome: 'approved',
      },
    ]);
  });

  test('that the browser sends by itself hides its origin, and says that it is from here', async () => {
    const { post, cookie, token, stateOf } = await begin();
    const headers = { cookie, origin: 'null', 'sec-fetch-site': 'same-origin' };
    expect((await post('/approve/K7F3', { answer: 'no', token }, headers)).status).toBe(200);
    expect(await stateOf('K7F3', ada)).toBe('declined');
  });

  test.each<[string, Readonly<Record<string, string>>]>([
    ['another origin', { origin: 'https://evil.example' }],
    ['an origin that is hidden', { origin: 'null' }],
    ['a frame in a sandbox', { origin: 'null', 'sec-fetch-site': 'cross-site' }],
    ['another site', { 'sec-fetch-site': 'cross-site' }],
    ['a neighbouring site', { 'sec-fetch-site': 'same-site' }],
  ])('from %s is refused', async (_what, headers) => {
    const { post, cookie, token, stateOf } = await begin();
    expect((await post('/approve/K7F3', { answer: 'yes', token }, { cookie, ...headers })).status).toBe(403);
    expect(await stateOf('K7F3', ada)).toBe('waiting');
  });

  test('without an origin is refused', async () => {
    const { address, cookie, token, stateOf } = await begin();
    const headers = { cookie, 'content-type': 'application/x-www-form-urlencoded' };
    const body = `answer=yes&token=${token}`;
    expect((await send(`${address}/approve/K7F3`, { method: 'POST', headers, body })).status).toBe(403);
    expect(await stateOf('K7F3', ada)).toBe('waiting');
  });

  test('with the token of another session, none, or in another type is refused', async () => {
    const { post, cookie, stateOf, signInAs, tokenOf } = await begin();
    const foreign = await tokenOf(await signInAs(ada));
    for (const token of [foreign, '', 'x']) {
      expect((await post('/approve/K7F3', { answer: 'yes', token }, { cookie })).status).toBe(403);
    }
    const typed = await post('/approve/K7F3', { answer: 'yes' }, { cookie, 'content-type': 'text/plain' });
    expect(typed.status).toBe(415);
    expect(await stateOf('K7F3', ada)).toBe('waiting');
  });

  test('is not longer than a form is', async () => {
    const { post, cookie, token } = await begin();
    expect((await post('/approve/K7F3', { answer: 'yes', token, x: 'x'.repeat(20_000) }, { cookie })).status).toBe(403);
  });

  test('is no other method', async () => {
    const { address, cookie } = await begin();
    for (const method of ['PUT', 'DELETE', 'HEAD', 'OPTIONS']) {
      expect((await send(`${address}/approve/K7F3`, { method, headers: { cookie } })).status).toBe(403);
    }
  });
});

test('what is another person’s, what is over and what never was look the same', async () => {
  const { get, post, signInAs, tokenOf, waits, stateOf } = await openPagesBench();
  await waits(ada);
  const cookie = await signInAs(bob, 'Bob');
  const token = await tokenOf(cookie);
  const [theirs, none] = [await get('/approve/K7F3', { cookie }), await get('/approve/ZZZZ', { cookie })];
  expect(theirs.status).toBe(404);
  expect(theirs.body.replaceAll('K7F3', 'ZZZZ')).toBe(none.body);
  const [answered, missed] = [
    await post('/approve/K7F3', { answer: 'yes', token }, { cookie }),
    await post('/approve/ZZZZ', { answer: 'yes', token }, { cookie }),
  ];
  expect([answered.status, answered.body]).toEqual([404, missed.body]);
  expect(await stateOf('K7F3', ada)).toBe('waiting');
  expect((await get('/approve', { cookie })).body).not.toContain('credential');
});

test('every answer forbids frames, scripts that are not ours, keeping, and telling others the address', async () => {
  const { get, signInAs } = await openPagesBench();
  const cookie = await signInAs(ada);
  const paths: readonly [string, Readonly<Record<string, string>>][] = [
    ['/approve', { cookie }],
    ['/approve/none', { cookie }],
    ['/approve', {}],
    ['/sign-in/callback?code=x&state=y', {}],
    ['/assets/page.css', {}],
    ['/signed-out', {}],
    ['/approve', { origin: 'https://evil.example' }],
  ];
  for (const [path, headers] of paths) {
    const answered = await get(path, headers);
    expect(answered.headers).toMatchObject({
      'content-security-policy': expect.stringMatching(/default-src 'none'.*frame-ancestors 'none'/),
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
      'cross-origin-opener-policy': 'same-origin',
      'x-content-type-options': 'nosniff',
    });
    expect(answered.body).not.toMatch(/<script>|style=|onclick=/);
  }
});

test('a frame, an image or a script of another site gets nothing', async () => {
  const { get, signInAs } = await openPagesBench();
  const cookie = await signInAs(ada);
  for (const kind of ['iframe', 'image', 'script', 'embed']) {
    const headers = { cookie, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': kind };
    expect((await get('/approve', headers)).status).toBe(403);
  }
});

test('who comes from another site is led on by a page of ours, so that the strict cookie is sent', async () => {
  const { get } = await openPagesBench();
  const { status, body } = await get('/approve/K7F3', { ...navigation, 'sec-fetch-site': 'cross-site' });
  expect(status).toBe(200);
  expect(body).toContain('<meta http-equiv="refresh" content="0; url=/approve/K7F3">');
});

describe('the way back from the login host', () => {
  test('without a sign-in that this browser began is refused, and says no more', async () => {
    const { get, failures } = await openPagesBench();
    const { status, body, headers } = await get('/sign-in/callback?code=x&state=y', navigation);
    expect(status).toBe(403);
    expect(body).toContain('was not begun in this browser');
    expect(headers['set-cookie']).toBeUndefined();
    expect(failures).toMatchObject([{ code: 'unauthenticated' }]);
  });

  test('is gone once, on any node', async () => {
    const { get, sessions } = await openPagesBench();
    const begun = await get('/approve', navigation);
    const cookie = String(begun.headers['set-cookie']).split(';')[0] ?? '';
    const state = new URL(String(begun.headers['location'])).searchParams.get('state') ?? '';
    const request = { headers: { cookie } } as Parameters<typeof sessions.takeSignIn>[0];
    expect(await sessions.takeSignIn(request, 'another')).toBeUndefined();
    expect(await sessions.takeSignIn(request, state)).toMatchObject({ returnTo: '/approve', tenant });
    expect(await sessions.takeSignIn(request, state)).toBeUndefined();
  });

  test('is too late after ten minutes', async () => {
    const { get, sessions, clock } = await openPagesBench();
    const begun = await get('/approve', navigation);
    const cookie = String(begun.headers['set-cookie']).split(';')[0] ?? '';
    const state = new URL(String(begun.headers['location'])).searchParams.get('state') ?? '';
    clock.advance(10 * 60_000);
    const request = { headers: { cookie } } as Parameters<typeof sessions.takeSignIn>[0];
    expect(await sessions.takeSignIn(request, state)).toBeUndefined();
  });
});

test('all addresses have the path that a proxy puts before them', async () => {
  const { get, signInAs, waits } = await openPagesBench({ publicUrl: 'https://apps.contoso.example/tenantry' });
  await waits(ada);
  const cookie = await signInAs(ada);
  for (const path of ['/tenantry/approve/K7F3', '/approve/K7F3']) {
    const { status, body } = await get(path, { cookie });
    expect(status).toBe(200);
    const links = [...body.matchAll(/(?:href|src|action)="([^"]+)"/g)].map(([, link]) => link ?? '');
    expect(links.filter((link) => !link.startsWith('/tenantry/') && link !== '#main')).toEqual([]);
  }
});

test('what a tenant has written is text on the page', async () => {
  const { get, signInAs, waits } = await openPagesBench();
  const evil = '<img src=x onerror=alert(1)>"\u202e`</code><script>';
  await waits(ada, 'EVIL', { summary: evil, details: [evil], connection: evil });
  const cookie = await signInAs(ada, evil);
  const { body } = await get('/approve/EVIL', { cookie });
  expect(body).not.toMatch(/<img src=x|<script>|\u202e/);
});
