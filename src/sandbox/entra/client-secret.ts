import { createHash } from 'node:crypto';

/**
 * The secret of a password credential, derived from its key id, because the directory stores no readable secrets.
 * Formatted like Entra secrets: 40 characters with a `~`.
 */
export function clientSecretOf(keyId: string): string {
  const text = createHash('sha256').update(`tenantry sandbox secret ${keyId}`).digest('base64url').replaceAll('-', '.');
  return `${text.slice(0, 3)}8Q~${text.slice(3, 37)}`;
}

/** The first characters of a secret, which the directory shows. */
export function secretHint(secret: string): string {
  return secret.slice(0, 3);
}
