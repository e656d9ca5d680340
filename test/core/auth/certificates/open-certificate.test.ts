import { createPrivateKey, X509Certificate } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { openCertificate } from '../../../../src/core/auth/certificates/open-certificate.ts';
import { Secret } from '../../../../src/core/secrets/secret.ts';
import { certificateBytes, certificateText, passphrase } from '../../../support/certificates/read.ts';
import { failureOf } from '../../connections/support.ts';

const plain = new X509Certificate(certificateText('rsa.pem'));

function open(text: string, word?: string): Promise<string> {
  const given = word === undefined ? undefined : new Secret(word);
  return openCertificate(new Secret(text), given).then((secret) => secret.reveal());
}

/** Names of the certificates of a PEM, in their order. */
function namesOf(pem: string): string[] {
  return [...pem.matchAll(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g)].map(
    ([one]) => new X509Certificate(one).subject,
  );
}

const leaf = 'CN=tenantry test app';
const chain = [leaf, 'CN=tenantry test issuer', 'CN=tenantry test root'];

describe('what is accepted becomes a PEM with the key, its certificate and the issuers upwards', () => {
  test.each([
    ['rsa.pem', undefined, [leaf]],
    ['rsa-literal-line-breaks.txt', undefined, [leaf]],
    ['rsa-one-line.txt', undefined, [leaf]],
    ['rsa-named-encrypted.pem', undefined, [leaf]],
    ['rsa-chain-root-first.pem', undefined, chain],
    ['rsa-encrypted.pem', passphrase, [leaf]],
    ['rsa-encrypted-traditional.pem', passphrase, [leaf]],
    ['rsa-aes.pfx', passphrase, chain],
    ['rsa-3des.pfx', passphrase, chain],
    ['rsa-no-passphrase.pfx', undefined, chain],
    ['rsa-no-passphrase.pfx', '', chain],
    // A passphrase that is not needed does no harm.
    ['rsa.pem', 'not needed', [leaf]],
  ])('%s with %j', async (name, word, names) => {
    const pem = await open(certificateText(name), word);
    expect(pem).toMatch(/^-----BEGIN PRIVATE KEY-----\n/);
    expect(namesOf(pem)).toEqual(names);
    expect(new X509Certificate(pem.slice(pem.indexOf('-----BEGIN CERT'))).checkPrivateKey(createPrivateKey(pem))).toBe(
      true,
    );
    expect(plain.checkPrivateKey(createPrivateKey(pem))).toBe(true);
  });

  test('whatever form a file has, the same key and certificate become the same text', async () => {
    const forms = ['rsa.pem', 'rsa-literal-line-breaks.txt', 'rsa-one-line.txt', 'rsa-named-encrypted.pem'];
    const texts = await Promise.all(forms.map((name) => open(certificateText(name))));
    const [first = ''] = texts;
    expect(new Set([...texts, await open(first)]).size).toBe(1);
  });

  test.each([
    ['Windows line breaks', (pem: string) => pem.replaceAll('\n', '\r\n')],
    ['line breaks that were written as \\r\\n', (pem: string) => pem.replaceAll('\n', '\\r\\n')],
    ['no line breaks at all', (pem: string) => pem.replaceAll('\n', '')],
    ['a PEM in base64, as pipelines hold it', (pem: string) => Buffer.from(pem).toString('base64')],
    ['an encrypted key in one line', () => certificateText('rsa-encrypted-traditional.pem').replaceAll('\n', ' ')],
  ])('%s', async (_name, form) => {
    expect(namesOf(await open(form(certificateText('rsa.pem')), passphrase))).toEqual([leaf]);
  });

  test('a PFX that certutil of Windows encoded, which calls it a certificate', async () => {
    const base64 = certificateBytes('rsa-3des.pfx').toString('base64').replace(/.{64}/g, '$&\r\n');
    const text = `-----BEGIN CERTIFICATE-----\r\n${base64}\r\n-----END CERTIFICATE-----\r\n`;
    expect(namesOf(await open(text, passphrase))).toEqual(chain);
  });

  test('a PFX in base64 may have line breaks, and the alphabet of addresses', async () => {
    const bytes = certificateBytes('rsa-aes.pfx');
    const wrapped = bytes.toString('base64').replace(/.{76}/g, '$&\r\n');
    for (const text of [wrapped, bytes.toString('base64url')]) {
      expect(namesOf(await open(text, passphrase))).toEqual(chain);
    }
  });
});

describe('a key that Microsoft Entra does not accept is refused, with the kind of the key', () => {
  test.each([
    ['ec-p256.pem', undefined, /elliptic curve key \(prime256v1\)/],
    ['ec-p256.pfx', passphrase, /elliptic curve key \(prime256v1\)/],
    ['ed25519.pem', undefined, /key of the type ed25519/],
    ['rsa-pss.pem', undefined, /RSA-PSS key/],
    ['rsa-1024.pem', undefined, /RSA key of 1024 bits/],
  ])('%s', async (name, word, message) => {
    const failure = await failureOf(open(certificateText(name), word));
    expect(failure).toMatchObject({
      code: 'invalid_argument',
      message: expect.stringMatching(message),
      hint: expect.stringContaining('openssl req -x509 -newkey rsa:2048'),
      detail: { field: 'certificate' },
    });
    expect(failure.message).toContain(name === 'rsa-1024.pem' ? 'at least 2048' : 'RSA keys only');
  });
});

