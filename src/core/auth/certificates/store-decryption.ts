import { createDecipheriv, createHmac, hash, pbkdf2, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { certificateError } from './certificate-error.ts';

/** How a text becomes bytes: PKCS#12 and PKCS#5 differ in it. */
export interface Passphrase {
  readonly utf8: Buffer;
  /** UTF-16 with an end mark, or nothing at all: https://www.rfc-editor.org/rfc/rfc7292#appendix-B.1 */
  readonly bmp: Buffer;
}

/** The passphrases that may be meant: stores without one are written with an empty text, or with none. */
export function passphrasesOf(text: string): readonly Passphrase[] {
  const utf16 = Buffer.from(`${text}\0`, 'utf16le').swap16();
  const given = { utf8: Buffer.from(text, 'utf8'), bmp: utf16 };
  return text === '' ? [given, { ...given, bmp: Buffer.alloc(0) }] : [given];
}

export type Digest = 'sha1' | 'sha224' | 'sha256' | 'sha384' | 'sha512';

export interface Derivation {
  readonly digest: Digest;
  readonly salt: Uint8Array;
  readonly rounds: number;
}

/** Programs write thousands of rounds. All of a store or of a key together may ask for this many, which take a second or two. */
const mostRounds = 2_000_000;

/** Rounds of PKCS#12 are made one by one in this process, others within OpenSSL, which is as much faster. */
const ownRounds = 5;

/** Counts the work that a store or a key asks for. Throws `invalid_argument` before it becomes too much. */
export class Effort {
  readonly #asks: string;
  #left = mostRounds;

  constructor(what: 'The PKCS#12 store' | 'The private key', derived: string) {
    this.#asks = `${what} asks for too many rounds to derive ${derived}.`;
  }

  spend(rounds: number, by: 'openssl' | 'ourselves'): void {
    const cost = by === 'openssl' ? rounds : rounds * ownRounds;
    if (!(rounds >= 1 && cost <= this.#left)) {
      throw certificateError(this.#asks, 'Export it again with fewer: 2048 are usual.');
    }
    this.#left -= cost;
  }
}

/** What a derived key is for. */
const purposes = { key: 1, iv: 2, checksum: 3 } as const;

/** https://www.rfc-editor.org/rfc/rfc7292#appendix-B.2 */
function deriveFromStore(
  purpose: keyof typeof purposes,
  { bmp }: Passphrase,
  { digest, salt, rounds }: Derivation,
  length: number,
): Buffer {
  const blockSize = digest === 'sha384' || digest === 'sha512' ? 128 : 64;
  const input = Buffer.concat([repeated(salt, blockSize), repeated(bmp, blockSize)]);
  const parts: Buffer[] = [];
  for (let size = 0; size < length; ) {
    let part = hash(digest, Buffer.concat([Buffer.alloc(blockSize, purposes[purpose]), input]), 'buffer');
    for (let round = 1; round < rounds; round++) part = hash(digest, part, 'buffer');
    parts.push(part);
    size += part.length;
    const step = repeated(part, blockSize).subarray(0, blockSize);
    for (let at = 0; at < input.length; at += blockSize) addOneMore(input.subarray(at, at + blockSize), step);
  }
  return Buffer.concat(parts).subarray(0, length);
}

/** Fills whole blocks with copies; nothing stays nothing. */
function repeated(bytes: Uint8Array, blockSize: number): Buffer {
  return Buffer.alloc(blockSize * Math.ceil(bytes.length / blockSize), bytes);
}

/** `number + step + 1`, both big-endian and of the same length, without the last carry. */
function addOneMore(number: Buffer, step: Buffer): void {
  let carry = 1;
  for (let at = number.length - 1; at >= 0; at--) {
    const sum = (number[at] ?? 0) + (step[at] ?? 0) + carry;
    number[at] = sum & 0xff;
    carry = sum >> 8;
  }
}

/** Whether the checksum of a store was made with this passphrase. */
export function isChecksum(
  expected: Uint8Array,
  content: Uint8Array,
  passphrase: Passphrase,
  derivation: Derivation,
): boolean {
  const key = deriveFromStore('checksum', passphrase, derivation, expected.length);
  const found = createHmac(derivation.digest, key).update(content).digest();
  return found.length === expected.length && timingSafeEqual(found, expected);
}

/** The method of Windows and of older programs, with two or three keys. */
export function decryptTripleDes(
  data: Uint8Array,
  passphrase: Passphrase,
  derivation: Derivation,
  keys: 2 | 3,
): Buffer {
  const derived = deriveFromStore('key', passphrase, derivation, keys * 8);
  const key = keys === 3 ? derived : Buffer.concat([derived, derived.subarray(0, 8)]);
  return decrypt('des-ede3-cbc', key, deriveFromStore('iv', passphrase, derivation, 8), data);
}

/** https://www.rfc-editor.org/rfc/rfc8018#section-6.2 */
export async function decryptPbes2(
  data: Uint8Array,
  { utf8 }: Passphrase,
  { digest, salt, rounds }: Derivation,
  { cipher, keySize, iv }: { readonly cipher: string; readonly keySize: number; readonly iv: Uint8Array },
): Promise<Buffer> {
  return decrypt(cipher, await promisify(pbkdf2)(utf8, salt, rounds, keySize, digest), iv, data);
}

function decrypt(cipher: string, key: Buffer, iv: Uint8Array, data: Uint8Array): Buffer {
  const decipher = createDecipheriv(cipher, key, iv);
  return Buffer.concat([decipher.update(data), decipher.final()]);
}
