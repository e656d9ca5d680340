import { createHash, type KeyObject, X509Certificate } from 'node:crypto';
import type { Entity } from '../base/entity-store.ts';

/** A certificate in an app's key credentials. */
interface AppCertificate {
  /** Thumbprints, base64url. */
  readonly sha1: string;
  readonly sha256: string;
  readonly publicKey: KeyObject;
  /** Milliseconds on the sandbox clock, like `endsAt`. */
  readonly startsAt: number;
  readonly endsAt: number;
}

export function certificatesOf(owner: Entity): readonly AppCertificate[] {
  const credentials: readonly Readonly<Record<string, unknown>>[] = Array.isArray(owner['keyCredentials'])
    ? owner['keyCredentials']
    : [];
  return credentials.flatMap((credential) => {
    try {
      const certificate = new X509Certificate(Buffer.from(String(credential['key']), 'base64'));
      const thumbprint = (algorithm: string) => createHash(algorithm).update(certificate.raw).digest('base64url');
      const startsAt = Date.parse(String(credential['startDateTime'] ?? certificate.validFrom));
      const endsAt = Date.parse(String(credential['endDateTime'] ?? certificate.validTo));
      const { publicKey } = certificate;
      return [{ sha1: thumbprint('sha1'), sha256: thumbprint('sha256'), publicKey, startsAt, endsAt }];
    } catch {
      return []; // A key without its certificate cannot verify anything.
    }
  });
}
