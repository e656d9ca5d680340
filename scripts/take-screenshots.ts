import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { openBrowser } from '../test/pages/browser.ts';
import { openPageLab } from '../test/pages/page-lab.ts';

// Takes the pictures of the one-time page for the documentation, in light and dark. Run it when the page looks different.

const folder = fileURLToPath(new URL('../docs/images/', import.meta.url));
mkdirSync(folder, { recursive: true });

const lab = await openPageLab({ now: new Date().toISOString() });
const browser = await openBrowser();
const { tenantId, clientId } = lab.sandbox.credentials;
const page = await browser.context.newPage();
await page.setViewportSize({ width: 1080, height: 880 });

const scopes = ['directory', 'resources', 'storage'];
const asked = { tenant_id: 'contoso.com', subscription_id: '00000000-0000-0000-0000-000000000001' };
const form = await lab.ask({ cloud: 'public', scopes }, asked);
await page.goto(form.url);
for (const colorScheme of ['light', 'dark'] as const) {
  await page.emulateMedia({ colorScheme });
  await page.screenshot({ path: `${folder}secret-page-${colorScheme}.png` });
}

await lab.call('delete_connection', { connection: 'prod' });
const outcome = await lab.ask({ scopes: ['directory'] }, { tenant_id: tenantId, client_id: clientId });
await page.emulateMedia({ colorScheme: 'light' });
await page.goto(outcome.url);
await page.fill('#client_secret', 'not-the-secret');
await page.click('button[type=submit]');
await page.waitForSelector('#outcome[data-phase=retry]');
await page.screenshot({ path: `${folder}secret-page-wrong.png` });

await browser.close();
await lab.close();
process.exit(0);
