import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { maySkip } from '../../support/may-skip.ts';
import { type Browser, browserPath, openBrowser, scrollsSideways, violationsOf } from '../browser.ts';
import { ada, bob, callerOf, openWebLab, type WebLab } from './web-lab.ts';

const isMissing = browserPath === undefined && maySkip('Chromium', 'apt-get install chromium');

// Each test signs in at a login host and comes back, several times.
vi.setConfig({ testTimeout: 60_000 });

let browser: Browser;
let lab: WebLab;
let number = 0;

beforeAll(async () => {
  if (isMissing) return;
  browser = await openBrowser();
  lab = await openWebLab();
});
afterAll(async () => {
  await browser?.close();
  await lab?.close();
});
afterEach(async () => {
  if (isMissing) return;
  for (const page of browser.context.pages().slice(1)) await page.close();
  await browser.context.clearCookies();
});

const caller = callerOf(ada);

/** Opens an address, and signs in as whoever the login host is told. */
async function openAs(user: 'ada' | 'bob', address: string): Promise<Page> {
  const page = await browser.context.newPage();
  await page.goto(address);
  await page.click(`text=${user}`);
  await atOurs(page);
  return page;
}

/** The browser has come back from the login host. */
function atOurs(page: Page): Promise<void> {
  return page.waitForURL((url) => url.href.startsWith(lab.publicUrl) && !url.pathname.startsWith('/sign-in'));
}

const outcome = (phase: string) => `#outcome[data-phase=${phase}]`;

/** A completion that waits for Ada, and the address of its page. */
async function askAda() {
  const name = `prod-${++number}`;
  await lab.call(caller, 'create_connection', { name, cloud: 'sandbox', scopes: ['directory'] });
  const opened = Promise.withResolvers<string>();
  const { tenantId, clientId } = lab.sandbox.credentials;
  const input = { connection: name, tenant_id: tenantId, client_id: clientId, client_secret: { prompt: true } };
  const answer = lab.call(caller, 'complete_connection', input, {
    url: true,
    onPage: ({ url }) => opened.resolve(url),
  });
  return { name, answer, url: await opened.promise };
}

/** Something of authority that an agent of Ada wants to do, and how it does it again. */
async function adaWants() {
  const name = `prod-${++number}`;
  await lab.connect(caller, name);
  const endpoint = `/applications(appId='${lab.sandbox.credentials.clientId}')/addPassword`;
  const requests = [{ method: 'POST', endpoint, body: { passwordCredential: { displayName: name } } }];
  const again = () => lab.call(caller, 'graph_write', { connection: name, requests });
  const { response } = await again();
  return { name, again, error: response.error };
}

describe.skipIf(isMissing)('a secret', () => {
  test('entered after sign-in completes the call, whichever nodes the browser reaches, and uses the address up', async () => {
    const { name, answer, url } = await askAda();
    const page = await openAs('ada', url);
    await page.fill('#client_secret', lab.sandbox.credentials.clientSecret);
    await page.click('button.primary');
    await page.waitForSelector(outcome('done'));
    expect(await page.textContent('#outcome-title')).toBe(`${name} is ready`);
    expect(await page.locator('#lines li.pass').count()).toBeGreaterThan(3);
    expect((await answer).response.data).toMatchObject({ health: 'healthy', secrets: [{ source: 'prompt' }] });
    await page.goto(url);
    expect(await page.textContent('h1')).toBe('Nothing is here for you');
  });

  test('that is wrong says so, and the page takes the right one, also when it was loaded again', async () => {
    const { answer, url } = await askAda();
    const page = await openAs('ada', url);
    await page.fill('#client_secret', 'not-the-secret');
    await page.click('button.primary');
    await page.waitForSelector(outcome('retry'));
    expect(await page.textContent('#lines')).toContain('AADSTS7000215');
    expect(await page.inputValue('#client_secret')).toBe('');
    await page.reload();
    await page.waitForSelector(outcome('retry'));
    await page.fill('#client_secret', lab.sandbox.credentials.clientSecret);
    await page.click('button.primary');
    await page.waitForSelector(outcome('done'));
    expect((await answer).response.data.health).toBe('healthy');
  });

  test('is asked for on a page that another person does not find, whether it is there or not', async () => {
    const { url } = await askAda();
    const page = await openAs('bob', url);
    const theirs = await page.textContent('main');
    expect(theirs).toContain('Nothing is here for you');
    expect(theirs).toContain('another account than Bob Martin');
    await page.goto(`${lab.publicUrl}/enter/never/there`);
    expect(await page.textContent('main')).toBe(theirs);
  });

  test('without a client that opens pages, the address stands in the answer', async () => {
    const name = `prod-${++number}`;
    await lab.call(caller, 'create_connection', { name, cloud: 'sandbox', scopes: ['directory'] });
    const input = { connection: name, client_secret: { prompt: true } };
    const { response } = await lab.call(caller, 'complete_connection', input);
    expect(response.error.detail.page).toContain(`${lab.publicUrl}/enter/${name}/`);
    expect(response.error.hint).toContain('opens for nobody but this person');
    expect((await lab.call(caller, 'complete_connection', input)).response.error.detail.page).toBe(
      response.error.detail.page,
    );
    expect(lab.announced).toEqual([]);
  });
});

