import { decodeText, UnreadableText } from '../../base/text-file.ts';

/** How a keystore of Java begins that is no PKCS#12. */
const javaKeystore = Buffer.from('feedfeed', 'hex');

/**
 * The bytes of a secret as text. Certificates and keys in binary form (DER), such as the PKCS#12 of a `.pfx` file, become
 * base64; anything else is text as editors write it. Throws `UnreadableText`.
 */
export function secretText(bytes: Buffer): string {
  if (isDer(bytes)) return bytes.toString('base64');
  if (bytes.subarray(0, 4).equals(javaKeystore)) {
    throw new UnreadableText(
      'it is a Java keystore; convert it: keytool -importkeystore -srckeystore app.jks -destkeystore app.pfx -deststoretype PKCS12',
    );
  }
  return decodeText(bytes).trim();
}

/** A sequence with a long or indefinite length: its second byte makes it no text in UTF-8, where none begins so. */
function isDer(bytes: Uint8Array): boolean {
  return bytes[0] === 0x30 && ((bytes[1] ?? 0) & 0xc0) === 0x80;
}

/** The bytes behind base64 text; undefined for text that is none. */
export function bytesOfBase64(text: string): Buffer | undefined {
  const compact = text.replace(/\s+/g, '');
  return /^[A-Za-z0-9+/_-]{16,}={0,2}$/.test(compact) ? Buffer.from(compact, 'base64') : undefined;
}

/** What binary data of certificates is; undefined for anything else. It is told apart by how its sequence begins. */
export function kindOfDer(bytes: Uint8Array): 'store' | 'other' | undefined {
  if (!isDer(bytes)) return undefined;
  const lengthBytes = (bytes[1] ?? 0) & 0x7f;
  const [tag, size, version] = bytes.subarray(2 + lengthBytes);
  // PKCS#12 is version 3: https://www.rfc-editor.org/rfc/rfc7292#section-4
  return tag === 0x02 && size === 1 && version === 3 ? 'store' : 'other';
}

/** The PEM that a text is, also in base64; undefined where it is none. */
export function pemOf(text: string): string | undefined {
  if (text.includes('-----BEGIN ')) return text;
  const bytes = bytesOfBase64(text);
  return bytes?.includes('-----BEGIN ') === true ? bytes.toString('utf8') : undefined;
}

/** Whether a text is a certificate or a key, in one of the forms that files have. */
export function looksLikeCertificate(text: string): boolean {
  const bytes = bytesOfBase64(text);
  return pemOf(text) !== undefined || (bytes !== undefined && kindOfDer(bytes) !== undefined);
}

/** Whether a passphrase may be needed: a store tells only when it is opened. */
export function mayBeEncrypted(text: string): boolean {
  const pem = pemOf(text);
  if (pem !== undefined) return /ENCRYPTED PRIVATE KEY-----|Proc-Type:\s*4,\s*ENCRYPTED/.test(pem);
  const bytes = bytesOfBase64(text);
  return bytes !== undefined && kindOfDer(bytes) === 'store';
}
