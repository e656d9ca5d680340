import { constants, open, realpath } from 'node:fs/promises';
import { homedir } from 'node:os';
import { isAbsolute, join, sep } from 'node:path';
import type { Environment } from '../base/environment.ts';
import { AppError, invalidArgument } from '../base/errors.ts';
import type { ConnectionRecord, SecretField, SecretInfo } from '../record/connection.ts';
import type { DeclaredConnection } from '../record/declared-connection.ts';
import { Secret } from '../secrets/secret.ts';
import type { Vault } from '../storage/storage.ts';

/** Fetches secret material at the moment of use. `use` picks a secret other than the record's current one. */
export type SecretReader = (record: ConnectionRecord, field: SecretField, use?: SecretInfo) => Promise<Secret>;

export interface SecretReaderOptions {
  readonly vault: Vault;
  readonly references: SecretReferences;
  readonly declared: readonly DeclaredConnection[];
  /** Told of every secret that is read, so that logs and results can mask it by value. */
  readonly onSecret?: (secret: Secret) => void;
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
    options.onSecret?.(secret);
    return secret;
  };

  function read(record: ConnectionRecord, field: SecretField, info: SecretInfo | undefined): Promise<Secret> {
    if (record.origin === 'declared') {
      const source = declared.get(record.name)?.secrets[field];
      if (source !== undefined) return options.references.resolve(source);
    }
    if (info === undefined) {
      throw new AppError('configuration', `The connection ${record.name} has no ${field}.`, {
        hint: `Supply ${field} with complete_connection.`,
      });
    }
    const live = options.references.parse(info.ref);
    return live === undefined
      ? options.vault.get({ connectionId: record.id, field }, info.ref)
      : options.references.resolve(live);
  }
}

/** A place outside the vault where a secret can be read again at any time. */
export type SecretReference = { readonly env: string } | { readonly file: string };

/** Reads secrets from environment variables and files. */
export interface SecretReferences {
  /** The material behind a reference, or the `Secret` itself. Throws `configuration` when there is none. */
  resolve(source: SecretReference | Secret): Promise<Secret>;
  /** The `ref` of a secret that is read again at every use instead of being copied to the vault. */
  format(source: SecretReference): string;
  /** The reverse of `format`; undefined for a reference of the vault. */
  parse(ref: string): SecretReference | undefined;
}

export interface SecretReferencesOptions {
  readonly environment: Environment;
  /** Files below it are refused: the vault and its master key are not secrets of a connection. */
  readonly home: string;
  /** Called with every secret that is read, so that logs and answers can mask it. */
  readonly onSecret?: (secret: Secret) => void;
}

/** Certificates with a chain are far smaller; a larger file is the wrong file. */
const maxFileBytes = 64 * 1024;

export function createSecretReferences(options: SecretReferencesOptions): SecretReferences {
  return {
    async resolve(source) {
      const secret = await readSource(source, options);
      options.onSecret?.(secret);
      return secret;
    },
    format: (source) => ('env' in source ? `env:${source.env}` : `file:${source.file}`),
    parse: (ref) => {
      if (ref.startsWith('env:')) return { env: ref.slice(4) };
      return ref.startsWith('file:') ? { file: ref.slice(5) } : undefined;
    },
  };
}

async function readSource(
  source: Secret | SecretReference,
  { environment, home }: SecretReferencesOptions,
): Promise<Secret> {
  if (source instanceof Secret) return source;
  return 'env' in source ? readVariable(source.env, environment) : readSecretFile(source.file, home);
}

function readVariable(name: string, environment: Environment): Secret {
  if (!/^[A-Za-z_][A-Za-z0-9_]{0,199}$/.test(name)) {
    throw invalidArgument('The name of an environment variable is not valid.', 'Use a name such as PROD_AZURE_SECRET.');
  }
  const value = environment(name);
  if (value === undefined || value.trim() === '') {
    throw new AppError('configuration', `The environment variable ${name} is not set.`, {
      hint: `Set ${name} for the Tenantry process and start it again.`,
    });
  }
  return new Secret(value.trim());
}

async function readSecretFile(path: string, home: string): Promise<Secret> {
  const file = path.startsWith('~/') ? join(homedir(), path.slice(2)) : path;
  if (!isAbsolute(file) || file.includes('\0')) {
    throw invalidArgument(
      'The path of a secret file must be absolute.',
      'Use a path such as /run/secrets/client_secret.',
    );
  }
  try {
    await refuseOwnFiles(file, home);
    // Opened without blocking: a named pipe must not hang the call.
    const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const stats = await handle.stat();
      if (!stats.isFile() || stats.size > maxFileBytes) {
        throw unreadable(file, 'it is not a regular file of at most 64 KiB');
      }
      return secretOf(file, await handle.readFile('utf8'));
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw error instanceof AppError ? error : unreadable(file, errorCodeOf(error));
  }
}

async function refuseOwnFiles(file: string, home: string): Promise<void> {
  const [realFile, realHome] = await Promise.all([realpath(file), realpath(home).catch(() => home)]);
  if (realFile.startsWith(realHome + sep)) {
    throw new AppError('refused', 'Files of the Tenantry home folder cannot be used as secrets.', {
      hint: 'Put the secret into a file elsewhere.',
    });
  }
}

function secretOf(file: string, text: string): Secret {
  const value = text.trim();
  if (value === '') throw unreadable(file, 'it is empty');
  return new Secret(value);
}

function unreadable(file: string, reason: string): AppError {
  return new AppError('configuration', `The secret file ${file} cannot be read: ${reason}.`, {
    hint: 'Check the path and that the Tenantry process may read the file.',
  });
}

function errorCodeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown reason';
}
