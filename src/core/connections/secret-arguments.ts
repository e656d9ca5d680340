import type { SecretReferences } from '../auth/secret-reader.ts';
import type { CallContext } from '../base/call-context.ts';
import type { Clock } from '../base/clock.ts';
import { AppError } from '../base/errors.ts';
import type { ConnectionIdentity, ConnectionRecord, SecretField, SecretInfo } from '../record/connection.ts';
import { authRequirements } from '../record/connection-requirements.ts';
import type { SecretArgument } from '../record/secret-argument.ts';
import { Secret } from '../secrets/secret.ts';
import type { CompleteConnection } from './connection-service.ts';
import { inspectSecret } from './inspect-secret.ts';

/** A secret argument after looking at it; nothing is stored yet. */
export type ResolvedSecret =
  | { readonly kind: 'material'; readonly secret: Secret; readonly info: Omit<SecretInfo, 'ref'> }
  /** Read anew at every use. */
  | { readonly kind: 'live'; readonly info: SecretInfo }
  | { readonly kind: 'previous'; readonly field: SecretField };

export interface ResolvedSecrets {
  readonly secrets: readonly ResolvedSecret[];
  /** What the secrets say about whose they are. */
  readonly identity: ConnectionIdentity;
}

export interface SecretArgumentOptions {
  readonly references: SecretReferences;
  readonly inlineSecrets: boolean;
  readonly clock: Clock;
  readonly onSecret?: (secret: Secret) => void;
}

/**
 * Reads the secret arguments of a completion. `{env}` and `{file}` are read now and copied to the vault: what was
 * completed keeps working when the variable is gone. Only a federated token stays a reference, since platforms renew
 * such tokens every hour.
 */
export async function resolveSecretArguments(
  record: ConnectionRecord,
  input: CompleteConnection,
  options: SecretArgumentOptions,
  call: CallContext,
): Promise<ResolvedSecrets> {
  const secrets: ResolvedSecret[] = [];
  let identity: ConnectionIdentity = {};
  for (const [field, argument] of secretEntries(input)) {
    checkAccepted(record, field);
    const { resolved, owner } = await resolveOne(field, argument, options, call);
    secrets.push(resolved);
    identity = { ...identity, ...owner };
  }
  return { secrets, identity };
}

async function resolveOne(
  field: SecretField,
  argument: SecretArgument,
  { references, inlineSecrets, clock, onSecret }: SecretArgumentOptions,
  call: CallContext,
): Promise<{ resolved: ResolvedSecret; owner: ConnectionIdentity }> {
  if (!(argument instanceof Secret) && 'previous' in argument) {
    return { resolved: { kind: 'previous', field }, owner: {} };
  }
  const source = sourceOf(field, argument, inlineSecrets);
  const secret = await references.resolve(source.reference);
  onSecret?.(secret);
  const facts = inspectSecret(field, secret, clock.now());
  const info: Omit<SecretInfo, 'ref'> = {
    field,
    fingerprint: secret.fingerprint,
    storedAt: new Date(clock.now()).toISOString(),
    ...(facts.expiresAt === undefined ? {} : { expiresAt: facts.expiresAt }),
    source: source.name,
  };
  if (source.name === 'inline') {
    call.note(
      `${field} passed through the model: rotate it once the connection works, by reference ({"env": …} or {"file": …}).`,
    );
  } else if (field === 'federated_token' && !(source.reference instanceof Secret)) {
    const { expiresAt: _changes, ...lasting } = info;
    return { resolved: { kind: 'live', info: { ...lasting, ref: references.format(source.reference) } }, owner: {} };
  }
  return { resolved: { kind: 'material', secret, info }, owner: facts.identity };
}

/** The material behind a secret argument of a tool that stores it elsewhere; `field` is its name in messages. */
export async function resolveSecretArgument(
  field: string,
  argument: SecretArgument,
  { references, inlineSecrets, onSecret }: Omit<SecretArgumentOptions, 'clock'>,
  call: CallContext,
): Promise<Secret> {
  if (!(argument instanceof Secret) && 'previous' in argument) {
    throw new AppError('invalid_argument', `${field} has no previous value.`, {
      hint: 'Pass {"env": "NAME"} or {"file": "/absolute/path"}.',
    });
  }
  const source = sourceOf(field, argument, inlineSecrets);
  const secret = await references.resolve(source.reference);
  onSecret?.(secret);
  if (source.name === 'inline') {
    call.note(`${field} passed through the model: rotate it, by reference ({"env": …} or {"file": …}).`);
  }
  return secret;
}

interface SecretSource {
  readonly name: 'inline' | 'env' | 'file';
  readonly reference: Secret | { readonly env: string } | { readonly file: string };
}

function sourceOf(
  field: string,
  argument: Exclude<SecretArgument, { readonly previous: true }>,
  inlineSecrets: boolean,
): SecretSource {
  if (argument instanceof Secret) {
    if (!inlineSecrets) {
      throw new AppError('refused', `${field} may not be passed literally here.`, {
        hint: 'Pass a reference instead: {"env": "NAME"} or {"file": "/absolute/path"}.',
      });
    }
    // Pasted values bring a line break along; no kind of secret begins or ends with white space.
    return { name: 'inline', reference: new Secret(argument.reveal().trim()) };
  }
  if ('env' in argument) return { name: 'env', reference: { env: argument.env } };
  if ('file' in argument) return { name: 'file', reference: { file: argument.file } };
  const asked = 'key_vault' in argument ? 'key_vault references' : 'asking a person';
  throw new AppError(
    'unsupported',
    `${asked === 'asking a person' ? 'Asking a person for' : 'Key Vault references for'} ${field} is not available in this version.`,
    {
      hint: 'Pass {"env": "NAME"} or {"file": "/absolute/path"}.',
    },
  );
}

function checkAccepted(record: ConnectionRecord, field: SecretField): void {
  const { secrets, optionalSecrets } = authRequirements[record.auth_type];
  const accepted = [...secrets, ...optionalSecrets];
  if (!accepted.includes(field)) {
    throw new AppError('invalid_argument', `${field} does not go with auth_type ${record.auth_type}.`, {
      hint: isKept(record, field)
        ? `Go back to the ${field} with convert_connection and revert: true first, and rotate it then.`
        : accepted.length === 0
          ? 'This kind of sign-in takes no secret: leave it out, or create the connection with another auth_type.'
          : `Supply ${accepted.join(' or ')}, or create the connection with another auth_type.`,
      detail: { field },
    });
  }
}

/** Whether a conversion to federation keeps a secret of this kind. */
function isKept({ conversion }: ConnectionRecord, field: SecretField): boolean {
  return conversion?.secrets.some((secret) => secret.field === field) ?? false;
}

function secretEntries({ secrets }: CompleteConnection): [SecretField, SecretArgument][] {
  const fields: readonly SecretField[] = ['client_secret', 'certificate', 'federated_token', 'token'];
  return fields.flatMap((field): [SecretField, SecretArgument][] => {
    const argument = secrets[field];
    return argument === undefined ? [] : [[field, argument]];
  });
}
