import { X509Certificate } from 'node:crypto';
import { looksLikeCertificate } from '../auth/certificates/certificate-bytes.ts';
import { readClaims } from '../auth/token-claims.ts';
import { AppError } from '../base/errors.ts';
import { guidPattern } from '../base/guid.ts';
import type { ConnectionIdentity, SecretField } from '../record/connection.ts';
import type { Secret } from '../secrets/secret.ts';

/** What a secret says about itself. */
interface SecretFacts {
  /** ISO 8601. */
  readonly expiresAt?: string;
  /** Tenant and app, if it names them, as a bearer token does. */
  readonly identity: ConnectionIdentity;
}

/** The longest secret that is stored; certificates with a chain stay far below. */
const maxSecretLength = 64 * 1024;

/**
 * Checks a secret before it is stored. A certificate is one that `openCertificate` has opened. Throws `invalid_argument`,
 * without repeating it, if it is of another kind.
 */
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
  if (guidPattern.test(text)) {
    throw invalid(
      'client_secret',
      'client_secret is a GUID: that is the id of a secret, not its value.',
      'Supply the value, which the portal shows once, right after the secret was created.',
    );
  }
  if (looksLikeCertificate(text)) {
    throw invalid(
      'client_secret',
      'client_secret is a certificate or a key.',
      'Supply it as certificate, with auth_type certificate, or supply the value of a client secret.',
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

/** A certificate that was just made on a machine whose clock is a little ahead is no mistake. */
const clockDifferenceMs = 5 * 60_000;

/**
 * Entra enforces both ends of its validity. The certificate of the key stands first in a PEM that was opened.
 * https://learn.microsoft.com/entra/identity-platform/certificate-credentials
 */
function inspectCertificate(text: string, now: number): SecretFacts {
  const certificate = new X509Certificate(text.slice(text.indexOf('-----BEGIN CERTIFICATE-----')));
  const expiresAt = Date.parse(certificate.validTo);
  if (expiresAt <= now) {
    const ended = new Date(expiresAt).toISOString();
    throw invalid(
      'certificate',
      `The certificate has expired: it ended at ${ended}.`,
      'Supply a certificate that is still valid.',
    );
  }
  const startsAt = Date.parse(certificate.validFrom);
  if (startsAt > now + clockDifferenceMs) {
    throw invalid(
      'certificate',
      `The certificate is not valid before ${new Date(startsAt).toISOString()}.`,
      'Supply a certificate that is valid now, or check the clock of this machine.',
    );
  }
  return { identity: {}, expiresAt: new Date(expiresAt).toISOString() };
}

function invalid(field: string, message: string, hint: string): AppError {
  return new AppError('invalid_argument', message, { hint, detail: { field } });
}
