import { execFile } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import https from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import tls from 'node:tls';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { runProduct } from './support/run-product.ts';
import { type ServedSandbox, serveSandbox } from './support/served-sandbox.ts';

const run = promisify(execFile);
let served: ServedSandbox;

beforeAll(async () => {
  served = await serveSandbox('--tls', '--users', '12');
});
afterAll(async () => {
  await served?.stop();
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

function control(path: string, body: object): Promise<void> {
  return new Promise((resolve, reject) => {
    const options = { method: 'POST', ca: served.authority, agent: false };
    const sent = https.request(`${served.line.url}/__sandbox/${path}`, options, (response) => {
      response.resume();
      response.on('end', () => resolve());
    });
    sent.on('error', reject);
    sent.end(JSON.stringify(body));
  });
}

/** What the server shows. */
function servedCertificate(): Promise<X509Certificate> {
  const { hostname, port } = new URL(served.line.url);
  return new Promise((resolve, reject) => {
    const socket = tls.connect({ host: hostname, port: Number(port), ca: served.authority }, () => {
      const certificate = socket.getPeerX509Certificate();
      socket.destroy();
      if (certificate) resolve(certificate);
    });
    socket.on('error', reject);
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

test('the certificate passes the strict checks that some clients make', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tenantry-strict-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, 'server.pem');
  await writeFile(file, (await servedCertificate()).toString());
  const args = ['verify', '-x509_strict', '-purpose', 'sslserver', '-verify_ip', '127.0.0.1'];
  const { stdout } = await run('openssl', [...args, '-CAfile', served.line.certificate ?? '', file]);
  expect(stdout).toContain(': OK');
});

test('a reset fault breaks the connection', async () => {
  await control('faults', { service: 'login', reset: 'before' });
  await expect(statusOf(served.line.url, served.authority)).rejects.toMatchObject({ code: 'ECONNRESET' });
});

test('no private key is written', async () => {
  const { home } = served.line;
  const files = (await readdir(home, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  expect(files.length).toBeGreaterThan(2);
  for (const { parentPath, name } of files) {
    expect(await readFile(join(parentPath, name), 'utf8'), name).not.toContain('PRIVATE KEY');
  }
});

test('commands on its home work with NODE_EXTRA_CA_CERTS, and name the step without it', async () => {
  const call = [
    'call',
    'graph_query',
    '{"connection":"sandbox","endpoint":"/users/$count"}',
    '--home',
    served.line.home,
  ];
  const trusting = await runProduct(served.lab, call, { env: { NODE_EXTRA_CA_CERTS: served.line.certificate ?? '' } });
  expect(JSON.parse(trusting.stdout).response).toMatchObject({ success: true, data: 12 });
  const { code, stdout } = await runProduct(served.lab, call);
  expect([code, JSON.parse(stdout).response.error.hint]).toEqual([1, expect.stringContaining('NODE_EXTRA_CA_CERTS')]);
});
