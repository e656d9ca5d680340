import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createEventFeed } from '../../src/pages/event-feed.ts';
import { html } from '../../src/pages/html.ts';
import { createPageHost, type PageContent, type PageHost } from '../../src/pages/page-host.ts';
import { handClock } from '../core/connections/support.ts';
import { post, send, visit } from './page-client.ts';

let clock: ReturnType<typeof handClock>;
let host: PageHost;
let submitted: unknown[];

function content(overrides: Partial<PageContent> = {}): PageContent {
  return {
    title: 'A page',
    feed: createEventFeed(),
    render: async () => html`<p>inside</p>`,
    async submit(action, values) {
      submitted.push([action, values]);
      return [];
    },
    ...overrides,
  };
}

beforeEach(() => {
  clock = handClock();
  host = createPageHost({ clock });
  submitted = [];
});

afterEach(() => host.close());

describe('the address', () => {
  test('holds 256 bits that nobody can guess, on loopback only', async () => {
    const [one, other] = [await host.open(content()), await host.open(content())];
    const url = new URL(one.url);
    expect(url.hostname).toBe('127.0.0.1');
    expect(Buffer.from(url.pathname.split('/').at(-1) ?? '', 'base64url')).toHaveLength(32);
    expect(other.url).not.toBe(one.url);
    expect(new URL(other.url).port).toBe(url.port);
  });

  test('is used up by the first visit, which gets the cookie; the same browser may come back', async () => {
    const open = await host.open(content());
    const { first, page, cookie } = await visit(open);
    expect(first.status).toBe(303);
    expect(String(first.headers['set-cookie'])).toMatch(
      /; Path=\/page\/[\w-]{43}; Max-Age=600; HttpOnly; SameSite=Lax$/,
    );
    expect([page.status, page.body.includes('inside')]).toEqual([200, true]);
    expect((await send(open.url, { headers: { cookie } })).status).toBe(303);
    const second = await send(open.url);
    expect([second.status, second.body]).toEqual([410, expect.stringContaining('This page was opened before')]);
    expect(second.headers['set-cookie']).toBeUndefined();
  });

  test.each([
    ['sec-purpose', 'prefetch;prerender'],
    ['purpose', 'prefetch'],
  ])('is not used up by a browser that looks ahead (%s)', async (name, value) => {
    const open = await host.open(content());
    expect((await send(open.url, { headers: { [name]: value } })).status).toBe(503);
    expect((await send(open.url)).status).toBe(303);
  });

  test('the page behind it opens with its cookie only', async () => {
    const { address, cookie } = await visit(await host.open(content()));
    for (const headers of [
      {},
      { cookie: 'tenantry-page=' },
      { cookie: cookie.slice(0, -1) },
      { cookie: `x${cookie}` },
    ]) {
      expect((await send(address, { headers })).status).toBe(410);
      expect((await send(`${address}/events`, { headers })).status).toBe(410);
    }
  });
});

describe('time', () => {
  test('after ten minutes nothing is taken and nothing is shown', async () => {
    const visited = await visit(await host.open(content()));
    clock.advance(10 * 60_000 - 1);
    expect((await send(visited.address, { headers: { cookie: visited.cookie } })).status).toBe(200);
    clock.advance(1);
    const late = await send(visited.address, { headers: { cookie: visited.cookie } });
    expect([late.status, late.body]).toEqual([410, expect.stringContaining('This page has ended')]);
    expect((await post(visited)).status).toBe(410);
    expect(submitted).toEqual([]);
  });

  test('an address that was never opened ends too', async () => {
    const open = await host.open(content());
    clock.advance(10 * 60_000);
    expect((await send(open.url)).status).toBe(410);
  });

  test('what has done its work takes nothing more, and its events say how it ended', async () => {
    const page = content();
    const visited = await visit(await host.open(page));
    page.feed.push({ type: 'phase', phase: 'done', title: 'Ready', text: 'It works.' });
    expect((await post(visited)).status).toBe(410);
    const events = await send(`${visited.address}/events`, { headers: { cookie: visited.cookie } });
    expect(events.body.trim()).toBe('{"type":"phase","phase":"done","title":"Ready","text":"It works."}');
  });

  test('the port is closed with the last page', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const open = await host.open(content());
    await vi.advanceTimersByTimeAsync(20 * 60_000);
    vi.useRealTimers();
    const refused = await new Promise((resolve) => {
      const socket = connect(Number(new URL(open.url).port), '127.0.0.1');
      socket.once('connect', () => resolve('open')).once('error', () => resolve('closed'));
    });
    expect(refused).toBe('closed');
    // It opens again for the next one.
    expect((await send((await host.open(content())).url)).status).toBe(303);
  });

  test('no more than sixteen wait at once', async () => {
    const pages = await Promise.all(Array.from({ length: 16 }, () => host.open(content())));
    await expect(host.open(content())).rejects.toMatchObject({ code: 'throttled' });
    pages[0]?.end();
    await host.open(content());
  });
});

