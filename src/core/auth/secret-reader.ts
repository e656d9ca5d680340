import { AppError } from '../base/errors.ts';
import type { ConnectionRecord, SecretField, SecretInfo } from '../record/connection.ts';
import type { DeclaredConnection, DeclaredSecret } from '../record/declared-connection.ts';
import { Secret } from '../secrets/secret.ts';
import type { Vault } from '../storage/storage.ts';
import { openCertificate } from './certificates/open-certificate.ts';
import type { SecretReferences } from './secret-references.ts';

/** Fetches secret material at the moment of use. `use` picks a secret other than the record's current one. */
export type SecretReader = (record: ConnectionRecord, field: SecretField, use?: SecretInfo) => Promise<Secret>;

export interface SecretReaderOptions {
  readonly vault: Vault;
  readonly references: SecretReferences;
  readonly declared: readonly DeclaredConnection[];
  /** Told of every secret that is read, and of its record, so that logs and results can mask it by value. */
  readonly onSecret?: (secret: Secret, record: ConnectionRecord) => void;
}

/** What the configuration holds for a secret: the secret itself, and the passphrase of a certificate that has one. */
export type DeclaredMaterial = readonly [secret: Secret, passphrase?: Secret];

/** Reads a secret of a declared connection from where the configuration says; undefined where it has none. */
export async function readDeclared(
  { secrets, certificate_passphrase: passphrase }: DeclaredConnection,
  field: SecretField,
  references: SecretReferences,
): Promise<DeclaredMaterial | undefined> {
  const resolve = async (one: DeclaredSecret) => (one instanceof Secret ? one : references.resolve(one, 'operator'));
  const source = secrets[field];
  if (source === undefined) return undefined;
  const secret = await resolve(source);
  return field === 'certificate' && passphrase !== undefined ? [secret, await resolve(passphrase)] : [secret];
}

/** The secret as it is used: a certificate is opened. */
export async function openDeclared(field: SecretField, [secret, passphrase]: DeclaredMaterial): Promise<Secret> {
  if (field !== 'certificate') return secret;
  try {
    return await openCertificate(secret, passphrase);
  } catch (error) {
    throw error instanceof AppError ? asDeclared(error, passphrase !== undefined) : error;
  }
}

/** The same, with the step for a passphrase: nobody passes one to a declared connection. */
function asDeclared(error: AppError, hasPassphrase: boolean): AppError {
  if (error.detail?.['field'] !== 'certificate_passphrase') return error;
  const hint = hasPassphrase
    ? 'Correct the certificate_passphrase of the connection in tenantry.yaml, or what it names.'
    : 'Name its passphrase with the connection in tenantry.yaml: certificate_passphrase: { env: NAME } or { file: PATH }.';
  return new AppError(error.code, error.message, { hint, detail: error.detail });
}

/**
 * Reads secrets of records: from the vault, or from where a declared connection or a federated token points to.
 * The reader throws `configuration` when the record has no such secret or its source is gone.
 */
export function createSecretReader(options: SecretReaderOptions): SecretReader {
  const declared = new Map(options.declared.map((connection) => [connection.name, connection]));
  return async (record, field, use) => {
    const info = use ?? record.secrets.find((candidate) => candidate.field === field);
    const secret = await read(record, field, info);
    options.onSecret?.(secret, record);
    return secret;
  };

  async function read(record: ConnectionRecord, field: SecretField, info: SecretInfo | undefined): Promise<Secret> {
    if (record.origin === 'declared') {
      const connection = declared.get(record.name);
      const material = connection && (await readDeclared(connection, field, options.references));
      if (material !== undefined) return openDeclared(field, material);
    }
    if (info === undefined) {
      throw new AppError('configuration', `The connection ${record.name} has no ${field}.`, {
        hint: `Supply ${field} with complete_connection.`,
      });
    }
    const live = options.references.parse(info.ref);
    return live === undefined
      ? options.vault.get({ connectionId: record.id, field }, info.ref)
      : options.references.resolve(live.source, live.actor);
  }
}
