import { mkdtempSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ConfiguredSecret } from '../../../src/core/named-secrets/named-secrets.ts';
import { testPem } from '../../core/connections/test-pem.ts';
import { certificateBytes, passphrase } from '../../support/certificates/read.ts';
import { nobody, useCreation, webApp } from './creation-tools.ts';

const folder = mkdtempSync(join(tmpdir(), 'tenantry-secrets-'));
const named = (name: string): [string, ConfiguredSecret] => [
  name,
  { source: { file: join(folder, name) }, use: ['export'], to: [{ holder: 'contoso/Payments' }], cloud: 'sandbox' },
];
const { create, devops, listed, sent } = useCreation({
  // The certificates of the tests begin in December 2026.
  now: '2026-12-10T10:00:00Z',
  secrets: { named: Object.fromEntries(['key', 'pem', 'pfx', 'word', 'curve', 'profile'].map(named)) },
});

const byName = (secret: string) => ({ secret });
const marked = 'marked-7Q~key-that-opens-nothing-at-all-anywhere';
const profile = '<publishData><publishProfile profileName="shop" userPWD="marked-password-of-nobody" /></publishData>';
beforeAll(async () => {
  await writeFile(join(folder, 'key'), marked);
  await writeFile(join(folder, 'pem'), testPem());
  await writeFile(join(folder, 'pfx'), certificateBytes('rsa-3des.pfx'));
  await writeFile(join(folder, 'word'), passphrase);
  await writeFile(join(folder, 'curve'), certificateBytes('ec-p256.pem'));
  await writeFile(join(folder, 'profile'), profile);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('secrets', () => {
  const secretsOf = (text: string) =>
    [marked, 'marked-password', 'PRIVATE KEY-----'].filter((one) => text.includes(one));

  test.each([
    ['a key', { scheme: 'ServicePrincipal', client_id: nobody, client_secret: 'key' }],
    ['a certificate', { scheme: 'ServicePrincipal', client_id: nobody, certificate: 'pem' }],
    ['a publish profile', { scheme: 'PublishProfile', web_app_id: webApp, publish_profile: 'profile' }],
  ])('%s reaches the service, and no answer', async (_, input) => {
    const { client_secret, certificate, publish_profile, ...rest } = input as Record<string, string>;
    const secrets = Object.fromEntries(
      Object.entries({ client_secret, certificate, publish_profile }).flatMap(([name, value]) =>
        value === undefined ? [] : [[name, byName(value)]],
      ),
    );
    const answer = await create({ ...rest, ...secrets });
    expect(await listed()).toHaveLength(1);
    expect(secretsOf(answer.text)).toEqual([]);
    expect(secretsOf(JSON.stringify(devops.tools.seen()))).toEqual([]);
  });

  const certificate = { scheme: 'ServicePrincipal', client_id: nobody };

  test('a PFX is opened with its passphrase, and Azure DevOps gets the PEM that it can read', async () => {
    const answer = await create({
      ...certificate,
      certificate: byName('pfx'),
      certificate_passphrase: byName('word'),
    });
    expect(await listed()).toHaveLength(1);
    // The app has no such certificate; that it was read is what counts.
    expect(answer.response.data.verification).toMatchObject({ ok: false });
    expect(answer.text).not.toContain('cannot be read');
    expect(answer.text).not.toContain(passphrase);
    expect(secretsOf(answer.text)).toEqual([]);
  });

  test.each([
    ['without its passphrase', { certificate: byName('pfx') }, 'certificate_passphrase'],
    ['with a key of an elliptic curve', { certificate: byName('curve') }, 'RSA keys only'],
    [
      'instead of which there is a key',
      { client_secret: byName('key'), certificate_passphrase: byName('word') },
      'no certificate',
    ],
  ])('a certificate %s is refused before anything is sent', async (_, given, words) => {
    const { isError, text } = await create({ ...certificate, ...given });
    expect(isError).toBe(true);
    expect(text).toContain(words);
    expect(sent('POST', 'endpoints')).toHaveLength(0);
  });

  test('a wrong key is made, and its test says what is wrong', async () => {
    const { response, meta } = await create({
      scheme: 'ServicePrincipal',
      client_id: nobody,
      client_secret: byName('key'),
    });
    expect(response).toMatchObject({ success: false, data: { verification: { ok: false } } });
    expect(response.data.verification.message).toContain('AADSTS7000215');
    expect(meta.notes.join(' ')).toContain('delete_service_connection');
    expect(sent('POST', 'endpointproxy')).toHaveLength(1);
  });

  test('a refusal of the service repeats none', async () => {
    devops.tools.sandbox.fault({
      match: 'POST *endpoints*',
      service: 'devops',
      status: 400,
      body: { typeKey: 'ServiceEndpointException', message: `No: serviceprincipalkey=${marked}` },
    });
    const answer = await create({ scheme: 'ServicePrincipal', client_id: nobody, client_secret: byName('key') });
    expect(answer.isError).toBe(true);
    expect(secretsOf(answer.text)).toEqual([]);
  });

  test('a literal is taken, with a note to rotate it', async () => {
    const { meta, text } = await create({ scheme: 'ServicePrincipal', client_id: nobody, client_secret: marked });
    expect(meta.notes.join(' ')).toContain('client_secret passed through the model');
    expect(secretsOf(text)).toEqual([]);
  });
});

test("an agent's identity needs no secret and gets no test", async () => {
  const { response } = await create({ scheme: 'ManagedServiceIdentity' });
  expect(response).toMatchObject({ success: true, data: { scheme: 'ManagedServiceIdentity', is_ready: true } });
  expect(response.data).not.toHaveProperty('verification');
});

test('a connection with a secret whose test fails is granted by hand once it works: a second call would be a conflict', async () => {
  const key = {
    scheme: 'ServicePrincipal',
    client_id: nobody,
    client_secret: byName('key'),
    grant_all_pipelines: true,
  };
  const { response, meta } = await create(key);
  expect(response.data.all_pipelines).toBe(false);
  expect(meta.notes.join(' ')).toContain('Service connections > `azure-new` > Security');
});