describe('every answer', () => {
  test.each(['/', '/open/nothing', '/page/nothing', '/assets/page.css', '/assets/../page-host.ts', '/assets/toString'])(
    '%s has the headers that keep the page to itself',
    async (path) => {
      const { url } = await host.open(content());
      const { headers } = await send(`${new URL(url).origin}${path}`);
      expect(headers).toMatchObject({
        'cache-control': 'no-store',
        'referrer-policy': 'no-referrer',
        'x-frame-options': 'DENY',
        'x-content-type-options': 'nosniff',
        'content-security-policy': expect.stringMatching(
          /^default-src 'none'; script-src 'self'; style-src 'self'; .*frame-ancestors 'none'/,
        ),
      });
      expect(String(headers['content-security-policy'])).not.toMatch(/unsafe|https?:|\*|data:/);
    },
  );

  test('the document has no script or style of its own, and nothing from elsewhere', async () => {
    const { page } = await visit(await host.open(content()));
    expect(page.body).not.toMatch(/<style|\son\w+=|<script(?! src="\/assets\/page\.js" defer><\/script>)/);
    expect(page.body.match(/(?:src|href)="[^"]*"/g)?.every((one) => /="(?:\/assets\/|#)/.test(one))).toBe(true);
  });
});

describe('strangers', () => {
  const hosts = ['evil.example', 'localhost', '127.0.0.1', '[::1]', '127.0.0.1:1', '0.0.0.0'];
  test.each(hosts)('a request for the host %s is refused', async (name) => {
    const visited = await visit(await host.open(content()));
    const { cookie } = visited;
    for (const path of ['', '/events']) {
      expect((await send(`${visited.address}${path}`, { headers: { host: name, cookie } })).status).toBe(403);
    }
    expect((await post(visited, { host: name })).status).toBe(403);
    expect(submitted).toEqual([]);
  });

  const origins = ['https://evil.example', 'null', 'http://localhost', 'http://127.0.0.1', 'http://127.0.0.1:1', ''];
  test.each(origins)('a form of the origin "%s" is refused', async (origin) => {
    const visited = await visit(await host.open(content()));
    expect((await post(visited, { origin })).status).toBe(403);
    expect(submitted).toEqual([]);
  });

  test.each([
    [
      'a fetch of another site',
      { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' },
    ],
    ['another port', { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' }],
    ['a frame', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' }],
  ])('%s gets nothing and uses nothing up', async (_name, headers) => {
    const open = await host.open(content());
    expect((await send(open.url, { headers })).status).toBe(403);
    const { address, cookie } = await visit(open);
    expect((await send(address, { headers: { ...headers, cookie } })).status).toBe(403);
    expect((await send(`${address}/events`, { headers: { ...headers, cookie } })).status).toBe(403);
  });

  test('a read of another origin gets nothing, also from a browser that says no more than that', async () => {
    const { address, cookie } = await visit(await host.open(content()));
    for (const origin of ['https://evil.example', 'null', 'http://127.0.0.1:1']) {
      expect((await send(address, { headers: { origin, cookie } })).status).toBe(403);
    }
  });

  test('a person who follows a link of another site gets in', async () => {
    const headers = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };
    expect((await send((await host.open(content())).url, { headers })).status).toBe(303);
  });

  test.each([
    ['the token of the form', { token: 'x'.repeat(43) }, {}],
    ['no token', { token: '' }, {}],
    ['the cookie', { cookie: 'tenantry-page=x' }, {}],
    ['the type of a plain form', {}, { 'content-type': 'text/plain' }],
    ['the type of a form', {}, { 'content-type': 'application/x-www-form-urlencoded' }],
  ])('a form is refused for %s', async (_name, visitedChanges, headers) => {
    const visited = await visit(await host.open(content()));
    expect((await post({ ...visited, ...visitedChanges }, headers)).status).toBeOneOf([403, 410]);
    expect(submitted).toEqual([]);
    expect((await post(visited)).status).toBe(202);
    expect(submitted).toEqual([['complete', { a: 'b' }]]);
  });

  test.each(['PUT', 'DELETE', 'OPTIONS', 'HEAD', 'PATCH'])('%s is refused', async (method) => {
    const { address, cookie, origin } = await visit(await host.open(content()));
    expect((await send(address, { method, headers: { cookie, origin } })).status).toBe(403);
  });

  test.each([
    ['too much', JSON.stringify({ values: { a: 'x'.repeat(300_000) } })],
    ['no JSON', '{'],
    ['other members', JSON.stringify({ values: {}, more: 1 })],
    ['values that are no text', JSON.stringify({ values: { a: { b: 'c' } } })],
  ])('%s is refused without being looked at', async (_name, body) => {
    const { address, cookie, origin, token } = await visit(await host.open(content()));
    const headers = { 'content-type': 'application/json', cookie, origin };
    const text = body.replace('{"values"', `{"token":"${token}","values"`);
    const { status } = await send(`${address}/complete`, { method: 'POST', headers, body: text });
    expect(status).toBe(403);
    expect(submitted).toEqual([]);
  });

  test('a failure of ours says nothing of what was sent', async () => {
    const failing = content({ submit: () => Promise.reject(new Error('with a secret')) });
    const { status, body } = await post(await visit(await host.open(failing)));
    expect([status, body]).toEqual([500, '{"message":"Something went wrong here."}']);
  });
});

test('what is inserted into HTML stays text', () => {
  expect(html`<p title="${`"'\``}">${'<script>&'}${undefined}${false}${3}</p>`.text).toBe(
    '<p title="&#34;&#39;&#96;">&#60;script&#62;&#38;3</p>',
  );
});