describe.skipIf(isMissing)('a yes', () => {
  test('is given on the page, after which the call runs once, and what it made is shown there', async () => {
    const { again, error } = await adaWants();
    expect(error.hint).toBe(
      `Ask the person to open ${lab.publicUrl}/approve/${error.pending} in a browser and to say yes there, then send the same call again.`,
    );
    const page = await openAs('ada', `${lab.publicUrl}/approve/${error.pending}`);
    expect(await page.textContent('.requests')).toContain('/addpassword');
    expect(await page.textContent('.facts')).toContain('an agent of Ada Lovelace');
    await page.click('text=Yes, do it');
    expect(await page.textContent('h1')).toBe('You said yes');
    const { response } = await again();
    expect(response.success).toBe(true);
    const { secret } = response.data.secretText;
    expect((await again()).response.error.pending).toMatch(/^\w{4}$/);

    await page.click('nav >> text=Secrets');
    expect(await page.content()).not.toContain('data-copy="secret"');
    await page.locator('li', { hasText: secret }).getByRole('button').click();
    const shown = await page.textContent('#secret');
    expect(shown).toMatch(/^\S{30,}$/);
    expect(page.url()).toBe(`${lab.publicUrl}/secrets/show`);
    await lab.nodes[0]?.audit.handedOver();
    await lab.nodes[1]?.audit.handedOver();
    const log = await lab.nodes[0]?.audit.log();
    const lines = (await log?.read())?.entries ?? [];
    expect(lines).toContainEqual(
      expect.objectContaining({ caller: caller.id, actor: 'person', tool: 'page: show a secret', targetIds: [secret] }),
    );
    expect(JSON.stringify(lines)).not.toContain(shown);
  });

  test('that is a no stops the call', async () => {
    const { again, error } = await adaWants();
    const page = await openAs('ada', `${lab.publicUrl}/approve/${error.pending}`);
    await page.click('text=No, do not do it');
    expect(await page.textContent('h1')).toBe('You said no');
    expect((await again()).response.error).toMatchObject({
      code: 'refused',
      message: expect.stringContaining('has said no'),
    });
  });

  test('is not taken from a form of the client, and a client that opens pages is sent to ours', async () => {
    const name = `prod-${++number}`;
    await lab.connect(caller, name);
    const endpoint = `/applications(appId='${lab.sandbox.credentials.clientId}')/addPassword`;
    const input = { connection: name, requests: [{ method: 'POST', endpoint, body: { passwordCredential: {} } }] };
    const forms: string[] = [];
    const opened: string[] = [];
    const client = {
      form: true,
      url: true,
      onForm: (message: string) => forms.push(message),
      onPage: ({ url }: { readonly url: string }) => opened.push(url),
    };
    const { response } = await lab.call(caller, 'graph_write', input, client);
    expect(forms).toEqual([]);
    expect(opened).toEqual([`${lab.publicUrl}/approve/${response.error.pending}`]);
    expect(response.error.code).toBe('refused');
  });

  test('of another person is not there', async () => {
    const { error } = await adaWants();
    const page = await openAs('bob', `${lab.publicUrl}/approve/${error.pending}`);
    expect(await page.textContent('h1')).toBe('Nothing is here for you');
    await page.goto(`${lab.publicUrl}/approve`);
    expect(await page.textContent('main')).toContain('Nothing waits for a yes.');
  });
});

