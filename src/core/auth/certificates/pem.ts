/** One object of a PEM text. */
export interface PemBlock {
  /** Such as `CERTIFICATE` or `PRIVATE KEY`. */
  readonly label: string;
  readonly isEncrypted: boolean;
  /** Cipher that the headers of an encrypted key in the older form name, such as `AES-256-CBC`. */
  readonly cipher?: string | undefined;
  /** The block alone, as OpenSSL writes it. */
  readonly text: string;
  /** What it holds, without headers. */
  readonly bytes: Buffer;
}

const block = /-----BEGIN ([A-Z0-9 ]+)-----([\s\S]*?)-----END \1-----/g;

/**
 * Headers of an encrypted key in the older form; the vector is as long as a block of the cipher, which tells where it ends
 * when line breaks are lost. https://www.rfc-editor.org/rfc/rfc1421#section-4.6
 */
const encryptionHeaders =
  /^\s*Proc-Type:\s*4,\s*ENCRYPTED\s*DEK-Info:\s*(((?:AES|CAMELLIA|ARIA|SEED|SM4)-[A-Z0-9-]+),[0-9A-Fa-f]{32}|([A-Z0-9-]+),[0-9A-Fa-f]{16})/;

/**
 * The objects of a PEM text, whatever became of its line breaks: variables hold them as `\n`, as blanks, or not at all.
 * What stands between the objects counts for nothing.
 */
export function readPem(text: string): readonly PemBlock[] {
  const lines = text.replaceAll('\\r', '').replaceAll('\\n', '\n');
  return [...lines.matchAll(block)].map(([, label = '', body = '']) => {
    const method = encryptionHeaders.exec(body);
    const headers = method === null ? '' : `Proc-Type: 4,ENCRYPTED\nDEK-Info: ${method[1]}\n\n`;
    const base64 = body.slice(method?.[0].length ?? 0).replace(/\s+/g, '');
    return {
      label,
      isEncrypted: method !== null || label === 'ENCRYPTED PRIVATE KEY',
      cipher: method?.[2] ?? method?.[3],
      text: `-----BEGIN ${label}-----\n${headers}${base64.match(/.{1,64}/g)?.join('\n')}\n-----END ${label}-----\n`,
      bytes: Buffer.from(base64, 'base64'),
    };
  });
}

/** Whether a text begins an object that it does not end. */
export function isCutOff(text: string): boolean {
  const count = (mark: string) => text.split(mark).length;
  return count('-----BEGIN ') !== count('-----END ');
}
