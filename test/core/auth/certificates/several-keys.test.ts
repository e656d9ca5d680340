import { execFileSync } from 'node:child_process';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openCertificate } from '../../../../src/core/auth/certificates/open-certificate.ts';
import { Secret } from '../../../../src/core/secrets/secret.ts';
import { certificateText } from '../../../support/certificates/read.ts';
import { failureOf, temporaryFolder } from '../../connections/support.ts';

const open = (text: string) => openCertificate(new Secret(text)).then((secret) => secret.reveal());
const rsa = certificateText('rsa.pem');
const certificateOf = (pem: string) => pem.slice(pem.indexOf('-----BEGIN CERTIFICATE-----'));
const keyOf = (pem: string) => pem.slice(0, pem.indexOf('-----BEGIN CERTIFICATE-----'));

test.each(['ec-p256.pem', 'rsa-1024.pem'])('%s beside a key that is accepted does no harm', async (other) => {
  for (const text of [
    certificateText(other) + rsa,
    keyOf(certificateText(other)) + rsa,
    rsa + certificateText(other),
  ]) {
    const pem = await open(text);
    expect(new X509Certificate(certificateOf(pem)).subject).toBe('CN=tenantry test app');
    expect(createPrivateKey(pem).asymmetricKeyDetails?.modulusLength).toBe(2048);
  }
});

test('a key without its certificate does not hide that the one with it is not accepted', async () => {
  const failure = await failureOf(open(keyOf(rsa) + certificateText('ec-p256.pem')));
  expect(failure.message).toMatch(/elliptic curve/);
});

test('of two certificates of one key, as a renewal leaves them, the one that lasts longer is taken', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'app.pem'), rsa);
  const lasting = (days: number) =>
    execFileSync('openssl', ['req', '-x509', '-key', 'app.pem', '-days', `${days}`, '-subj', `/CN=${days} days`], {
      cwd: folder,
      encoding: 'utf8',
    });
  const [old, renewed] = [lasting(1), lasting(400)];
  for (const certificates of [old + renewed, renewed + old]) {
    const pem = await open(keyOf(rsa) + certificates);
    expect(new X509Certificate(certificateOf(pem)).subject).toBe('CN=400 days');
  }
});
