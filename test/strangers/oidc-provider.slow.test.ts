import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ClientAssertionCredential } from '@azure/identity';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runProduct } from '../e2e/support/run-product.ts';
import { type ForeignProvider, startForeignProvider } from './support/oidc-provider.ts';
import { openStrangeTenant, type StrangeTenant } from './support/strange-tenant.ts';

const audience = 'api://AzureADTokenExchange';
let tenant: StrangeTenant;
let provider: ForeignProvider;
let folder: string;

beforeAll(async () => {
  [tenant, provider] = await Promise.all([openStrangeTenant('--users', '12'), startForeignProvider(audience)]);
  folder = await mkdtemp(join(tmpdir(), 'tenantry-oidc-'));
  const { id } = await tenant.graph('GET', `/applications(appId='${tenant.credentials.client_id}')`);
  await tenant.graph('POST', `/applications/${id}/federatedIdentityCredentials`, {
    name: 'foreign-provider',
    issuer: provider.issuer,
    subject: provider.subject,
    audiences: [audience],
  });
});
afterAll(async () => {
  await provider?.close();
  await tenant?.close();
  await rm(folder, { recursive: true, force: true });
});

describe('a token of oidc-provider', () => {
  test('signs a connection of the product in, by the keys that the provider publishes', async () => {
    const token = await provider.fetchToken();
    expect(decodeJwt(token)).toMatchObject({ iss: provider.issuer, sub: provider.subject, aud: audience });
    const file = join(folder, 'token');
    await writeFile(file, token, { mode: 0o600 });
    const env = { NODE_EXTRA_CA_CERTS: tenant.certificate ?? '', AZURE_FEDERATED_TOKEN_FILE: file };
    const run = async (...args: string[]) => {
      const { code, stdout, stderr } = await runProduct(tenant.lab, [...args, '--home', tenant.home], { env });
      expect(code, `${stdout}${stderr}`).toBe(0);
      return JSON.parse(stdout).response.data;
    };
    const { tenant_id, client_id } = tenant.credentials;
    await run('connections', 'create', 'federated', '--auth-type', 'workload_identity', '--scopes', 'directory');
    await run('connections', 'complete', 'federated', '--tenant-id', tenant_id, '--client-id', client_id);
    expect(await run('connections', 'validate', 'federated', '--checks', 'token')).toMatchObject({ health: 'healthy' });
    const call = { connection: 'federated', endpoint: '/users/$count' };
    expect(await run('call', 'graph_query', JSON.stringify(call))).toBe(12);
  });

  test('signs the identity library in', async () => {
    const { tenant_id, client_id } = tenant.credentials;
    const credential = new ClientAssertionCredential(
      tenant_id,
      client_id,
      () => provider.fetchToken(),
      tenant.authority,
    );
    expect((await credential.getToken(`${tenant.cloud.graph}/.default`)).expiresOnTimestamp).toBeGreaterThan(
      Date.now(),
    );
  });
});
