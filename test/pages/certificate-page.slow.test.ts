import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { certificateBytes, certificateText, passphrase } from '../support/certificates/read.ts';
import { maySkip } from '../support/may-skip.ts';
import { type Browser, browserPath, openBrowser } from './browser.ts';
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

function identity() {
  const { tenantId, clientId } = lab.sandbox.credentials;
  return { tenant_id: tenantId, client_id: clientId };
}

describe.skipIf(isMissing)('the page takes', () => {
  test.each(['pasted', 'chosen as a file'])('a certificate, %s', async (way) => {
    const pem = await lab.registerCertificate();
    const { url, answer } = await lab.ask({ ...directory, auth_type: 'certificate' }, identity());
    const page = await show(url);
    if (way === 'pasted') {
      await page.fill('#certificate', pem);
    } else {
      const file = { name: 'app.pem', mimeType: 'application/x-pem-file', buffer: Buffer.from(pem) };
      await page.setInputFiles('#certificate-file', file);
      await page.waitForSelector('#announce:has-text("app.pem was read.")', { state: 'attached' });
    }
    await page.click(save);
    await page.waitForSelector(outcome('done'));
    expect((await answer).response.data.secrets).toMatchObject([{ kind: 'certificate', source: 'prompt' }]);
  });

  test('a .pfx file and its passphrase, after a wrong one', async () => {
    await lab.registerCertificate(certificateText('rsa.pem'));
    const { url, answer } = await lab.ask({ ...directory, auth_type: 'certificate' }, identity());
    const page = await show(url);
    const buffer = certificateBytes('rsa-aes.pfx');
    for (const word of ['wrong', passphrase]) {
      await page.setInputFiles('#certificate-file', { name: 'app.pfx', mimeType: 'application/x-pkcs12', buffer });
      await page.waitForSelector('#announce:has-text("app.pfx was read.")', { state: 'attached' });
      await page.fill('#certificate_passphrase', word);
      await page.click(save);
      if (word !== 'wrong') continue;
      await page.waitForSelector('#certificate_passphrase-problem:not([hidden])');
      expect(await page.textContent('#certificate_passphrase-problem')).toMatch(/does not open it.*exported with/);
    }
    await page.waitForSelector(outcome('done'));
    expect((await answer).response.data.secrets).toMatchObject([{ kind: 'certificate', source: 'prompt' }]);
  });

  test('a file that is no certificate is told at once', async () => {
    const { url } = await lab.ask({ ...directory, auth_type: 'certificate' }, identity());
    const page = await show(url);
    await page.setInputFiles('#certificate-file', {
      name: 'app.txt',
      mimeType: 'text/plain',
      buffer: Buffer.from('x'),
    });
    await page.waitForSelector('#certificate-problem:not([hidden])');
    expect(await page.textContent('#certificate-problem')).toContain('app.txt is no certificate with its key.');
  });

  test('only the passphrase, where the assistant names the file', async () => {
    await lab.registerCertificate(certificateText('rsa.pem'));
    const certificate = certificateText('rsa-3des.pfx');
    const completion = { ...identity(), certificate, certificate_passphrase: { prompt: true } };
    const { url, answer } = await lab.ask({ ...directory, auth_type: 'certificate' }, completion);
    const page = await show(url);
    expect(await page.locator('#certificate').count()).toBe(0);
    expect(await page.textContent('#ask')).toContain('asks for the passphrase of the certificate');
    await page.fill('#certificate_passphrase', passphrase);
    await page.click(save);
    await page.waitForSelector(outcome('done'));
    expect((await answer).response.data.secrets).toMatchObject([{ kind: 'certificate', source: 'inline' }]);
  });
});
