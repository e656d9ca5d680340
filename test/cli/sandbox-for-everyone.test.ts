import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Caller } from '../../src/core/base/caller.ts';
import { temporaryFolder } from '../core/connections/support.ts';
import { startTestTenantry } from '../support/runtime.ts';

const guid = '00000000-0000-4000-8000-000000000001';
const somebody = new Caller({ id: `${guid}/${guid}` });

test('the connection of the sandbox is there for whoever signs in, where people sign in', async () => {
  const folder = temporaryFolder();
  const config = join(folder, 'tenantry.yaml');
  const signIn = `sign_in: { tenants: [${guid}], client_id: ${guid} }`;
  for (const [content, names] of [
    ['http: {}\n', []],
    [`http:\n  public_url: https://tenantry.contoso.com/\n  ${signIn}\n`, ['sandbox']],
  ] as const) {
    writeFileSync(config, content, { mode: 0o600 });
    const tenantry = await startTestTenantry({ config });
    try {
      expect(tenantry.runtime.configurationError).toBeUndefined();
      const seen = await tenantry.runtime.connections.list(somebody);
      expect(seen.map(({ name }) => name)).toEqual(names);
    } finally {
      await tenantry.close();
    }
  }
});
