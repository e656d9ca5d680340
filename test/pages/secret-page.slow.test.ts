import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { filesBelow } from '../e2e/support/sweep.ts';
import { maySkip } from '../support/may-skip.ts';
import { type Browser, browserPath, openBrowser, scrollsSideways, violationsOf } from './browser.ts';
import { openPageLab, type PageLab } from './page-lab.ts';

const isMissing = browserPath === undefined && maySkip('Chromium', 'apt-get install chromium');

let browser: Browser;
let lab: PageLab;

beforeAll(async () => {
  if (!isMissing) browser = await openBrowser();
});
afterAll(() => browser?.close());

beforeEach(async () => {
  // Certificates sign with the system's time.
  if (!isMissing) lab = await openPageLab({ now: new Date().toISOString() });
});
afterEach(async () => {
  if (isMissing) return;
  for (const page of browser.context.pages().slice(1)) await page.close();
  await lab.close();
});

async function show(url: string): Promise<Page> {
  const page = await browser.context.newPage();
  await page.goto(url);
  return page;
}

const directory = { scopes: ['directory'] };
const save = 'button[type=submit]';
const outcome = (phase: string) => `#outcome[data-phase=${phase}]`;

async function fillIn(page: Page, values: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, value] of Object.entries(values)) await page.fill(`#${name}`, value);
}

function identity() {
  const { tenantId, clientId } = lab.sandbox.credentials;
  return { tenant_id: tenantId, client_id: clientId };
}

function right() {
  return { ...identity(), client_secret: lab.sandbox.credentials.clientSecret };
}

describe.skipIf(isMissing)('each kind of sign-in', () => {
  test('a client secret', async () => {
    const { url, answer } = await lab.ask(directory);
    const page = await show(url);
    await fillIn(page, right());
    await page.click(save);
    await page.waitForSelector(outcome('done'));
    expect(await page.textContent('#outcome-title')).toBe('prod is ready');
    expect(await page.locator('#lines li.pass').count()).toBeGreaterThan(3);
    expect((await answer).response.data).toMatchObject({ health: 'healthy', secrets: [{ source: 'prompt' }] });
  });

  test('an access token', async () => {
    const { url, answer } = await lab.ask({ ...directory, auth_type: 'bearer' });
    const page = await show(url);
    expect(await page.locator('form input[name]').count()).toBe(1);
    await page.fill('#token', await lab.graphToken());
    await page.click(save);
    await page.waitForSelector(`${outcome('done')}, ${outcome('look')}`);
    expect((await answer).response.data.secrets).toMatchObject([{ kind: 'token', source: 'prompt' }]);
  });

  test('a federated token, which its app does not trust', async () => {
    const asked = { ...identity(), federated_token: { prompt: true } };
    const { url } = await lab.ask({ ...directory, auth_type: 'workload_identity' }, asked);
    const page = await show(url);
    await page.fill('#federated_token', await lab.graphToken());
    await page.click(save);
    await page.waitForSelector(outcome('retry'));
    expect(await page.textContent('#lines')).toMatch(/AADSTS\d+/);
    expect(await page.inputValue('#federated_token')).toBe('');
  });
});

describe.skipIf(isMissing)('what goes wrong', () => {
  test('a wrong secret says what to mend, and the right one works on the same page', async () => {
    const { url, answer } = await lab.ask(directory);
    const page = await show(url);
    await fillIn(page, { ...right(), client_secret: 'not-the-secret' });
    await page.click(save);
    await page.waitForSelector(outcome('retry'));
    expect(await page.textContent('#lines')).toContain('AADSTS7000215, the client secret is wrong.');
    expect(await page.textContent('#lines .hint')).toBe(
      'Supply the value of the client secret, not its id; the portal shows the value only once.',
    );
    expect(await page.inputValue('#client_secret')).toBe('');
    expect(await page.inputValue('#client_id')).toBe(lab.sandbox.credentials.clientId);
    await page.fill('#client_secret', lab.sandbox.credentials.clientSecret);
    await page.click(save);
    await page.waitForSelector(outcome('done'));
    expect((await answer).isError).toBe(false);
  });

  test('what is missing stands at its field, in a list that leads there, and in the focus', async () => {
    const { url } = await lab.ask(directory);
    const page = await show(url);
    await page.click(save);
    expect(await page.evaluate('document.activeElement.id')).toBe('summary');
    await page.click('#summary li:last-child a');
    expect(await page.evaluate('document.activeElement.id')).toBe('client_secret');
    expect(await page.getAttribute('#client_secret', 'aria-invalid')).toBe('true');
    expect(await page.textContent('#client_secret-problem')).toBe('Client secret is missing.');
  });

  test('what the other side refuses stands at its field as well', async () => {
    const { url } = await lab.ask(directory);
    const page = await show(url);
    await fillIn(page, { ...right(), client_secret: '99999999-9999-4999-8999-999999999999' });
    await page.click(save);
    await page.waitForSelector('#summary:not([hidden])');
    expect(await page.textContent('#client_secret-problem')).toContain('that is the id of a secret, not its value');
  });

  test('a page that has expired says so, also where it is open', async () => {
    const { url } = await lab.ask(directory);
    const page = await show(url);
    lab.sandbox.advance(10 * 60);
    await fillIn(page, right());
    await page.click(save);
    await page.waitForSelector('#summary:not([hidden])');
    expect(await page.textContent('#summary')).toContain('This page has ended. Ask for a new one.');
    await page.reload();
    expect(await page.textContent('h1')).toBe('This page has ended');
    expect(await violationsOf(page)).toEqual([]);
  });

  test('a second visit after the work says that it is done; another browser gets nothing', async () => {
    const { url, answer } = await lab.ask(directory);
    const page = await show(url);
    const stranger = await browser.context.browser()?.newContext();
    const second =
      stranger === undefined ? await openOther() : { page: await stranger.newPage(), close: () => stranger.close() };
    await second.page.goto(url);
    expect(await second.page.textContent('h1')).toBe('This page was opened before');
    await second.close();
    await fillIn(page, right());
    await page.click(save);
    await page.waitForSelector(outcome('done'));
    await answer;
    await page.goto(url);
    expect(await page.textContent('h1')).toBe('This page has ended');
    await page.goBack();
    expect(await page.locator('#client_secret').count()).toBe(0);
  });
});

