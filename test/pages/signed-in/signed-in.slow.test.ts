import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { maySkip } from '../../support/may-skip.ts';
import { type Browser, browserPath, openBrowser, scrollsSideways, violationsOf } from '../browser.ts';
import { ada, bob, callerOf, openWebLab, type WebLab } from './web-lab.ts';

const isMissing = browserPath === undefined && maySkip('Chromium', 'apt-get install chromium');

let browser: Browser;
let lab: WebLab;

beforeAll(async () => {
  if (isMissing) return;
  browser = await openBrowser();
});
afterAll(() => browser?.close());

beforeEach(async () => {
  if (!isMissing) lab = await openWebLab();
});
afterEach(async () => {
  if (isMissing) return;
  for (const page of browser.context.pages().slice(1)) await page.close();
  await browser.context.clearCookies();
  await lab.close();
});

/** Opens an address, and signs in as whoever the login host is told. */
async function openAs(user: 'ada' | 'bob', address: string): Promise<Page> {
  const page = await browser.context.newPage();
  await page.goto(address);
  await page.click(`text=${user}`);
  await page.waitForURL((url) => url.href.startsWith(lab.publicUrl) && !url.pathname.includes('/sign-in'));
  return page;
}

const creation = { name: 'prod', cloud: 'sandbox', scopes: ['directory'] };
const outcome = (phase: string) => `#outcome[data-phase=${phase}]`;

/** A completion that waits for Ada, and the address of its page. */
async function askAda() {
  const caller = callerOf(ada);
  await lab.call(caller, 'create_connection', creation);
  const opened = Promise.withResolvers<string>();
  const { tenantId, clientId } = lab.sandbox.credentials;
  const input = { connection: 'prod', tenant_id: tenantId, client_id: clientId, client_secret: { prompt: true } };
  const answer = lab.call(caller, 'complete_connection', input, { url: true, onPage: ({ url }) => opened.resolve(url) });
  return { answer, url: await opened.promise };
}

describe.skipIf(isMissing)('a secret', () => {
  test('entered after sign-in completes the call, whichever nodes the browser reaches', async () => {
    const { answer, url } = await askAda();
    const page = await openAs('ada', url);
    await page.waitForSelector('#form');
    await page.fill('#client_secret', lab.sandbox.credentials.clientSecret);
    await page.click('button.primary');
    await page.waitForSelector(outcome('done'));
    expect(await page.textContent('#outcome-title')).toBe('prod is ready');
    expect((await answer).response.data).toMatchObject({ health: 'healthy', secrets: [{ source: 'prompt' }] });
  });
});