describe.skipIf(isMissing)('a connection', () => {
  test('is shared by its owner on the page, and no more when they say so', async () => {
    const name = `shared-${++number}-then-not`;
    await lab.connect(caller, name);
    const namesOfBob = async () => {
      const { response } = await lab.call(callerOf(bob), 'list_connections', {});
      return response.data.value.map((one: { readonly name: string }) => one.name);
    };
    const page = await openAs('ada', `${lab.publicUrl}/connections`);
    const item = page.locator('main li.card', { hasText: name });
    expect(await namesOfBob()).not.toContain(name);
    await item.locator('summary').click();
    await item.locator('input[name=id]').fill('not-an-id');
    await item.getByRole('button', { name: 'Share' }).click();
    expect(await page.textContent('main')).toContain('not the object ID of a person or a group');
    await page.goto(`${lab.publicUrl}/connections`);
    await item.locator('summary').click();
    await item.locator('input[name=id]').fill(bob.oid);
    await item.getByRole('button', { name: 'Share' }).click();
    await item.locator('.shares').waitFor();
    expect(await item.locator('.shares').textContent()).toContain(`user ${bob.oid}: to read`);
    expect(await namesOfBob()).toContain(name);
    const theirs = await lab.call(callerOf(bob), 'list_connections', { name });
    expect(theirs.response.data.value[0]).toMatchObject({ access: 'read_only' });
    await item.getByRole('button', { name: 'Stop sharing' }).click();
    await item.locator('text=Shared with nobody.').waitFor();
    expect(await namesOfBob()).not.toContain(name);
  });
});

