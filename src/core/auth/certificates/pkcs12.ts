import { type BaseBlock, Sequence } from 'asn1js';
import { AppError } from '../../base/errors.ts';
import { derOf, integer, objectId, octets, parse, parts } from './ber.ts';
import {
  damaged,
  storeNeedsPassphrase,
  unknownEncryption,
  weakEncryption,
  wrongPassphrase,
} from './certificate-error.ts';
import { pbes2, pbkdf2, weakMethodIn } from './encryption-methods.ts';
import {
  type Derivation,
  type Digest,
  decryptPbes2,
  decryptTripleDes,
  Effort,
  isChecksum,
  type Passphrase,
  passphrasesOf,
} from './store-decryption.ts';

/** What a PKCS#12 store holds, decrypted. */
export interface StoreContents {
  /** PKCS#8, DER. */
  readonly keys: readonly Uint8Array[];
  /** X.509, DER, in the order of the store. */
  readonly certificates: readonly Uint8Array[];
}

const data = '1.2.840.113549.1.7.1';
const encryptedData = '1.2.840.113549.1.7.6';
const keyBag = '1.2.840.113549.1.12.10.1.1';
const shroudedKeyBag = '1.2.840.113549.1.12.10.1.2';
const certificateBag = '1.2.840.113549.1.12.10.1.3';
const nestedBag = '1.2.840.113549.1.12.10.1.6';
const pbmac1 = '1.2.840.113549.1.5.14';

const digests: Readonly<Record<string, Digest>> = {
  '1.3.14.3.2.26': 'sha1',
  '2.16.840.1.101.3.4.2.4': 'sha224',
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
  // The same as keys of a checksum.
  '1.2.840.113549.2.7': 'sha1',
  '1.2.840.113549.2.8': 'sha224',
  '1.2.840.113549.2.9': 'sha256',
  '1.2.840.113549.2.10': 'sha384',
  '1.2.840.113549.2.11': 'sha512',
};

const ciphers: Readonly<Record<string, { readonly cipher: string; readonly keySize: number }>> = {
  '2.16.840.1.101.3.4.1.2': { cipher: 'aes-128-cbc', keySize: 16 },
  '2.16.840.1.101.3.4.1.22': { cipher: 'aes-192-cbc', keySize: 24 },
  '2.16.840.1.101.3.4.1.42': { cipher: 'aes-256-cbc', keySize: 32 },
  '1.2.840.113549.3.7': { cipher: 'des-ede3-cbc', keySize: 24 },
};

const tripleDes: Readonly<Record<string, 2 | 3>> = { '1.2.840.113549.1.12.1.3': 3, '1.2.840.113549.1.12.1.4': 2 };

/** An open store: how it is decrypted, and what was found in it so far. */
interface OpenStore {
  readonly passphrase: Passphrase;
  readonly effort: Effort;
  readonly keys: Uint8Array[];
  readonly certificates: Uint8Array[];
}

/**
 * Opens a PKCS#12 store (`.pfx`, `.p12`) as OpenSSL 3, Windows, Java and Key Vault write it: AES or 3DES, with or without a
 * passphrase. Throws `invalid_argument` for one that is damaged, that does not open, or that is encrypted with a method
 * that anybody can break, which it names.
 * https://www.rfc-editor.org/rfc/rfc7292
 */
export async function readPkcs12(bytes: Uint8Array, passphrase: string | undefined): Promise<StoreContents> {
  try {
    const [, safe, checksum] = parts(parse(bytes));
    const content = contentOf(safe);
    const effort = new Effort('The PKCS#12 store', 'its keys');
    // Said whether there is a passphrase or not: no passphrase helps.
    refuseWeak(content);
    const opened = pickPassphrase(content, checksum, passphrase, effort);
    const store: OpenStore = { passphrase: opened, effort, keys: [], certificates: [] };
    for (const one of parts(parse(content))) await readSafe(one, store);
    return store;
  } catch (error) {
    if (error instanceof AppError) throw error;
    if (!isUndecryptable(error)) throw damaged('The PKCS#12 store');
    throw passphrase === undefined ? storeNeedsPassphrase() : wrongPassphrase();
  }
}

/** What OpenSSL says to the padding of data that was decrypted with another key. */
function isUndecryptable(error: unknown): boolean {
  return error instanceof Error && /bad decrypt|wrong final block length/i.test(error.message);
}

