import { randomUUID, timingSafeEqual } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import type { Clock } from '../../base/clock.ts';
import { AppError } from '../../base/errors.ts';
import { Secret } from '../../secrets/secret.ts';
import type { LocalDatabase } from '../sqlite/local-database.ts';
import type { MasterKey } from './master-key.ts';
import { openSecret, sealSecret } from './sealing.ts';
import type { StoredSecret, Vault } from './vault.ts';

export interface LocalVaultOptions {
  /** Shared with the connection store, or of its own. */
  readonly database: LocalDatabase;
  readonly masterKey: MasterKey;
  readonly clock: Clock;
}

/**
 * Secrets in a local database, each encrypted under its own key; those keys are wrapped by a key derived from the
 * master key. The first secret fixes the master key: with another one every operation is refused and changes nothing.
 */
export function createLocalVault({ database, masterKey, clock }: LocalVaultOptions): Vault {
  return {
    async put(binding, secret) {
      const keys = await deriveKeys(masterKey);
      const ref = randomUUID();
      const { sealed, sealedKey } = sealSecret(keys.wrap, binding, ref, secret.reveal());
      const storedAt = new Date(clock.now()).toISOString();
      await database.write((db) => {
        fixMasterKey(db, keys.check);
        db.prepare(
          'INSERT INTO secrets (ref, connection_id, field, stored_at, sealed, sealed_key) VALUES (?, ?, ?, ?, ?, ?)',
        ).run(ref, binding.connectionId, binding.field, storedAt, sealed, sealedKey);
      });
      return ref;
    },
    async get(binding, ref) {
      const row = await database.read((db) =>
        db.prepare('SELECT sealed, sealed_key FROM secrets WHERE ref = ?').get(ref),
      );
      if (row === undefined) throw secretGone();
      const keys = await deriveKeys(masterKey);
      await database.read((db) => compareMasterKey(db, keys.check));
      return opened(
        openSecret(keys.wrap, binding, ref, { sealed: bytes(row['sealed']), sealedKey: bytes(row['sealed_key']) }),
      );
    },
    async destroy(ref) {
      await database.write((db) => db.prepare('DELETE FROM secrets WHERE ref = ?').run(ref));
    },
    async list() {
      const rows = await database.read((db) =>
        db.prepare('SELECT ref, connection_id, field, stored_at FROM secrets ORDER BY stored_at, ref').all(),
      );
      return (rows ?? []).map(storedSecret);
    },
    close: () => database.close(),
  };
}

/** Whether secrets exist that only the present master key can open; then a missing key must not be replaced by a new one. */
export async function isMasterKeyFixed(database: LocalDatabase): Promise<boolean> {
  return (await database.read(readCheck)) !== undefined;
}

/** The answer to a reference that leads nowhere. */
export function secretGone(): AppError {
  return new AppError('not_found', 'The stored secret is gone: the connection was changed or deleted meanwhile.', {
    hint: 'Look at the connection with list_connections and call again.',
    retryable: true,
  });
}

/** The answer to a secret that was damaged or belongs to another connection. */
export function opened(material: string | undefined): Secret {
  if (material === undefined) {
    throw new AppError('configuration', 'The stored secret is damaged or belongs to another connection.', {
      hint: 'Supply the secret again with complete_connection.',
    });
  }
  return new Secret(material);
}

async function deriveKeys(masterKey: MasterKey): Promise<{ wrap: Buffer; check: Buffer }> {
  const [wrap, check] = await Promise.all([masterKey.derive('vault'), masterKey.derive('vault check')]);
  return { wrap, check };
}

function readCheck(db: DatabaseSync): string | undefined {
  const row = db.prepare("SELECT value FROM vault_meta WHERE name = 'key_check'").get();
  return row === undefined ? undefined : String(row['value']);
}

function fixMasterKey(db: DatabaseSync, check: Buffer): void {
  if (readCheck(db) === undefined) {
    db.prepare("INSERT INTO vault_meta (name, value) VALUES ('key_check', ?)").run(check.toString('hex'));
  }
  compareMasterKey(db, check);
}

function compareMasterKey(db: DatabaseSync, check: Buffer): void {
  const stored = Buffer.from(readCheck(db) ?? '', 'hex');
  if (stored.length !== check.length || !timingSafeEqual(stored, check)) {
    throw new AppError('configuration', 'The master key is not the one that the stored secrets were encrypted with.', {
      hint: 'Restore the original master key (keyring entry or master.key in the home folder), or use another home folder.',
    });
  }
}

function storedSecret(row: Record<string, unknown>): StoredSecret {
  return {
    ref: String(row['ref']),
    connectionId: String(row['connection_id']),
    field: String(row['field']),
    storedAt: String(row['stored_at']),
  };
}

function bytes(value: unknown): Buffer {
  return value instanceof Uint8Array ? Buffer.from(value) : Buffer.alloc(0);
}