describe.skipIf(isMissing)('a page whose server has gone', () => {
  test('takes nothing more: another program may listen in its place', async () => {
    const { url } = await lab.ask(directory);
    const page = await show(url);
    await fillIn(page, right());
    await lab.restart();
    const received: string[] = [];
    const thief = createServer((request, response) => {
      received.push(`${request.method} ${request.url}`);
      response.end('{}');
    });
    try {
      await new Promise<void>((resolve) => thief.listen(Number(new URL(url).port), '127.0.0.1', resolve));
      await page.waitForSelector(outcome('lost'));
      expect(await page.locator(`#client_secret, ${save}`).count()).toBe(0);
      expect(await violationsOf(page)).toEqual([]);
      expect(received).toEqual([]);
    } finally {
      thief.close();
    }
  });
});

/** A browser that shares nothing with the other one. */
async function openOther() {
  const other = await openBrowser();
  return { page: await other.context.newPage(), close: other.close };
}

describe.skipIf(isMissing)('another site', () => {
  test('cannot read, frame, or send to the page', async () => {
    const { url } = await lab.ask(directory);
    const victim = await show(url);
    const inside = victim.url();
    const foreign = createServer((_request, response) => {
      response.setHeader('content-type', 'text/html');
      response.end('<!doctype html><title>evil</title><body></body>');
    });
    await new Promise<void>((resolve) => foreign.listen(0, '127.0.0.1', resolve));
    const page = await show(`http://localhost:${(foreign.address() as AddressInfo).port}/`);
    const attempt = (script: string) => page.evaluate(script);
    expect(
      await attempt(`fetch(${JSON.stringify(inside)}, {credentials:'include'}).then(() => 'read', () => 'refused')`),
    ).toBe('refused');
    const body = `{method:'POST',mode:'no-cors',credentials:'include',body:'{"token":"","values":{}}'}`;
    expect(
      await attempt(`fetch('${inside}/complete', ${body}).then((answer) => answer.type, () => 'refused')`),
    ).toBeOneOf(['opaque', 'refused']);
    await attempt(
      `new Promise((resolve) => { const frame = document.createElement('iframe'); frame.onload = resolve; frame.src = ${JSON.stringify(inside)}; document.body.append(frame); })`,
    );
    const framed = page.frames().find((frame) => frame !== page.mainFrame());
    expect(await framed?.locator('form').count()).toBe(0);
    await attempt(
      `(() => { const form = document.createElement('form'); form.method = 'post'; form.action = '${inside}/complete'; document.body.append(form); form.submit(); })()`,
    );
    await page.waitForURL(`${inside}/complete`);
    expect(await page.textContent('body')).toContain('This page belongs to another place.');
    foreign.close();
    const { response } = await lab.call('list_connections', { name: 'prod' });
    expect(response.data.value[0].status).toBe('pending');
  });
});