function pickPassphrase(
  content: Uint8Array,
  checksum: BaseBlock | undefined,
  text: string | undefined,
  effort: Effort,
): Passphrase {
  const candidates = passphrasesOf(text ?? '');
  const [digestInfo, salt, rounds] = checksum === undefined ? [] : parts(checksum);
  const [algorithm, expected] = digestInfo === undefined ? [] : parts(digestInfo);
  const name = algorithm === undefined ? pbmac1 : objectId(parts(algorithm)[0]);
  // Without a checksum, or with one of a newer kind, the padding tells whether the passphrase is right.
  const found =
    name === pbmac1
      ? candidates[0]
      : candidates.find((one) => {
          const derivation = { digest: digestOf(name), salt: octets(salt), rounds: rounds ? integer(rounds) : 1 };
          effort.spend(derivation.rounds, 'ourselves');
          return isChecksum(octets(expected), content, one, derivation);
        });
  if (found === undefined) throw text === undefined ? storeNeedsPassphrase() : wrongPassphrase();
  return found;
}

/** The parts of a store: bags in plain, or encrypted. */
async function readSafe(safe: BaseBlock, store: OpenStore): Promise<void> {
  const [type, content] = parts(safe);
  switch (objectId(type)) {
    case data:
      return readBags(contentOf(safe), store);
    case encryptedData: {
      const [, info] = parts(parts(content)[0]);
      const [, algorithm, encrypted] = parts(info);
      return readBags(await decrypt(algorithm, octets(encrypted), store), store);
    }
    default:
      throw unknownEncryption('encryption for the key of a recipient');
  }
}

async function readBags(bytes: Uint8Array, store: OpenStore): Promise<void> {
  for (const bag of parts(parse(bytes))) {
    const [type, wrapped] = parts(bag);
    const [value] = parts(wrapped);
    switch (objectId(type)) {
      case keyBag:
        store.keys.push(derOf(value));
        break;
      case shroudedKeyBag: {
        const [algorithm, encrypted] = parts(value);
        store.keys.push(await decrypt(algorithm, octets(encrypted), store));
        break;
      }
      case certificateBag:
        store.certificates.push(octets(parts(parts(value)[1])[0]));
        break;
      case nestedBag:
        await readBags(derOf(value), store);
    }
  }
}

async function decrypt(
  algorithm: BaseBlock | undefined,
  encrypted: Uint8Array,
  { passphrase, effort }: OpenStore,
): Promise<Uint8Array> {
  const [type, parameters] = parts(algorithm);
  const name = objectId(type);
  const keys = tripleDes[name];
  if (keys !== undefined) {
    const [salt, rounds] = parts(parameters);
    const derivation: Derivation = { digest: 'sha1', salt: octets(salt), rounds: integer(rounds) };
    effort.spend(derivation.rounds * 2, 'ourselves');
    return decryptTripleDes(encrypted, passphrase, derivation, keys);
  }
  if (name !== pbes2) throw unknownEncryption(`the encryption ${name}`);
  const [derivation, scheme] = parts(parameters).map((one) => parts(one));
  if (objectId(derivation?.[0]) !== pbkdf2) throw unknownEncryption(`the key derivation ${objectId(derivation?.[0])}`);
  const [salt, rounds, ...rest] = parts(derivation?.[1]);
  const prf = rest.find((one) => one instanceof Sequence);
  const digest = prf === undefined ? 'sha1' : digestOf(objectId(parts(prf)[0]));
  const cipher = ciphers[objectId(scheme?.[0])];
  if (cipher === undefined) throw unknownEncryption(`the encryption ${objectId(scheme?.[0])}`);
  effort.spend(integer(rounds), 'openssl');
  const from = { digest, salt: octets(salt), rounds: integer(rounds) };
  return decryptPbes2(encrypted, passphrase, from, { ...cipher, iv: octets(scheme?.[1]) });
}

/** Names weak methods where methods stand, before anything is decrypted. */
function refuseWeak(content: Uint8Array): void {
  for (const safe of parts(parse(content))) {
    const bags = objectId(parts(safe)[0]) === data ? parts(parse(contentOf(safe))) : [];
    const name = [safe, ...bags].map(weakMethodIn).find((one) => one !== undefined);
    if (name !== undefined) throw weakEncryption(name);
  }
}

function digestOf(name: string): Digest {
  const digest = digests[name];
  if (digest === undefined) throw unknownEncryption(`the digest ${name}`);
  return digest;
}

/** The bytes inside a ContentInfo of the type data. */
function contentOf(info: BaseBlock | undefined): Uint8Array {
  const [type, content] = parts(info);
  if (objectId(type) !== data) throw unknownEncryption('a signature instead of a passphrase');
  return octets(parts(content)[0]);
}
