import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import type { SecretPrompt } from '../../../src/core/connections/secret-prompt.ts';
import { Secret } from '../../../src/core/secrets/secret.ts';
import { agentCall, testCall } from '../../support/call.ts';
import { certificateBytes, certificateText, passphrase } from '../../support/certificates/read.ts';
import { testReferences } from './secret-sources.ts';
import { identity, me, setUpService } from './service-support.ts';
import { failureOf, handClock, temporaryFolder } from './support.ts';

/** The certificates of the tests begin in December 2026. */
const clock = handClock(Date.parse('2026-12-10T00:00:00Z'));

/** A connection that waits for its certificate. */
async function pending(options: Parameters<typeof setUpService>[0] = {}) {
  const told: string[] = [];
  const lab = setUpService({ clock, ...options, onSecret: (secret) => told.push(secret.reveal()) });
  await lab.service.create({ name: 'prod', auth_type: 'certificate' }, me, testCall());
  return {
    ...lab,
    told,
    complete(text: string, word?: string) {
      const opening = word === undefined ? {} : { certificate_passphrase: new Secret(word) };
      const secrets = { certificate: new Secret(text) };
      return lab.service.complete('prod', { ...identity, ...opening, secrets }, me, testCall());
    },
  };
}

describe('complete_connection', () => {
  test.each([
    ['rsa-literal-line-breaks.txt', undefined],
    ['rsa-one-line.txt', undefined],
    ['rsa-encrypted.pem', passphrase],
    ['rsa-aes.pfx', passphrase],
    ['rsa-3des.pfx', passphrase],
    ['rsa-no-passphrase.pfx', undefined],
  ])('keeps %s as an opened PEM, without its passphrase', async (name, word) => {
    const { complete, vault, told } = await pending();
    const record = await complete(certificateText(name), word);
    expect(record).toMatchObject({ status: 'ready', secrets: [{ field: 'certificate' }] });
    expect(record.secrets[0]?.expiresAt).toMatch(/^2[01]\d\d-/);
    const [info] = record.secrets;
    const stored = await vault.get({ connectionId: record.id, field: 'certificate' }, info?.ref ?? '');
    expect(stored.reveal()).toMatch(/^-----BEGIN PRIVATE KEY-----\n/);
    expect(JSON.stringify(record)).not.toContain(passphrase);
    // Everything that was secret is hidden from answers and logs.
    expect(told).toContain(stored.reveal());
    if (word !== undefined) expect(told).toContain(word);
  });

  test('the same certificate in another form replaces nothing', async () => {
    const { complete } = await pending();
    const first = await complete(certificateText('rsa.pem'));
    const again = await complete(certificateText('rsa-one-line.txt'));
    expect(again.secrets[0]?.fingerprint).toBe(first.secrets[0]?.fingerprint);
    expect(again.previousSecrets).toEqual([]);
  });

  test.each([
    ['ec-p256.pem', /RSA keys only/],
    ['ed25519.pem', /RSA keys only/],
    ['rsa-pss.pem', /RSA keys only/],
    ['rsa-1024.pem', /at least 2048/],
    ['rsa-rc2.pfx', /RC2-40/],
    ['rsa-aes.pfx', /is protected with a passphrase/],
  ])('refuses %s, and stores nothing', async (name, message) => {
    const { complete, vault } = await pending();
    expect(await failureOf(complete(certificateText(name)))).toMatchObject({
      code: 'invalid_argument',
      message: expect.stringMatching(message),
    });
    expect(await vault.list()).toEqual([]);
  });

  test.each([
    ['2026-11-30T00:00:00Z', /^The certificate is not valid before 2026-12-01T/, /clock of this machine/],
    ['2130-01-01T00:00:00Z', /^The certificate has expired: it ended at 2126-/, /still valid/],
  ])('refuses at %s what is not valid at that time', async (at, message, hint) => {
    const { complete } = await pending({ clock: handClock(Date.parse(at)) });
    expect(await failureOf(complete(certificateText('rsa.pem')))).toMatchObject({
      code: 'invalid_argument',
      message: expect.stringMatching(message),
      hint: expect.stringMatching(hint),
    });
  });

  test('a passphrase alone is refused: none is kept', async () => {
    const { service } = await pending();
    const input = { ...identity, certificate_passphrase: new Secret('x'), secrets: {} };
    expect(await failureOf(service.complete('prod', input, me, testCall()))).toMatchObject({
      code: 'invalid_argument',
      hint: expect.stringContaining('Pass certificate as well'),
    });
  });

  test('a .pfx file and a passphrase in a file are read as they are', async () => {
    const home = temporaryFolder();
    const secrets = join(home, 'secrets');
    mkdirSync(secrets, { mode: 0o700 });
    writeFileSync(join(secrets, 'app.pfx'), certificateBytes('rsa-aes.pfx'), { mode: 0o600 });
    writeFileSync(join(secrets, 'word'), `${passphrase}\n`, { mode: 0o600 });
    const { service } = await pending({ references: testReferences(home) });
    const input = {
      ...identity,
      certificate_passphrase: { file: 'word' },
      secrets: { certificate: { file: 'app.pfx' } },
    };
    expect(await service.complete('prod', input, me, testCall())).toMatchObject({
      status: 'ready',
      secrets: [{ field: 'certificate', source: 'file' }],
    });
  });

  test('what a caller over HTTP may not name is refused before a person is asked for the passphrase', async () => {
    const ask = vi.fn<SecretPrompt['ask']>();
    const { service } = await pending({ prompt: { ask } });
    const call = agentCall('http');
    for (const certificate of [{ file: 'app.pfx' }, { env: 'TENANTRY_SECRET_PFX' }, new Secret('MII')]) {
      const input = { ...identity, certificate_passphrase: { prompt: true } as const, secrets: { certificate } };
      expect(await failureOf(service.complete('prod', input, me, call))).toMatchObject({ code: 'refused' });
    }
    expect(ask).not.toHaveBeenCalled();
  });

  test.each(['rsa.pem', 'rsa-aes.pfx'])('%s is no client secret', async (name) => {
    const { service } = setUpService();
    await service.create({ name: 'prod', auth_type: 'azure' }, me, testCall());
    const secrets = { client_secret: new Secret(certificateText(name)) };
    expect(await failureOf(service.complete('prod', { ...identity, secrets }, me, testCall()))).toMatchObject({
      code: 'invalid_argument',
      hint: expect.stringContaining('auth_type certificate'),
    });
  });
});

