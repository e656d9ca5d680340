import { createPrivateKey, X509Certificate } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { Secret } from '../../../../src/core/secrets/secret.ts';
import { checkRequest } from '../../../../src/core/service-connections/create/check-request.ts';
import { openCredential } from '../../../../src/core/service-connections/create/open-credential.ts';
import { certificateText, passphrase } from '../../../support/certificates/read.ts';
import { failureOf } from '../../connections/support.ts';
import { testPem } from '../../connections/test-pem.ts';
import { ids, publicCloud, request } from './requests.ts';

function open(text: string, word?: string, at?: string) {
  const credential = {
    kind: 'certificate' as const,
    clientId: ids.client,
    certificate: new Secret(text),
    ...(word === undefined ? {} : { passphrase: new Secret(word) }),
  };
  const plan = checkRequest(request({ scheme: 'ServicePrincipal', credential }), publicCloud);
  return openCredential(plan, at === undefined ? publicCloud : { clock: { now: () => Date.parse(at) } });
}

describe('the certificate of a service connection', () => {
  test.each([
    ['rsa.pem', undefined],
    ['rsa-literal-line-breaks.txt', undefined],
    ['rsa-chain-root-first.pem', undefined],
    ['rsa-encrypted.pem', passphrase],
    ['rsa-aes.pfx', passphrase],
    ['rsa-3des.pfx', passphrase],
  ])('%s goes out as the PEM that Azure DevOps takes: key first, then its certificate', async (name, word) => {
    const { credential } = await open(certificateText(name), word);
    if (credential.kind !== 'certificate') throw new Error('It stays a certificate.');
    const pem = credential.certificate.reveal();
    expect(pem).toMatch(/^-----BEGIN PRIVATE KEY-----/);
    const certificate = new X509Certificate(pem.slice(pem.indexOf('-----BEGIN CERTIFICATE-----')));
    expect(certificate.checkPrivateKey(createPrivateKey(pem))).toBe(true);
    expect(credential).not.toHaveProperty('passphrase');
  });

  test.each([
    ['ec-p256.pem', /RSA keys only/],
    ['ed25519.pem', /RSA keys only/],
    ['rsa-pss.pem', /RSA keys only/],
    ['rsa-1024.pem', /at least 2048/],
    ['rsa-encrypted.pem', /is encrypted/],
    ['rsa-rc2.pfx', /RC2-40/],
  ])('%s is refused before anything is sent', async (name, message) => {
    expect(await failureOf(open(certificateText(name)))).toMatchObject({
      code: 'invalid_argument',
      message: expect.stringMatching(message),
    });
  });

  test('one without its key, a broken one, an expired one', async () => {
    const pem = testPem();
    const onlyCertificate = pem.slice(pem.indexOf('-----BEGIN CERTIFICATE-----'));
    expect((await failureOf(open(onlyCertificate))).message).toContain('no private key');
    expect((await failureOf(open(pem.replace(/MII/, 'MIJ')))).message).toMatch(/damaged|belongs/);
    expect((await failureOf(open(pem, undefined, '2040-01-01T00:00:00Z'))).message).toContain('expired');
  });

  test('other credentials stay as they are', async () => {
    const plan = checkRequest(request({}), publicCloud);
    expect(await openCredential(plan, publicCloud)).toBe(plan);
  });
});
