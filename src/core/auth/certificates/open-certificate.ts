import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import type { AppError } from '../../base/errors.ts';
import { Secret } from '../../secrets/secret.ts';
import { bytesOfBase64, kindOfDer, pemOf } from './certificate-bytes.ts';
import {
  certificateError,
  damaged,
  joinFiles,
  keyNeedsPassphrase,
  newCertificate,
  weakKeyEncryption,
  wrongPassphrase,
} from './certificate-error.ts';
import { isCutOff, type PemBlock, readPem } from './pem.ts';

interface KeysAndCertificates {
  readonly keys: readonly KeyObject[];
  readonly certificates: readonly X509Certificate[];
}

/**
 * Opens what a person has as the certificate of an app: PEM, also with its line breaks lost or in base64, or a PKCS#12 store
 * in base64. The result is a PEM with the key (PKCS#8, not encrypted), its certificate, and the issuers upwards, whatever
 * their order was. Throws `invalid_argument`, without repeating any of it, for what is damaged, encrypted otherwise, or has
 * a key that Microsoft Entra does not accept: it takes RSA of 2048 bits and more.
 * https://learn.microsoft.com/entra/identity-platform/certificate-credentials
 */
export async function openCertificate(secret: Secret, passphrase?: Secret): Promise<Secret> {
  const { keys, certificates } = await read(secret.reveal(), passphrase?.reveal());
  if (keys.length === 0) {
    throw certificateError(
      'There is no private key with the certificate.',
      `Put both into one file (${joinFiles}), or export the certificate with its key as a .pfx file.`,
    );
  }
  const pairs = keys.flatMap((key) => {
    const own = certificateOf(key, certificates);
    return own === undefined ? [] : [{ key, own }];
  });
  const usable = pairs.find(({ key }) => isAccepted(key));
  if (usable !== undefined) return new Secret(write(usable.key, chainOf(usable.own, certificates)));
  const refused = [...pairs.map(({ key }) => key), ...keys].find((key) => !isAccepted(key));
  if (refused !== undefined) throw notAccepted(refused);
  if (certificates.length === 0) {
    throw certificateError('There is no certificate with the private key.', `Put both into one file: ${joinFiles}`);
  }
  throw certificateError(
    'No certificate in it belongs to the private key.',
    `Supply the key together with the certificate that was made for it: ${joinFiles}`,
  );
}

/** The certificate of a key; of several, as a renewal with the same key leaves them, the one that lasts longest. */
function certificateOf(key: KeyObject, certificates: readonly X509Certificate[]): X509Certificate | undefined {
  return certificates
    .filter((one) => one.checkPrivateKey(key))
    .toSorted((one, other) => Date.parse(other.validTo) - Date.parse(one.validTo))[0];
}

/** Certificates with a chain stay far below. */
const mostCharacters = 64 * 1024;

function read(text: string, passphrase: string | undefined): Promise<KeysAndCertificates> | KeysAndCertificates {
  if (text.length > mostCharacters) {
    throw certificateError(
      'The certificate is longer than 64 KiB.',
      'Supply the key, its certificate and its issuers only.',
    );
  }
  const pem = pemOf(text);
  if (pem !== undefined) return fromPem(pem, passphrase);
  const bytes = bytesOfBase64(text);
  const kind = bytes && kindOfDer(bytes);
  if (bytes === undefined || kind === undefined) {
    throw certificateError(
      'certificate is neither PEM nor PKCS#12.',
      'Supply a PEM with private key and certificate, or a .pfx file (where only text is possible, in base64).',
    );
  }
  return kind === 'store' ? fromStore(bytes, passphrase) : fromDer(bytes);
}

async function fromPem(text: string, passphrase: string | undefined): Promise<KeysAndCertificates> {
  if (isCutOff(text)) throw certificateError('The PEM is cut off.', 'Copy it whole, to its last END line.');
  const blocks = readPem(text);
  // `certutil -encode` of Windows writes a store as if it were a certificate.
  const store = blocks.find(({ bytes }) => kindOfDer(bytes) === 'store');
  if (store !== undefined) return fromStore(store.bytes, passphrase);
  const keys: KeyObject[] = [];
  for (const block of blocks) {
    if (block.label.endsWith('PRIVATE KEY')) keys.push(await readKey(block, passphrase));
  }
  const certificates = blocks.filter(({ label }) => label === 'CERTIFICATE' || label === 'X509 CERTIFICATE');
  return { keys, certificates: certificates.map(({ text: pem }) => readCertificate(pem)) };
}