describe('a declared connection', () => {
  const declared = (certificate: Secret, certificate_passphrase?: Secret) => [
    {
      ...({ name: 'fixed', provider: 'azure', scopes: ['directory'], cloud: 'public', access: 'read_only' } as const),
      ...({ auth_type: 'certificate', scope_level: 'subscription', settings: {}, identity } as const),
      secrets: { certificate },
      ...(certificate_passphrase === undefined ? {} : { certificate_passphrase }),
    },
  ];

  test('opens its certificate whenever it is read', async () => {
    const material = new Secret(certificateText('rsa-3des.pfx'));
    const { service } = setUpService({ clock, declared: declared(material, new Secret(passphrase)) });
    expect(await service.get('fixed', me)).toMatchObject({ status: 'ready', checks: [] });
  });

  test.each([
    [
      'rsa-3des.pfx',
      undefined,
      /is protected with a passphrase/,
      /in tenantry\.yaml: certificate_passphrase: \{ env: NAME \}/,
    ],
    [
      'rsa-3des.pfx',
      'wrong',
      /does not open/,
      /Correct the certificate_passphrase of the connection in tenantry\.yaml/,
    ],
    ['ec-p256.pem', undefined, /RSA keys only/, /openssl req/],
  ])('says why %s with %j does not open, and what to change', async (name, word, message, hint) => {
    const given = word === undefined ? undefined : new Secret(word);
    const { service } = setUpService({ clock, declared: declared(new Secret(certificateText(name)), given) });
    expect(await service.get('fixed', me)).toMatchObject({
      status: 'pending',
      checks: [
        {
          check: 'declaration',
          status: 'fail',
          detail: expect.stringMatching(message),
          hint: expect.stringMatching(hint),
        },
      ],
    });
  });
});
