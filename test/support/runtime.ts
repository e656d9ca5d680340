import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CommonFlags } from '../../src/cli/flags.ts';
import { startTenantry, type Tenantry } from '../../src/cli/start-tenantry.ts';

/** A Tenantry with the sandbox tenant and its own home folder, which `close` removes. */
export async function startTestTenantry(flags: CommonFlags = {}): Promise<Tenantry & { readonly home: string }> {
  const home = flags.home ?? (await mkdtemp(join(tmpdir(), 'tenantry-test-')));
  const tenantry = await startTenantry({ sandbox: true, logLevel: 'silent', ...flags, home });
  return {
    ...tenantry,
    home,
    async close() {
      await tenantry.close();
      await rm(home, { recursive: true, force: true });
    },
  };
}