describe('what is encrypted says so, and only that', () => {
  const encrypted = [
    'rsa-encrypted.pem',
    'rsa-encrypted-traditional.pem',
    'rsa-aes.pfx',
    'rsa-3des.pfx',
    'ec-p256.pfx',
  ];

  test.each(encrypted)('%s needs its passphrase', async (name) => {
    expect(await failureOf(open(certificateText(name)))).toMatchObject({
      code: 'invalid_argument',
      message: expect.stringMatching(name.endsWith('.pfx') ? /store is protected/ : /key .*is encrypted/),
      hint: expect.stringContaining('certificate_passphrase'),
      detail: { field: 'certificate_passphrase' },
    });
  });

  test.each(encrypted)('%s does not open with another passphrase', async (name) => {
    const failure = await failureOf(open(certificateText(name), 'wrong-MARK'));
    expect(failure).toMatchObject({
      code: 'invalid_argument',
      message: expect.stringMatching(/passphrase.*does not/),
      detail: { field: 'certificate_passphrase' },
    });
    expect(JSON.stringify([failure.message, failure.hint])).not.toContain('MARK');
  });

  test('an encryption that anybody can break is refused by its name, with or without the passphrase', async () => {
    for (const word of [undefined, passphrase]) {
      expect(await failureOf(open(certificateText('rsa-rc2.pfx'), word))).toMatchObject({
        code: 'invalid_argument',
        message: expect.stringContaining('RC2-40'),
        hint: expect.stringMatching(/openssl pkcs12 -legacy -in app\.pfx/),
        detail: { field: 'certificate' },
      });
    }
  });
});

describe('what is no certificate with its key says what it is', () => {
  const rsa = certificateText('rsa.pem');
  const keyOf = (pem: string) => pem.slice(0, pem.indexOf('-----BEGIN CERTIFICATE-----'));
  const certificateOf = (pem: string) => pem.slice(pem.indexOf('-----BEGIN CERTIFICATE-----'));
  const der = (pem: string) => new X509Certificate(certificateOf(pem)).raw.toString('base64');

  test.each([
    ['a certificate alone', certificateOf(rsa), /no private key/],
    ['a certificate in DER', der(rsa), /no private key/],
    ['a key alone', keyOf(rsa), /no certificate/],
    [
      'a key in DER',
      createPrivateKey(rsa).export({ type: 'pkcs8', format: 'der' }).toString('base64'),
      /no certificate/,
    ],
    ['the key of another certificate', keyOf(rsa) + certificateOf(certificateText('rsa-1024.pem')), /belongs to/],
    ['a key that was cut off', `${rsa.slice(0, 400)}`, /cut off/],
    ['a damaged certificate', keyOf(rsa) + certificateOf(rsa).replace(/MII/, 'MIJ'), /damaged/],
    [
      'a key of SSH',
      `-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n${certificateOf(rsa)}`,
      /SSH/,
    ],
    ['a store that was cut off', certificateText('rsa-aes.pfx').slice(0, 1200), /damaged/],
    [
      'a certificate with another kind of key',
      keyOf(rsa) + certificateOf(certificateText('ec-p256.pem')),
      /belongs to/,
    ],
    ['something endless', 'MII'.repeat(30_000), /longer than 64 KiB/],
    ['marks without end', '-----BEGIN A-----\n'.repeat(1_800) + '-----END B-----\n'.repeat(1_800), /no private key/],
    ['a word', 'Passw0rd', /neither PEM nor PKCS#12/],
    [
      'a text in base64',
      Buffer.from('a text that is no certificate at all').toString('base64'),
      /neither PEM nor PKCS#12/,
    ],
  ])('%s', async (_name, text, message) => {
    const failure = await failureOf(open(text, passphrase));
    expect(failure).toMatchObject({ code: 'invalid_argument', message: expect.stringMatching(message) });
    expect(failure.hint).toBeTruthy();
    expect(failure.detail).toEqual({ field: 'certificate' });
  });

  test('a store that asks for endless work is refused before it is done', async () => {
    const bytes = certificateBytes('rsa-3des.pfx');
    // The store ends with its checksum: a digest, a salt, and the number of rounds, here 2000 (07d0).
    const checksum = bytes.lastIndexOf('30313021', undefined, 'hex');
    const more = Buffer.concat([bytes.subarray(0, -4), Buffer.from('02047fffffff', 'hex')]);
    more.writeUInt8(bytes.readUInt8(checksum + 1) + 2, checksum + 1);
    more.writeUInt16BE(bytes.readUInt16BE(2) + 2, 2);
    const failure = await failureOf(open(more.toString('base64'), passphrase));
    expect(failure.message).toMatch(/rounds/);
  });
});
