import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type ChildServer, freePort, startChildServer } from '../../support/child-server.ts';
import {
  type LinkedConnection,
  type LinkedConnectionOptions,
  linkedService,
  openLinkedConnection,
  stageOf,
  statusLine,
} from '../../support/linked-connection.ts';
import { makeCertificate, type TestCertificate } from '../../support/test-certificate.ts';
import { testToken } from '../../support/test-token.ts';

// Azurite is Microsoft's own emulator of Azure Storage. With `--oauth basic` it checks audience, issuer and life time of
// tokens as the service does, and answers with the service's errors; it knows no roles.

let certificate: TestCertificate;
let server: ChildServer;
let port: number;
let opened: LinkedConnection | undefined;

beforeAll(async () => {
  certificate = await makeCertificate();
  port = await freePort();
  server = await startChildServer({
    command: process.execPath,
    args: [
      'node_modules/azurite/dist/src/blob/main.js',
      ...['--oauth', 'basic', '--cert', certificate.certPath, '--key', certificate.keyPath],
      ...['--blobHost', '127.0.0.1', '--blobPort', String(port)],
      ...['--disableTelemetry', '--inMemoryPersistence'],
    ],
    ready: /successfully listen(?:s|ing) on/,
  });
});

afterAll(async () => {
  await server?.stop();
  await certificate?.remove();
});

afterEach(async () => {
  await opened?.close();
  opened = undefined;
});

async function probeAzurite(options: LinkedConnectionOptions = {}) {
  const origin = `https://127.0.0.1:${port}`;
  opened = await openLinkedConnection({ dataPlane: { storage: `${origin}/{account}` }, ...options });
  return opened.probe(linkedService('blob', `${origin}/devstoreaccount1`));
}

test('a good token lists the containers of the account', async () => {
  const probed = await probeAzurite();
  expect(statusLine(probed)).toBe('pass pass pass pass');
  expect(probed.usable).toBe(true);
});

test('a token for another service is refused with the code of the service', async () => {
  const probed = await probeAzurite({ token: () => testToken({ audience: 'https://management.azure.com' }) });
  expect(stageOf(probed, 'network').status).toBe('pass');
  expect(stageOf(probed, 'authorize')).toMatchObject({ status: 'fail', code: expect.stringMatching(/^[A-Z]\w+$/) });
});

test('an expired token is refused', async () => {
  const expiresAt = Math.floor(Date.now() / 1000) - 3600;
  const probed = await probeAzurite({ token: ({ audience }) => testToken({ audience, expiresAt }) });
  expect(stageOf(probed, 'authorize')).toMatchObject({ status: 'fail', code: expect.stringMatching(/^[A-Z]\w+$/) });
});

test('a token of another issuer is refused', async () => {
  const claims = { iss: 'https://issuer.example/' };
  const probed = await probeAzurite({ token: ({ audience }) => testToken({ audience, claims }) });
  expect(stageOf(probed, 'authorize').status).toBe('fail');
});

test('an account that is not there is told', async () => {
  opened = await openLinkedConnection({ dataPlane: { storage: `https://127.0.0.1:${port}/{account}` } });
  const probed = await opened.probe(linkedService('blob', `https://127.0.0.1:${port}/nobody`));
  expect(probed.usable).toBe(false);
  expect(stageOf(probed, 'authorize').status).toBe('fail');
});

test('a certificate that nobody trusts ends the probe before a token is sent', async () => {
  const other = await makeCertificate({ trusted: false });
  const https = await import('node:https');
  const seen: string[] = [];
  const impostor = https.createServer({ cert: other.cert, key: other.key }, (request, response) => {
    seen.push(request.url ?? '');
    response.end();
  });
  await new Promise<void>((resolve) => impostor.listen(0, '127.0.0.1', () => resolve()));
  try {
    const address = impostor.address();
    const origin = `https://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
    opened = await openLinkedConnection({ dataPlane: { storage: `${origin}/{account}` } });
    const probed = await opened.probe(linkedService('blob', `${origin}/devstoreaccount1`));
    expect(stageOf(probed, 'network')).toMatchObject({
      status: 'fail',
      code: 'DEPTH_ZERO_SELF_SIGNED_CERT',
      hint: expect.stringContaining('NODE_EXTRA_CA_CERTS'),
    });
    expect(seen).toEqual([]);
  } finally {
    impostor.close();
    await other.remove();
  }
});
