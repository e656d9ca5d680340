import { execFileSync } from 'node:child_process';
import { createPrivateKey } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Integer, Null, ObjectIdentifier, OctetString, Sequence } from 'asn1js';
import { describe, expect, test } from 'vitest';
import { openCertificate } from '../../../../src/core/auth/certificates/open-certificate.ts';
import { Secret } from '../../../../src/core/secrets/secret.ts';
import { certificateBytes, certificateText, passphrase } from '../../../support/certificates/read.ts';
import { failureOf, temporaryFolder } from '../../connections/support.ts';

function open(text: string, word?: string): Promise<string> {
  const given = word === undefined ? undefined : new Secret(word);
  return openCertificate(new Secret(text), given).then((secret) => secret.reveal());
}

const rsa = certificateText('rsa.pem');
const certificate = rsa.slice(rsa.indexOf('-----BEGIN CERTIFICATE-----'));

const oid = (value: string) => new ObjectIdentifier({ value });
const sequence = (...value: Sequence['valueBlock']['value']) => new Sequence({ value });
const salt = new OctetString({ valueHex: Buffer.from('saltsalt') });
const aes = sequence(oid('2.16.840.1.101.3.4.1.42'), new OctetString({ valueHex: Buffer.alloc(16) }));
const derivedBy = (name: string, ...numbers: number[]) =>
  sequence(
    oid('1.2.840.113549.1.5.13'),
    sequence(sequence(oid(name), sequence(salt, ...numbers.map((value) => new Integer({ value })))), aes),
  );

/** A key, encrypted as the algorithm says, with its certificate. */
function encryptedKey(algorithm: Sequence): string {
  const key = sequence(algorithm, new OctetString({ valueHex: Buffer.alloc(64) }));
  const base64 = Buffer.from(key.toBER()).toString('base64');
  return `-----BEGIN ENCRYPTED PRIVATE KEY-----\n${base64}\n-----END ENCRYPTED PRIVATE KEY-----\n${certificate}`;
}

test.each([
  ['PBKDF2', derivedBy('1.2.840.113549.1.5.12', 5_000_000)],
  ['scrypt', derivedBy('1.3.6.1.4.1.11591.4.11', 16_384, 8, 64)],
  ['PKCS#12', sequence(oid('1.2.840.113549.1.12.1.3'), sequence(salt, new Integer({ value: 5_000_000 })))],
])('a key that asks for endless work by %s is refused before it is done', async (_name, algorithm) => {
  expect(await failureOf(open(encryptedKey(algorithm), passphrase))).toMatchObject({
    code: 'invalid_argument',
    message: 'The private key asks for too many rounds to derive its own key.',
    detail: { field: 'certificate' },
  });
});

test.each([['scrypt'], ['v2']])('a key that OpenSSL encrypted with -%s opens', async (option) => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'app.pem'), rsa);
  const options = option === 'v2' ? ['-v2', 'aes-256-cbc'] : ['-scrypt'];
  const key = execFileSync('openssl', ['pkcs8', '-topk8', '-in', 'app.pem', ...options, '-passout', 'pass:pw'], {
    cwd: folder,
    encoding: 'utf8',
  });
  expect(createPrivateKey(await open(key + certificate, 'pw')).asymmetricKeyType).toBe('rsa');
});

describe('an encryption that anybody can break is named', () => {
  const traditional = certificateText('rsa-encrypted-traditional.pem');
  const weak = [
    ['DES-CBC', traditional.replace(/DEK-Info: .*/, 'DEK-Info: DES-CBC,0123456789ABCDEF')],
    ['RC2-40', encryptedKey(sequence(oid('1.2.840.113549.1.12.1.6'), sequence(salt, new Integer({ value: 2048 }))))],
    ['DES', encryptedKey(sequence(oid('1.2.840.113549.1.5.3'), sequence(salt, new Integer({ value: 2048 }))))],
  ] as const;

  test.each(weak)('%s', async (name, text) => {
    for (const word of [undefined, passphrase]) {
      expect(await failureOf(open(text, word))).toMatchObject({
        code: 'invalid_argument',
        message: `The private key is encrypted with ${name}, which anybody can break.`,
        detail: { field: 'certificate' },
      });
    }
  });

  test('the command of its hint converts it', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'plain.pem'), rsa);
    const legacy = ['-provider', 'legacy', '-provider', 'default'];
    const key = execFileSync(
      'openssl',
      ['rsa', '-in', 'plain.pem', '-traditional', '-des', '-passout', 'pass:pw', ...legacy],
      { cwd: folder, encoding: 'utf8', stdio: 'pipe' },
    );
    writeFileSync(join(folder, 'old.pem'), key + certificate);
    const { hint = '' } = await failureOf(open(key + certificate, 'pw'));
    const [command = ''] = /\(openssl .*/.exec(hint) ?? [];
    const unattended = command.replace('openssl pkey', 'openssl pkey -passin pass:pw');
    execFileSync('sh', ['-c', unattended], { cwd: folder, stdio: 'ignore' });
    expect(await open(readFileSync(join(folder, 'app.pem'), 'utf8'))).toContain('-----BEGIN PRIVATE KEY-----');
  });
});

test.each([
  ['AES', 'rsa-encrypted-traditional.pem', (text: string) => text],
  ['without line breaks', 'rsa-encrypted-traditional.pem', (text: string) => text.replaceAll('\n', '')],
])('an encrypted key in the older form opens: %s', async (_name, file, form) => {
  expect(await open(form(certificateText(file)), passphrase)).toContain('-----BEGIN PRIVATE KEY-----');
});

test('a store of which only the whole is protected does not claim that its key is encrypted', async () => {
  const failure = await failureOf(open(certificateBytes('rsa-aes.pfx').toString('base64')));
  expect(failure).toMatchObject({
    message: 'The PKCS#12 store is protected with a passphrase.',
    detail: { field: 'certificate_passphrase' },
  });
});

test('an encrypted key in binary form is not called damaged', async () => {
  const der = createPrivateKey(rsa).export({ type: 'pkcs8', format: 'der', cipher: 'aes-256-cbc', passphrase: 'pw' });
  const old = createPrivateKey(rsa).export({ type: 'pkcs1', format: 'der' });
  const other = Buffer.from(sequence(oid('1.2.840.113549.1.7.2'), new Null()).toBER());
  const long = Buffer.concat([Buffer.from([0x30, 0x81, other.length - 2]), other.subarray(2)]);
  for (const [bytes, message] of [
    [der, /^The certificate holds no private key that can be read/],
    [old, /no certificate/],
    [long, /^The certificate holds no private key that can be read/],
  ] as const) {
    const failure = await failureOf(open(bytes.toString('base64'), 'pw'));
    expect(failure.message).toMatch(message);
    expect(failure.detail).toEqual({ field: 'certificate' });
  }
});
