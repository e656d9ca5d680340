import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readClaims } from '../auth/token-claims.ts';
import type { CallContext } from '../base/call-context.ts';
import { type Clock, isoNow } from '../base/clock.ts';
import { AppError } from '../base/errors.ts';
import { guidPattern } from '../base/guid.ts';
import { withoutUndefined } from '../base/without-undefined.ts';
import {
  authRequirements,
  type ConnectionIdentity,
  type ConnectionRecord,
  type SecretField,
  type SecretInfo,
  secretEntries,
} from '../record/connection.ts';
import { type SecretArgument, secretForms } from '../record/secret-argument.ts';
import type { Fingerprints } from '../secrets/fingerprints.ts';
import { Secret } from '../secrets/secret.ts';
import type { CompleteConnection } from './connection-service.ts';
import { readSecretSource, type SecretSources, type WantedSecret } from './secret-sources.ts';

/** A secret argument that was read and checked; nothing is stored yet. */
export type ResolvedSecret =
  | { readonly kind: 'material'; readonly secret: Secret; readonly info: Omit<SecretInfo, 'ref'> }
  /** Read again at every use. */
  | { readonly kind: 'live'; readonly info: SecretInfo }
  | { readonly kind: 'previous'; readonly field: SecretField };

export interface ResolvedSecrets {
  readonly secrets: readonly ResolvedSecret[];
  /** Tenant and app according to the secrets themselves. */
  readonly identity: ConnectionIdentity;
}

export interface SecretArgumentOptions extends SecretSources {
  readonly fingerprints: Fingerprints;
  readonly clock: Clock;
}

/**
 * Reads the secret arguments of a completion. What they name is read now and copied to the vault, so that the connection
 * keeps working when a variable is gone. Only a federated token stays a reference, since platforms renew such tokens
 * every hour.
 */
export async function resolveSecretArguments(
  record: ConnectionRecord,
  input: CompleteConnection,
  options: SecretArgumentOptions,
  call: CallContext,
): Promise<ResolvedSecrets> {
  const secrets: ResolvedSecret[] = [];
  let identity: ConnectionIdentity = {};
  for (const [field, argument] of secretEntries(input.secrets)) {
    checkAccepted(record, field);
    const { resolved, owner } = await resolveOne({ record, input, field, argument }, options, call);
    secrets.push(resolved);
    identity = { ...identity, ...owner };
  }
  return { secrets, identity };
}

interface WantedArgument {
  readonly record: ConnectionRecord;
  readonly input: CompleteConnection;
  readonly field: SecretField;
  readonly argument: SecretArgument;
}

async function resolveOne(
  { record, input, field, argument }: WantedArgument,
  options: SecretArgumentOptions,
  call: CallContext,
): Promise<{ resolved: ResolvedSecret; owner: ConnectionIdentity }> {
  if (!(argument instanceof Secret) && 'previous' in argument) {
    return { resolved: { kind: 'previous', field }, owner: {} };
  }
  const { cloud, owner } = record;
  const { tenant_id: tenantId = record.identity.tenant_id, client_id: clientId = record.identity.client_id } = input;
  const use = { kind: 'sign_in' as const, cloud, ...withoutUndefined({ tenantId, clientId }) };
  const { secret, source, live } = await readSecretSource({ field, argument, use, owner }, options, call);
  const { clock, references } = options;
  const facts = inspectSecret(field, secret, clock.now());
  const info: Omit<SecretInfo, 'ref'> = {
    field,
    fingerprint: await options.fingerprints.of(secret),
    storedAt: isoNow(clock),
    ...withoutUndefined({ expiresAt: facts.expiresAt }),
    source,
  };
  if (field === 'federated_token' && live !== undefined) {
    const { expiresAt: _changes, ...lasting } = info;
    return { resolved: { kind: 'live', info: { ...lasting, ref: references.format(live) } }, owner: {} };
  }
  return { resolved: { kind: 'material', secret, info }, owner: facts.identity };
}

/** A secret argument of a tool that hands it on. */
export type SecretToHandOn = Omit<WantedSecret, 'argument' | 'owner'> & { readonly argument: SecretArgument };

/** The material behind a secret argument of a tool that hands it on. */
export async function resolveSecretArgument(
  { argument, ...wanted }: SecretToHandOn,
  owner: string,
  options: SecretSources,
  call: CallContext,
): Promise<Secret> {
  if (!(argument instanceof Secret) && 'previous' in argument) {
    throw new AppError('invalid_argument', `${wanted.field} has no previous value.`, {
      hint: `Pass ${secretForms}.`,
    });
  }
  return (await readSecretSource({ ...wanted, argument, owner }, options, call)).secret;
}

/** Throws `invalid_argument` for a kind of secret that the connection's sign-in does not use. */
export function checkAccepted(record: ConnectionRecord, field: SecretField): void {
  const { secrets, optionalSecrets } = authRequirements[record.auth_type];
  const accepted = [...secrets, ...optionalSecrets];
  if (!accepted.includes(field)) {
    throw new AppError('invalid_argument', `${field} does not go with auth_type ${record.auth_type}.`, {
      hint: isKept(record, field)
        ? `Go back to the ${field} with convert_connection and revert: true first, and rotate it then.`
        : accepted.length === 0
          ? 'This kind of sign-in takes no secret: omit it, or create the connection with another auth_type.'
          : `Supply ${accepted.join(' or ')}, or create the connection with another auth_type.`,
      detail: { field },
    });
  }
}

/** Whether a conversion to federation keeps a secret of this kind. */
function isKept({ conversion }: ConnectionRecord, field: SecretField): boolean {
  return conversion?.secrets.some((secret) => secret.field === field) ?? false;
}

/** What a secret says about itself. */
interface SecretFacts {
  /** ISO 8601. */
  readonly expiresAt?: string;
  /** Tenant and app, if it names them, as a bearer token does. */
  readonly identity: ConnectionIdentity;
}

/** The longest secret that is stored; certificates with a chain stay far below. */
const maxSecretLength = 64 * 1024;

/** Checks a secret before it is stored. Throws `invalid_argument`, without repeating it, if it is of another kind. */
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
