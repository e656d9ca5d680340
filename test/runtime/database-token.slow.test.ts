import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createSecretReferences } from '../../src/core/auth/secret-references.ts';
import { createGuard } from '../../src/core/base/private-paths.ts';
import { createLogger } from '../../src/core/telemetry/logger.ts';
import { loadConfig } from '../../src/runtime/config/load-config.ts';
import { openConfiguredStorage } from '../../src/runtime/open-storage.ts';
import { fakeAuthority } from '../core/auth/fake-authority.ts';
import { clientId, failureOf, handClock, temporaryFolder, tenantId, testRecord } from '../core/connections/support.ts';
import { describePostgres } from '../support/postgres-cluster.ts';

describePostgres('a token of Entra as the password of PostgreSQL', (cluster) => {
  /** A node whose workload identity the authority knows; the token is what the authority says next. */
  async function startNode() {
    const home = join(temporaryFolder(), 'home');
    mkdirSync(home, { mode: 0o700 });
    const { url, ca = '', schema = '' } = cluster().options();
    const address = new URL(url);
    address.password = '';
    writeFileSync(join(home, 'ca.pem'), ca);
    writeFileSync(join(home, 'federated'), 'external-token');
    const store = { url: address.href, ca: join(home, 'ca.pem'), schema, password: { entra: true } };
    writeFileSync(join(home, 'tenantry.yaml'), JSON.stringify({ store }), { mode: 0o600 });
    const variables: Record<string, string> = {
      AZURE_FEDERATED_TOKEN_FILE: join(home, 'federated'),
      AZURE_TENANT_ID: tenantId,
      AZURE_CLIENT_ID: clientId,
    };
    const environment = (name: string) => variables[name];
    const { config, error } = await loadConfig({ flags: { home }, environment });
    expect(error).toBeUndefined();
    const authority = fakeAuthority('https://login.microsoftonline.com');
    const hidden: string[] = [];
    const clock = handClock();
    const storage = await openConfiguredStorage({
      config,
      vault: 'file',
      clock,
      logger: createLogger({ level: 'silent' }),
      guard: createGuard('refuse'),
      references: async () => createSecretReferences({ environment, home, allowed: config.secrets }),
      httpClient: authority.httpClient,
      hide: (token) => hidden.push(token),
    });
    onTestFinished(() => storage.close());
    return { storage, authority, hidden, clock };
  }

  const acceptToken = (token: string) => cluster().run(`ALTER ROLE tenantry_test PASSWORD '${token}'`);

  test('opens connections, is asked for once by many, and is hidden', async () => {
    const { storage, authority, hidden } = await startNode();
    onTestFinished(() => acceptToken('x'));
    await acceptToken('token-1');
    expect(await storage.records.list('local')).toEqual([]);
    await storage.records.insert(testRecord());
    await Promise.all(Array.from({ length: 8 }, () => storage.records.list('local')));
    expect(authority.seen).toHaveLength(1);
    expect(authority.seen[0]?.form.get('scope')).toContain('https://ossrdbms-aad.database.windows.net/.default');
    expect(new Set(hidden)).toEqual(new Set(['token-1']));
  });

  test('a token that the database does not take is explained', async () => {
    const { storage } = await startNode();
    expect(await failureOf(storage.records.list('local'))).toMatchObject({
      code: 'configuration',
      message: expect.stringContaining('refused the sign-in'),
      hint: expect.stringContaining('Entra'),
    });
  });
});