/** A page of another site (another port is another origin), until the test ends. */
async function evilSite(body: string): Promise<string> {
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html');
    response.end(`<!doctype html><title>Evil</title>${body}`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  // A TCP server has an address of this shape once it listens; another name makes it another site.
  return `http://localhost:${(server.address() as AddressInfo).port}/`;
}

describe.skipIf(isMissing)('another site', () => {
  test('cannot send a form, even with the person signed in', async () => {
    const { again, error } = await adaWants();
    const page = await openAs('ada', `${lab.publicUrl}/approve/${error.pending}`);
    const token = await page.getAttribute('main input[name=token]', 'value');
    const action = `${lab.publicUrl}/approve/${error.pending}`;
    const form = `<form method="post" action="${action}"><input name="token" value="${token}"><button name="answer" value="yes">Win</button></form>`;
    await page.goto(await evilSite(form));
    await page.click('button');
    expect(await page.textContent('body')).toContain('This page belongs to another place.');
    expect((await again()).response.error.pending).toBe(error.pending);
  });

  test('cannot put a page into a frame', async () => {
    const page = await openAs('ada', `${lab.publicUrl}/approve`);
    await page.goto(await evilSite(`<iframe src="${lab.publicUrl}/approve"></iframe>`));
    const frame = page.frames().find((one) => one !== page.mainFrame());
    const text = await frame?.evaluate('document.body.innerText').catch(() => '');
    expect(text ?? '').not.toContain('Waiting for you');
  });

  test('may have a link to a page, and the person need not sign in again', async () => {
    const page = await openAs('ada', `${lab.publicUrl}/secrets`);
    await page.goto(await evilSite(`<a href="${lab.publicUrl}/approve">Look</a>`));
    await page.click('a');
    await page.waitForSelector('h1:has-text("Waiting for you")');
  });
});

describe.skipIf(isMissing)('a sign-in', () => {
  test('cannot be replayed, nor finished in another browser', async () => {
    const page = await browser.context.newPage();
    const callbacks: string[] = [];
    page.on('request', (request) => {
      if (request.url().includes('/sign-in/callback')) callbacks.push(request.url());
    });
    await page.goto(`${lab.publicUrl}/secrets`);
    const cookies = await browser.context.cookies();
    await page.click('text=ada');
    await atOurs(page);
    expect(new URL(page.url()).pathname).toBe('/secrets');
    const [callback = ''] = callbacks;
    await browser.context.clearCookies();
    await page.goto(callback);
    expect(await page.textContent('main')).toContain('was not begun in this browser');
    await browser.context.addCookies(cookies);
    await page.goto(callback);
    expect(await page.textContent('main')).toContain('was used before');
    expect((await browser.context.cookies()).some(({ name }) => name === 'tenantry-session')).toBe(false);
  });

  test('has a new session each time, whatever cookie was there before', async () => {
    await browser.context.addCookies([{ name: 'tenantry-session', value: 'planted', url: lab.publicUrl }]);
    await openAs('ada', `${lab.publicUrl}/approve`);
    const sessions = (await browser.context.cookies()).filter(({ name }) => name === 'tenantry-session');
    expect(sessions).toMatchObject([{ httpOnly: true, sameSite: 'Strict', path: '/' }]);
    expect(sessions[0]?.value).not.toBe('planted');
  });

  test('ends with the sign-out, and the cookie that was copied before does not count', async () => {
    const page = await openAs('ada', `${lab.publicUrl}/approve`);
    const before = await browser.context.cookies();
    await page.click('text=Sign out');
    expect(await page.textContent('h1')).toBe('You are signed out');
    await browser.context.addCookies(before.filter(({ name }) => name === 'tenantry-session'));
    await page.goto(`${lab.publicUrl}/approve`);
    // The login host still knows the person, and the pages do not without it.
    await atOurs(page);
    const after = await browser.context.cookies();
    const sessionIn = (all: typeof after) => all.find(({ name }) => name === 'tenantry-session')?.value;
    expect(sessionIn(after)).not.toBe(sessionIn(before));
  });

  test('is over after a quarter of an hour: what is sent then does nothing, and the way back leads there again', async () => {
    const { error } = await adaWants();
    const page = await openAs('ada', `${lab.publicUrl}/approve/${error.pending}`);
    lab.sandbox.advance(15 * 60);
    await page.click('text=Yes, do it');
    expect(await page.textContent('h1')).toBe('Your session has ended');
    await page.click('main a');
    await atOurs(page);
    await page.waitForSelector('text=Yes, do it');
  });

  test('with another account is one step away', async () => {
    const { error } = await adaWants();
    const page = await openAs('bob', `${lab.publicUrl}/approve/${error.pending}`);
    expect(await page.getAttribute('main a', 'href')).toBe('/sign-in?other');
  });
});

describe.skipIf(isMissing)('each page', () => {
  test.each(['/approve', '/approve/CODE', '/approve/none', '/secrets', '/connections', '/enter'])(
    '%s is accessible in light and dark, fits a phone, and complains of nothing',
    async (path) => {
      const { url } = await askAda();
      const { error } = await adaWants();
      const address = path === '/enter' ? url : `${lab.publicUrl}${path.replace('CODE', error.pending)}`;
      const before = browser.complaints.length;
      const page = await openAs('ada', address);
      await page.waitForSelector('h1');
      await page.locator('details').evaluateAll((all) => {
        for (const one of all) one.setAttribute('open', '');
      });
      expect(await violationsOf(page)).toEqual([]);
      await page.emulateMedia({ colorScheme: 'dark' });
      await page.setViewportSize({ width: 360, height: 740 });
      expect(await scrollsSideways(page)).toBe(false);
      expect(await violationsOf(page)).toEqual([]);
      const complaints = browser.complaints.slice(before).filter((line) => !line.includes('status of 404'));
      expect(complaints).toEqual([]);
    },
  );

  test('that waits for a secret is empty for whoever looks into the history', async () => {
    const { url } = await askAda();
    const page = await openAs('ada', url);
    await page.fill('#client_secret', 'typed-and-left');
    await page.goto(`${lab.publicUrl}/approve`);
    await page.goBack();
    expect(await page.inputValue('#client_secret')).toBe('');
  });
});

test.skipIf(isMissing)('without a secret of its own the server has no pages, and says whom to ask', async () => {
  const bare = await openWebLab({ hasSecret: false });
  onTestFinished(() => bare.close());
  const creation = { name: 'prod', cloud: 'sandbox', scopes: ['directory'] };
  await bare.call(callerOf(bob), 'create_connection', creation);
  const { response } = await bare.call(callerOf(bob), 'complete_connection', {
    connection: 'prod',
    client_secret: { prompt: true },
  });
  expect(response.error).toMatchObject({
    code: 'unsupported',
    hint: expect.stringMatching(/^Ask the person who runs/),
  });
  expect((await fetch(`${bare.publicUrl}/approve`)).status).toBe(404);
});
