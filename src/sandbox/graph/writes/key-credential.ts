import { createHash, X509Certificate } from 'node:crypto';
import { requestBadRequest } from '../graph-error.ts';

/** A key credential with what its certificate says: thumbprint, dates, an id. Throws 400 for anything else. */
export function withThumbprint(credential: Readonly<Record<string, unknown>>): Record<string, unknown> {
  try {
    const { raw, validFrom, validTo } = new X509Certificate(Buffer.from(String(credential['key']), 'base64'));
    const date = (text: string) => new Date(text).toISOString().replace('.000', '');
    const defaults = {
      startDateTime: date(validFrom),
      endDateTime: date(validTo),
      keyId: createHash('md5')
        .update(raw)
        .digest('hex')
        .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'),
    };
    return {
      ...defaults,
      customKeyIdentifier: createHash('sha1').update(raw).digest('hex').toUpperCase(),
      ...credential,
    };
  } catch {
    throw requestBadRequest('Key credential contains an invalid certificate.');
  }
}
