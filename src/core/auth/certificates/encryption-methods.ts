import { type BaseBlock, Constructed, ObjectIdentifier } from 'asn1js';

/** https://www.rfc-editor.org/rfc/rfc8018#appendix-A.4 */
export const pbes2 = '1.2.840.113549.1.5.13';
export const pbkdf2 = '1.2.840.113549.1.5.12';
/** https://www.rfc-editor.org/rfc/rfc7914#section-7 */
export const scrypt = '1.3.6.1.4.1.11591.4.11';

/**
 * Methods that OpenSSL 3 has put aside. https://www.rfc-editor.org/rfc/rfc7292#appendix-C,
 * https://www.rfc-editor.org/rfc/rfc8018#appendix-A.3
 */
const weak: Readonly<Record<string, string>> = {
  '1.2.840.113549.1.12.1.1': 'RC4-128',
  '1.2.840.113549.1.12.1.2': 'RC4-40',
  '1.2.840.113549.1.12.1.5': 'RC2-128',
  '1.2.840.113549.1.12.1.6': 'RC2-40',
  '1.2.840.113549.3.2': 'RC2',
  '1.3.14.3.2.7': 'DES',
  '1.2.840.113549.1.5.1': 'DES',
  '1.2.840.113549.1.5.3': 'DES',
  '1.2.840.113549.1.5.10': 'DES',
  '1.2.840.113549.1.5.4': 'RC2',
  '1.2.840.113549.1.5.6': 'RC2',
  '1.2.840.113549.1.5.11': 'RC2',
};

/** The name of the first weak method that is named anywhere in a block. */
export function weakMethodIn(block: BaseBlock): string | undefined {
  if (block instanceof ObjectIdentifier) return weak[block.getValue()];
  if (!(block instanceof Constructed)) return undefined;
  for (const one of block.valueBlock.value) {
    const name = weakMethodIn(one);
    if (name !== undefined) return name;
  }
  return undefined;
}
