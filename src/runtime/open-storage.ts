import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SecretReference, SecretReferences } from '../core/auth/secret-references.ts';
import type { Clock } from '../core/base/clock.ts';
import { AppError } from '../core/base/errors.ts';
import { explainFileError } from '../core/base/file-error.ts';
import type { Guard } from '../core/base/private-paths.ts';
import { defaultResultLimits } from '../core/storage/result-store.ts';
import type { Storage } from '../core/storage/storage.ts';
import type { KeyMarks } from '../core/storage/vault/key-ring.ts';
import type { Logger } from '../core/telemetry/logger.ts';
import type { Config, StoreRules, VaultKind } from './config/config.ts';

export interface StorageParts {
  readonly config: Config;
  readonly vault: VaultKind;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly guard: Guard;
  readonly references: () => Promise<SecretReferences>;
}

/** The storage that the configuration names: SQLite and files below the home folder, or PostgreSQL. */
export async function openConfiguredStorage(parts: StorageParts): Promise<Storage> {
  const { config, vault, clock, guard } = parts;
  const results = { ...defaultResultLimits, ...config.storedResults };
  if (config.store !== undefined) return openShared(config.store, parts);
  const { openLocalStorage } = await import('../core/storage/open-local-storage.ts');
  return openLocalStorage({ home: config.home, vault, clock, results, guard });
}

async function openShared(store: StoreRules, parts: StorageParts): Promise<Storage> {
  const { config, vault, clock, logger, guard, references } = parts;
  const { openPostgresStorage } = await import('../core/storage/postgres/open-postgres-storage.ts');
  const { createFileResultStore } = await import('../core/storage/files/file-result-store.ts');
  const { createSharedKey } = await import('../core/storage/vault/shared-key.ts');
  const { createMasterKey, loadKeyring } = await import('../core/storage/vault/master-key.ts');
  const { password, masterKey, previousMasterKey, ca, tls, ...options } = store;
  const { home, storedResults } = config;
  const read = async (source: SecretReference) => (await references()).resolve(source, 'operator');
  const keysOf = (marks: () => Promise<KeyMarks>) => {
    if (masterKey !== undefined) {
      const previous = previousMasterKey && { readPrevious: () => read(previousMasterKey) };
      return createSharedKey({ read: () => read(masterKey), ...previous, marks });
    }
    // The first secret and the first sealed record write it.
    const isFixed = async () => (await marks()).keyCheck !== undefined;
    const keyring = vault === 'file' ? async () => undefined : loadKeyring;
    return createMasterKey({ home, loadKeyring: keyring, isFixed, guard, marks });
  };
  return openPostgresStorage({
    ...options,
    withoutTls: !tls,
    ...(ca === undefined ? {} : { ca: await readAuthority(ca) }),
    // For each new connection, so that a changed password is found.
    ...(password === undefined ? {} : { password: async () => (await read(password)).reveal() }),
    onIdleError: ({ message }) => logger.debug('an idle connection to PostgreSQL ended', { reason: message }),
    keys: keysOf,
    // A list that is too long for an answer stays with the node that read it.
    results: createFileResultStore({
      directory: join(home, 'results'),
      clock,
      limits: { ...defaultResultLimits, ...storedResults },
    }),
    clock,
  });
}

async function readAuthority(path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw badAuthority(path, `it cannot be read: ${explainFileError(error)}`);
  });
  if (!text.includes('-----BEGIN CERTIFICATE-----')) throw badAuthority(path, 'it holds no certificate in PEM form');
  return text;
}

function badAuthority(path: string, reason: string): AppError {
  return new AppError('configuration', `store.ca: ${path}: ${reason}.`, {
    hint: 'Name the PEM file of the authority that signed the certificate of PostgreSQL.',
  });
}
