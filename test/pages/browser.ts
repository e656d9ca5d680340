import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import { type BrowserContext, chromium, type Page } from 'playwright-core';

const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** The browser of this machine; undefined where there is none. */
export const browserPath = [process.env['TENANTRY_TEST_BROWSER'] ?? '', ...places].find((path) => existsSync(path));

/** A browser with a profile on disk, as a person has one. */
export interface Browser {
  readonly context: BrowserContext;
  /** Folder of history, cache and stored passwords. */
  readonly profile: string;
  /** Messages of the console and errors of scripts, of all pages. */
  readonly complaints: readonly string[];
  /** Writes everything to disk; the profile stays until `close`. */
  quit(): Promise<void>;
  close(): Promise<void>;
}

export async function openBrowser(): Promise<Browser> {
  const profile = await mkdtemp(join(tmpdir(), 'tenantry-browser-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: browserPath ?? 'chromium',
    // Tests in containers run as root, where the sandbox of the browser does not.
    args: ['--no-sandbox', '--disable-gpu'],
    viewport: { width: 1180, height: 900 },
    permissions: ['clipboard-read', 'clipboard-write'],
  });
  const complaints: string[] = [];
  context.on('console', (message) => complaints.push(message.text()));
  context.on('weberror', (error) => complaints.push(String(error.error())));
  return {
    context,
    profile,
    complaints,
    quit: () => context.close(),
    async close() {
      await context.close();
      await rm(profile, { recursive: true, force: true });
    },
  };
}

/** Rules of accessibility that the page breaks, with the places. */
export async function violationsOf(page: Page): Promise<readonly string[]> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`);
}

/** Whether anything is wider than the window. */
export function scrollsSideways(page: Page): Promise<boolean> {
  return page.evaluate('document.documentElement.scrollWidth > document.documentElement.clientWidth');
}