async function readKey(block: PemBlock, passphrase: string | undefined): Promise<KeyObject> {
  const { label, isEncrypted, text } = block;
  if (label === 'OPENSSH PRIVATE KEY') {
    throw certificateError(
      'The private key is one of SSH, not of a certificate.',
      'Supply the key of the certificate.',
    );
  }
  if (isEncrypted) await inspectEncryption(block);
  if (isEncrypted && passphrase === undefined) throw keyNeedsPassphrase();
  try {
    return createPrivateKey(isEncrypted ? { key: text, passphrase: passphrase ?? '' } : text);
  } catch {
    throw isEncrypted ? wrongPassphrase() : damaged('The private key');
  }
}

/** Ciphers of keys in the older form that OpenSSL 3 still decrypts; it derives their key in one round. */
const strongCipher = /^(?:AES|CAMELLIA|ARIA|DES-EDE3)-/;

/** Said whether there is a passphrase or not: no passphrase helps. Loads the reader of ASN.1 with the first such key. */
async function inspectEncryption({ cipher, bytes }: PemBlock): Promise<void> {
  if (cipher === undefined) {
    const { inspectEncryptedKey } = await import('./encrypted-key.ts');
    inspectEncryptedKey(bytes);
  } else if (!strongCipher.test(cipher)) {
    throw weakKeyEncryption(cipher);
  }
}

function readCertificate(source: string | Uint8Array): X509Certificate {
  try {
    return new X509Certificate(source);
  } catch {
    throw damaged('The certificate');
  }
}

/** Loads the reader of PKCS#12 with the first store. */
async function fromStore(bytes: Buffer, passphrase: string | undefined): Promise<KeysAndCertificates> {
  const { readPkcs12 } = await import('./pkcs12.ts');
  const { keys, certificates } = await readPkcs12(bytes, passphrase);
  return { keys: keys.map(readDerKey), certificates: certificates.map(readCertificate) };
}

function readDerKey(der: Uint8Array): KeyObject {
  try {
    return createPrivateKey({ key: Buffer.from(der), format: 'der', type: 'pkcs8' });
  } catch {
    throw damaged('The private key');
  }
}

/** A certificate alone, or a key alone: both are told apart from a store, and neither is enough. */
function fromDer(bytes: Buffer): KeysAndCertificates {
  try {
    return { keys: [], certificates: [new X509Certificate(bytes)] };
  } catch {
    // Keys have forms of their own.
  }
  for (const type of ['pkcs8', 'pkcs1', 'sec1'] as const) {
    try {
      return { keys: [createPrivateKey({ key: bytes, format: 'der', type })], certificates: [] };
    } catch {
      // The next form.
    }
  }
  throw certificateError(
    'The certificate holds no private key that can be read: binary data is to be a PKCS#12 store.',
    'Supply a .pfx file, or a PEM with private key and certificate; a .p7b file has no key.',
  );
}

/** https://learn.microsoft.com/entra/identity-platform/certificate-credentials: RSA only, 2048 bits at least. */
const fewestBits = 2048;

function bitsOf({ asymmetricKeyDetails: details }: KeyObject): number {
  return details?.modulusLength ?? 0;
}

function isAccepted(key: KeyObject): boolean {
  return key.asymmetricKeyType === 'rsa' && bitsOf(key) >= fewestBits;
}

function notAccepted(key: KeyObject): AppError {
  const hint = `Make a certificate with an RSA key, upload cert.pem to the app, and supply key and certificate in one file: ${newCertificate} && ${joinFiles}`;
  const message =
    key.asymmetricKeyType === 'rsa'
      ? `The certificate has an RSA key of ${bitsOf(key)} bits, and Microsoft Entra accepts at least ${fewestBits}.`
      : `The certificate has ${nameOf(key)}, and Microsoft Entra accepts RSA keys only.`;
  return certificateError(message, hint);
}

function nameOf({ asymmetricKeyType: type, asymmetricKeyDetails: details }: KeyObject): string {
  if (type === 'rsa-pss') return 'an RSA-PSS key, which no other signature can be made with';
  return type === 'ec' ? `an elliptic curve key (${details?.namedCurve})` : `a key of the type ${type}`;
}

/** The certificate of the key, then its issuers as far as they are there. */
function chainOf(own: X509Certificate, all: readonly X509Certificate[]): readonly X509Certificate[] {
  const chain = [own];
  for (let last: X509Certificate | undefined = own; last !== undefined; ) {
    const issued: X509Certificate = last;
    last = all.find((one) => !chain.includes(one) && issued.checkIssued(one));
    if (last !== undefined) chain.push(last);
  }
  return chain;
}

function write(key: KeyObject, chain: readonly X509Certificate[]): string {
  const certificates = chain.map((one) => one.toString().trim());
  return `${[String(key.export({ type: 'pkcs8', format: 'pem' })).trim(), ...certificates].join('\n')}\n`;
}