describe.skipIf(isMissing)('everybody can use it', () => {
  test('with the keyboard alone, from the skip link to the outcome', async () => {
    const { url, answer } = await lab.ask(directory);
    const page = await show(url);
    const focused = () => page.evaluate('document.activeElement.id || document.activeElement.textContent.trim()');
    await page.keyboard.press('Tab');
    expect(await focused()).toBe('Skip to the form');
    await page.keyboard.press('Enter');
    for (const [name, value] of Object.entries(right())) {
      await page.keyboard.press('Tab');
      expect(await focused()).toBe(name);
      await page.keyboard.type(value);
    }
    await page.keyboard.press('Tab');
    expect(await focused()).toContain('Show');
    await page.keyboard.press('Space');
    expect(await page.getAttribute('#client_secret', 'type')).toBe('text');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.waitForSelector(outcome('done'));
    expect(await focused()).toBe('outcome-title');
    await answer;
    // Every step of the checklist opens by key.
    await page.locator('.checklist summary').nth(1).focus();
    await page.keyboard.press('Enter');
    expect(await page.locator('.checklist details').nth(1).getAttribute('open')).toBe('');
  });

  test.each(['light', 'dark'] as const)(
    'axe finds nothing in any state, %s; nothing is wider than 320 px',
    async (colorScheme) => {
      const { url, answer } = await lab.ask({ scopes: ['directory', 'storage', 'devops'] }, identity());
      const page = await show(url);
      await page.emulateMedia({ colorScheme });
      const look = async (state: string) => {
        await page.setViewportSize({ width: 1180, height: 800 });
        expect([state, await violationsOf(page)]).toEqual([state, []]);
        await page.setViewportSize({ width: 320, height: 800 });
        expect([state, await scrollsSideways(page)]).toEqual([state, false]);
      };
      await page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true");
      await look('form');
      await page.click(save);
      await look('problems');
      await page.fill('#client_secret', 'not-the-secret');
      await page.click(save);
      await page.waitForSelector(outcome('retry'));
      await look('retry');
      await page.fill('#client_secret', lab.sandbox.credentials.clientSecret);
      await page.click(save);
      await page.waitForSelector(`${outcome('look')}, ${outcome('done')}`);
      await look('outcome');
      await answer;
    },
    // The rules are run over every state of the page.
    180_000,
  );

  test.each(['certificate', 'bearer', 'workload_identity'])(
    'axe finds nothing in the form of %s',
    async (auth_type) => {
      const { url } = await lab.ask(
        { ...directory, auth_type },
        auth_type === 'workload_identity' ? { federated_token: { prompt: true } } : {},
      );
      const page = await show(url);
      for (const width of [1180, 320]) {
        await page.setViewportSize({ width, height: 800 });
        expect(await violationsOf(page)).toEqual([]);
        expect(await scrollsSideways(page)).toBe(false);
      }
    },
  );
});

describe.skipIf(isMissing)('a device code', () => {
  test('can be copied by key, and axe finds nothing on its page', async () => {
    const { tenantId, clientId } = lab.sandbox.credentials;
    await lab.call('create_connection', { name: 'me', cloud: 'sandbox', auth_type: 'device_code', ...directory });
    await lab.complete({ connection: 'me', tenant_id: tenantId, client_id: clientId });
    const opened = lab.nextPage();
    const cancel = new AbortController();
    void lab.callShowing('graph_query', { connection: 'me', endpoint: '/me' }, cancel.signal);
    const page = await show((await opened).url);
    await page.focus('[data-copy=user-code]');
    await page.keyboard.press('Enter');
    await page.waitForFunction("document.querySelector('#announce').textContent === 'Copied.'");
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe(await page.textContent('#user-code'));
    for (const width of [1180, 320]) {
      await page.setViewportSize({ width, height: 800 });
      expect([width, await violationsOf(page), await scrollsSideways(page)]).toEqual([width, [], false]);
    }
    cancel.abort();
  });
});

describe.skipIf(isMissing)('a secret that was typed', () => {
  test('is in no log, no file but the vault, no history, no storage and no part of the page', async () => {
    const written: string[] = [];
    for (const stream of [process.stdout, process.stderr]) {
      vi.spyOn(stream, 'write').mockImplementation((text) => written.push(String(text)) > 0);
    }
    const own = await openBrowser();
    const typed = ['wrong~Q7secret-marked-1', lab.sandbox.credentials.clientSecret];
    const { url, answer } = await lab.ask(directory);
    const page = await own.context.newPage();
    const requests: string[] = [];
    page.on('request', (request) => requests.push(request.url()));
    await page.goto(url);
    for (const [at, secret] of typed.entries()) {
      await fillIn(page, { ...right(), client_secret: secret });
      await page.click(save);
      await page.waitForSelector(outcome(at === 0 ? 'retry' : 'done'));
      const state = await page.evaluate(
        "document.documentElement.outerHTML + [...document.querySelectorAll('input, textarea')].map(({value}) => value).join() + JSON.stringify({...localStorage}) + JSON.stringify({...sessionStorage}) + document.cookie + JSON.stringify(history.state)",
      );
      for (const one of typed) expect(String(state).includes(one)).toBe(false);
    }
    const { text } = await answer;
    await own.quit();
    vi.restoreAllMocks();
    const profile = await filesBelow(own.profile);
    const home = await filesBelow(lab.home);
    expect(profile.length).toBeGreaterThan(20);
    expect(home.length).toBeGreaterThan(0);
    const places = [
      ['answer', text],
      ['log', written.join('')],
      ['stderr', lab.announced.join()],
      ['addresses', requests.join('\n')],
      ...profile,
      ...home,
    ];
    for (const [where, content] of places) {
      for (const secret of typed) {
        for (const form of [
          secret,
          encodeURIComponent(secret),
          Buffer.from(secret).toString('base64'),
          Buffer.from(secret, 'utf16le').toString('latin1'),
        ]) {
          expect(content?.includes(form), `${where} holds it`).toBe(false);
        }
      }
    }
    expect(own.complaints.filter((line) => !line.includes('422'))).toEqual([]);
    await own.close();
  });
});
