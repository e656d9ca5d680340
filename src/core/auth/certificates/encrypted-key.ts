import { type BaseBlock, Integer } from 'asn1js';
import { integer, objectId, parse, parts } from './ber.ts';
import { damaged, weakKeyEncryption } from './certificate-error.ts';
import { pbes2, scrypt, weakMethodIn } from './encryption-methods.ts';
import { Effort } from './store-decryption.ts';

/**
 * Looks at how a key is encrypted (PKCS#8, DER) before OpenSSL decrypts it, which takes as long as the file says and cannot
 * be stopped. Throws `invalid_argument` for a weak method, and for more work than programs ask for.
 * https://www.rfc-editor.org/rfc/rfc5958#section-3
 */
export function inspectEncryptedKey(der: Uint8Array): void {
  const { algorithm, rounds } = readAlgorithm(der);
  const name = weakMethodIn(algorithm);
  if (name !== undefined) throw weakKeyEncryption(name);
  new Effort('The private key', 'its own key').spend(rounds, 'openssl');
}

function readAlgorithm(der: Uint8Array): { readonly algorithm: BaseBlock; readonly rounds: number } {
  try {
    const [algorithm] = parts(parse(der));
    if (algorithm === undefined) throw new Error('A method was expected.');
    return { algorithm, rounds: roundsOf(algorithm) };
  } catch {
    throw damaged('The private key');
  }
}

/** For scrypt, the mixing of its blocks: cost, size of a block and parallel parts together. */
function roundsOf(algorithm: BaseBlock): number {
  const [type, parameters] = parts(algorithm);
  if (objectId(type) !== pbes2) return integer(parts(parameters)[1]);
  const [kind, settings] = parts(parts(parameters)[0]);
  const numbers = parts(settings).filter((one) => one instanceof Integer);
  return numbers.slice(0, objectId(kind) === scrypt ? 3 : 1).reduce((product, one) => product * integer(one), 1);
}
