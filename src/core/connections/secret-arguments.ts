import { openCertificate } from '../auth/certificates/open-certificate.ts';
import type { CallContext } from '../base/call-context.ts';
import { type Clock, isoNow } from '../base/clock.ts';
import { AppError } from '../base/errors.ts';
import { withoutUndefined } from '../base/without-undefined.ts';
import {
  type ConnectionIdentity,
  type ConnectionRecord,
  type SecretField,
  type SecretInfo,
  secretEntries,
} from '../record/connection.ts';
import { authRequirements } from '../record/requirements.ts';
import { type SecretArgument, secretForms } from '../record/secret-argument.ts';
import type { Fingerprints } from '../secrets/fingerprints.ts';
import { Secret } from '../secrets/secret.ts';
import type { CompleteConnection } from './connection-service.ts';
import { inspectSecret } from './inspect-secret.ts';
import { readSecretSource, requireAllowedSource, type SecretSources, type WantedSecret } from './secret-sources.ts';

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
  requireCertificate(input);
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
  const { secret: given, source, live } = await readSecretSource({ field, argument, use, owner }, options, call);
  const secret = field === 'certificate' ? await open(given, { input, use, owner }, options, call) : given;
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

/** Throws `refused` where the caller may not use what it names, before a person is asked for the rest. */
export function requireAllowedSources(input: CompleteConnection, sources: SecretSources, { authority }: CallContext) {
  const { secrets, certificate_passphrase: passphrase } = input;
  const given = [...secretEntries(secrets), ['certificate_passphrase', passphrase] as const];
  for (const [field, argument] of given) {
    if (argument === undefined || (!(argument instanceof Secret) && 'previous' in argument)) continue;
    requireAllowedSource({ field, argument, use: { kind: 'sign_in' } }, sources, authority);
  }
}

/** A passphrase opens the certificate that comes with it, and is not kept. */
function requireCertificate({ secrets, certificate_passphrase: passphrase }: CompleteConnection): void {
  if (passphrase !== undefined && secrets.certificate === undefined) {
    throw new AppError('invalid_argument', 'certificate_passphrase: there is no certificate that it would open.', {
      hint: 'Pass certificate as well: passphrases are not kept.',
      detail: { field: 'certificate_passphrase' },
    });
  }
}

/** The certificate as it is stored: opened, in one form. */
async function open(
  given: Secret,
  { input, use, owner }: Pick<WantedSecret, 'use' | 'owner'> & { readonly input: CompleteConnection },
  options: SecretSources,
  call: CallContext,
): Promise<Secret> {
  const { certificate_passphrase: argument } = input;
  const wanted = { field: 'certificate_passphrase', use };
  const passphrase = argument && (await resolveSecretArgument({ ...wanted, argument }, owner, options, call));
  const opened = await openCertificate(given, passphrase);
  options.onSecret?.(opened);
  return opened;
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
