import { createDefaultHttpClient, type HttpClient } from '@azure/core-rest-pipeline';
import { expect, onTestFinished, test } from 'vitest';
import { createTokenSource } from '../../../src/core/auth/create-token-source.ts';
import { createTokenCache } from '../../../src/core/auth/token-cache.ts';
import { readClaims } from '../../../src/core/auth/token-claims.ts';
import { type Cloud, tokenAudience } from '../../../src/core/base/clouds.ts';
import { Secret } from '../../../src/core/secrets/secret.ts';
import { createSandbox } from '../../../src/sandbox/create-sandbox.ts';
import type { SandboxCredentials } from '../../../src/sandbox/sandbox.ts';
import { seededCredentials } from '../../../src/sandbox/seed/sandbox-credentials.ts';
import { createSeedIds } from '../../../src/sandbox/seed/seed-ids.ts';
import { testCertificate } from '../../sandbox/support/test-certificate.ts';
import { failureOf, testRecord } from '../connections/support.ts';

function openSandbox() {
  const sandbox = createSandbox({ users: 5 });
  onTestFinished(() => sandbox.close());
  return sandbox;
}

function sourceFor(
  { clock }: ReturnType<typeof createSandbox>,
  cloud: Cloud,
  httpClient: HttpClient,
  { tenantId, clientId, clientSecret }: SandboxCredentials,
  pem?: string,
) {
  const field = pem === undefined ? 'client_secret' : 'certificate';
  return createTokenSource({
    record: testRecord({
      cloud: cloud.name,
      auth_type: pem === undefined ? 'azure' : 'certificate',
      identity: { tenant_id: tenantId, client_id: clientId },
      secrets: [{ field, ref: 'r', fingerprint: 'f', storedAt: '', source: 'env' }],
    }),
    cloud,
    readSecret: async () => new Secret(pem ?? clientSecret),
    httpClient: async () => httpClient,
    cache: createTokenCache({ clock }),
    clock,
    environment: () => undefined,
  });
}

test('tokens of the sandbox are for their audience, and age by the sandbox’s clock', async () => {
  const sandbox = openSandbox();
  const { cloud, credentials } = sandbox;
  const source = sourceFor(sandbox, cloud, sandbox.httpClient, credentials);
  for (const service of ['graph', 'resource_manager'] as const) {
    const { token } = await source.getToken({ audience: tokenAudience(cloud, service) });
    expect(readClaims(token)).toMatchObject({ tenantId: credentials.tenantId, clientId: credentials.clientId });
  }
  const first = await source.getToken({ audience: cloud.graph });
  expect((await source.getToken({ audience: cloud.graph })).token).toBe(first.token);
  sandbox.advance(2 * 3600);
  const second = await source.getToken({ audience: cloud.graph });
  expect(second.token).not.toBe(first.token);
  expect(second.expiresAt).toBeGreaterThan(sandbox.clock.now() + 3_000_000);
});

test('a sandbox on a port is reached over plain http on loopback', async () => {
  const sandbox = openSandbox();
  const { cloud } = await sandbox.listen(0);
  const source = sourceFor(sandbox, cloud, createDefaultHttpClient(), sandbox.credentials);
  const { token } = await source.getToken({ audience: tokenAudience(cloud, 'graph') });
  expect(readClaims(token)?.clientId).toBe(sandbox.credentials.clientId);
});

/** A certificate of the sandbox app: the directory holds it, and the PEM has its key. */
function registeredCertificate(sandbox: ReturnType<typeof createSandbox>): string {
  const { certificate, privateKey } = testCertificate();
  const text = (type: string, der: Buffer) =>
    `-----BEGIN ${type}-----\n${der.toString('base64').replace(/.{64}/g, '$&\n')}\n-----END ${type}-----\n`;
  sandbox.placeObject('graph', 'application', {
    id: createSeedIds(1).idOf('application', 0),
    keyCredentials: [{ type: 'AsymmetricX509Cert', usage: 'Verify', key: certificate.toString('base64') }],
  });
  return `${privateKey.export({ type: 'pkcs8', format: 'pem' })}${text('CERTIFICATE', certificate)}`;
}

test('a certificate signs in at a sandbox on a port, whose address the library shows as https', async () => {
  const sandbox = openSandbox();
  const { cloud } = await sandbox.listen(0);
  const source = sourceFor(
    sandbox,
    cloud,
    createDefaultHttpClient(),
    sandbox.credentials,
    registeredCertificate(sandbox),
  );
  const { token } = await source.getToken({ audience: tokenAudience(cloud, 'graph') });
  expect(readClaims(token)?.clientId).toBe(sandbox.credentials.clientId);
});

test('an assertion that was signed for another sandbox is refused on a port', async () => {
  const sandbox = openSandbox();
  const pem = registeredCertificate(sandbox);
  const [here, elsewhere] = [await sandbox.listen(0), await sandbox.listen(0)];
  // What is sent to the one address was signed for the other.
  const plain = createDefaultHttpClient();
  const detour: HttpClient = {
    sendRequest(request) {
      if (request.method === 'POST') request.url = request.url.replace(here.url, elsewhere.url);
      return plain.sendRequest(request);
    },
  };
  const source = sourceFor(sandbox, here.cloud, detour, sandbox.credentials, pem);
  expect(await failureOf(source.getToken({ audience: here.cloud.graph }))).toMatchObject({
    upstream: { code: 'AADSTS700023' },
  });
});

test.each([
  ['expired', 'AADSTS7000222', 'Rotate it: create a new client secret'],
  ['disabled', 'AADSTS7000112', 'Enable'],
] as const)('the %s app is refused with %s', async (app, code, hint) => {
  const sandbox = openSandbox();
  const source = sourceFor(sandbox, sandbox.cloud, sandbox.httpClient, seededCredentials(app));
  expect(await failureOf(source.getToken({ audience: sandbox.cloud.graph }))).toMatchObject({
    code: 'unauthenticated',
    hint: expect.stringContaining(hint),
    upstream: { code },
  });
});
