import { X509Certificate } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import https from 'node:https';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runProduct } from './support/run-product.ts';
import { type ServedSandbox, serveSandbox } from './support/served-sandbox.ts';

let served: ServedSandbox;

beforeAll(async () => {
  served = await serveSandbox('--tls', '--users', '12');
});
afterAll(async () => {
  await served.stop();
});

/** Status of a GET, by a client that trusts one certificate alone. */
function statusOf(url: string, ca: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = https.get(url, { ca, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    sent.on('error', reject);
  });
}

test('every address of the line is https, and its certificate opens them under both names', async () => {
  const { url, clouds, certificate, credentials } = served.line;
  const { login, graph, resource_manager, devops, data_plane } = clouds.sandbox;
  const addresses = [url, login, graph, resource_manager, devops, ...Object.values(data_plane)];
  expect(addresses.filter((address) => !address.startsWith('https://'))).toEqual([]);
  expect(certificate).toBe(join(served.line.home, 'sandbox-ca.pem'));
  const discovery = `${url}/${credentials.tenant_id}/v2.0/.well-known/openid-configuration`;
  expect(await statusOf(discovery, served.authority)).toBe(200);
  expect(await statusOf(discovery.replace('127.0.0.1', 'localhost'), served.authority)).toBe(200);
});

test('a client that does not trust the certificate is not served', async () => {
  const other = new X509Certificate(served.authority);
  expect(other.ca).toBe(true);
  await expect(statusOf(served.line.url, '')).rejects.toMatchObject({ code: expect.stringMatching(/CERT|ISSUER/) });
});

test('no private key is written', async () => {
  const { home } = served.line;
  const files = (await readdir(home, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  expect(files.length).toBeGreaterThan(2);
  for (const { parentPath, name } of files) {
    expect(await readFile(join(parentPath, name), 'utf8'), name).not.toContain('PRIVATE KEY');
  }
});

test('commands on its home work with NODE_EXTRA_CA_CERTS, and fail without it', async () => {
  const call = [
    'call',
    'graph_query',
    '{"connection":"sandbox","endpoint":"/users/$count"}',
    '--home',
    served.line.home,
  ];
  const trusting = await runProduct(served.lab, call, { env: { NODE_EXTRA_CA_CERTS: served.line.certificate ?? '' } });
  expect(JSON.parse(trusting.stdout).response).toMatchObject({ success: true, data: 12 });
  expect((await runProduct(served.lab, call)).code).toBe(1);
});
