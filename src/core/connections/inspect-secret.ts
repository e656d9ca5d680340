import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readClaims } from '../auth/token-claims.ts';
import { AppError } from '../base/errors.ts';
import type { ConnectionIdentity, SecretField } from '../record/connection.ts';
import type { Secret } from '../secrets/secret.ts';

/** What a secret says about itself. */
export interface SecretFacts {
  /** ISO 8601. */
  readonly expiresAt?: string;
  /** Whose it is, when it says so: a bearer token names its tenant and app. */
  readonly identity: ConnectionIdentity;
}

/** Longest secret that is stored: certificates with a chain stay far below. */
const maxSecretLength = 64 * 1024;

/** Looks at a secret before it is stored; throws `invalid_argument` when it cannot be of that kind. Repeats nothing of it. */
export function inspectSecret(field: SecretField, secret: Secret, now: number): SecretFacts {
  const text = secret.reveal();
  if (text === '' || text.length > maxSecretLength) {
    throw invalid(field, `${field} is empty or longer than 64 KiB.`, `Supply the ${field} itself.`);
  }
  switch (field) {
    case 'certificate':
      return inspectCertificate(text, now);
    case 'token':
    case 'federated_token':
      return inspectToken(field, text, now);
    case 'client_secret':
      return inspectClientSecret(text);
  }
}

function inspectClientSecret(text: string): SecretFacts {
  if (/^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/i.test(text)) {
    throw invalid(
      'client_secret',
      'client_secret is a GUID: that is the id of a secret, not its value.',
      'Supply the value, which the portal shows once, right after the secret was created.',
    );
  }
  return { identity: {} };
}

function inspectToken(field: SecretField, text: string, now: number): SecretFacts {
  if (!/^[\x21-\x7e]+$/.test(text)) {
    throw invalid(
      field,
      `${field} has spaces or line breaks inside.`,
      'Supply the token alone, without the word Bearer.',
    );
  }
  const claims = readClaims(text);
  if (claims?.expiresAt !== undefined && claims.expiresAt <= now) {
    const ended = new Date(claims.expiresAt).toISOString();
    throw invalid(field, `${field} has expired: it ended at ${ended}.`, 'Supply a token that is still valid.');
  }
  const identity =
    field === 'token' && claims?.tenantId !== undefined
      ? { tenant_id: claims.tenantId, ...(claims.clientId === undefined ? {} : { client_id: claims.clientId }) }
      : {};
  return {
    identity,
    ...(claims?.expiresAt === undefined ? {} : { expiresAt: new Date(claims.expiresAt).toISOString() }),
  };
}

function inspectCertificate(text: string, now: number): SecretFacts {
  const certificate = parsePem(text);
  const expiresAt = Date.parse(certificate.validTo);
  if (expiresAt <= now) {
    throw invalid('certificate', 'The certificate has expired.', 'Supply a certificate that is still valid.');
  }
  return { identity: {}, expiresAt: new Date(expiresAt).toISOString() };
}

/** The first certificate of the PEM, which must be that of the private key. */
function parsePem(text: string): X509Certificate {
  if (!text.includes('-----BEGIN CERTIFICATE-----') || !text.includes('PRIVATE KEY-----')) {
    throw invalid(
      'certificate',
      'certificate is not a PEM with a private key and a certificate.',
      'Convert a .pfx with: openssl pkcs12 -in app.pfx -nodes -out app.pem',
    );
  }
  if (text.includes('ENCRYPTED')) {
    throw invalid(
      'certificate',
      'The private key of the certificate is encrypted.',
      'Decrypt it with: openssl pkey -in app.pem -out key.pem',
    );
  }
  const parsed = tryParse(text);
  if (parsed === undefined) {
    throw invalid('certificate', 'The PEM of the certificate is damaged.', 'Export key and certificate again.');
  }
  if (!parsed.matches) {
    throw invalid(
      'certificate',
      'The private key does not belong to the certificate.',
      'Put the certificate of the key first in the PEM.',
    );
  }
  return parsed.certificate;
}

function tryParse(text: string): { certificate: X509Certificate; matches: boolean } | undefined {
  try {
    const certificate = new X509Certificate(text.slice(text.indexOf('-----BEGIN CERTIFICATE-----')));
    return { certificate, matches: certificate.checkPrivateKey(createPrivateKey(text)) };
  } catch {
    return undefined;
  }
}

function invalid(field: string, message: string, hint: string): AppError {
  return new AppError('invalid_argument', message, { hint, detail: { field } });
}
