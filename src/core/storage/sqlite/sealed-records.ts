import { timingSafeEqual } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { AppError } from '../../base/errors.ts';
import { lazy } from '../../base/lazy.ts';
import { type ConnectionRecord, parseRecord, type SecretInfo } from '../../record/connection.ts';
import { fingerprintWith } from '../../secrets/fingerprints.ts';
import { recordPlace } from '../record-rows.ts';
import { openRowSealer, type RowSealer } from '../row-sealer.ts';
import type { MasterKey } from '../vault/master-key.ts';
import { openSecret } from '../vault/vault.ts';
import type { LocalDatabase } from './local-database.ts';
import { readKeyCheck, readSecretRow, writeKeyCheck } from './sqlite-secret-rows.ts';

/** What seals the records of one database. */
export interface RecordSealing {
  /** Undefined while there is nothing to read: an empty store asks for no key. */
  forReading(): Promise<RowSealer | undefined>;
  /** Runs `work` as one transaction, under the key that the database has. Makes the master key where there is none. */
  write<T>(work: (db: DatabaseSync, sealer: RowSealer) => T): Promise<T>;
}

/**
 * Loads the sealer, and seals a database of an older version by the way. Afterwards a record without a seal is refused:
 * the database says that it is sealed, and so does the master key, which is kept elsewhere.
 */
export function createRecordSealing(database: LocalDatabase, key: MasterKey): RecordSealing {
  const prepared = lazy(() => prepare(database, key));
  const sealer = async () => {
    await prepared.get();
    return openRowSealer(key);
  };
  return {
    async forReading() {
      if (prepared.peek() === undefined && !(await database.read(holdsAnything))) return undefined;
      return sealer();
    },
    async write(work) {
      const attempt = async () => {
        const opened = await sealer();
        return database.write((db) => {
          // Another process may have rotated the key meanwhile.
          if (readSealCheck(db) !== opened.check) return { isFit: false as const };
          return { isFit: true as const, value: work(db, opened) };
        });
      };
      const first = await attempt();
      if (first.isFit) return first.value;
      await key.confirm();
      const second = await attempt();
      if (second.isFit) return second.value;
      throw new AppError('configuration', 'The connection store was put in the place of another one.', {
        hint: 'Start Tenantry again.',
      });
    },
  };
}

function holdsAnything(db: DatabaseSync): boolean {
  return readSealCheck(db) !== undefined || db.prepare('SELECT 1 FROM sealed_connections LIMIT 1').get() !== undefined;
}

function readSealCheck(db: DatabaseSync): string | undefined {
  const row = db.prepare("SELECT value FROM vault_meta WHERE name = 'seal_check'").get();
  return row === undefined ? undefined : String(row['value']);
}

async function prepare(database: LocalDatabase, key: MasterKey): Promise<void> {
  const sealer = await openRowSealer(key);
  const hasSealed = await key.hasSealed();
  const found = await database.read(readSealCheck);
  if (found === undefined) {
    const [vault, vaultCheck, fingerprint] = await Promise.all(
      ['vault', 'vault check', 'fingerprint'].map((purpose) => key.derive(purpose)),
    );
    if (vault === undefined || vaultCheck === undefined || fingerprint === undefined) throw new Error('no keys');
    const keys = { vault, vaultCheck: vaultCheck.toString('hex'), fingerprint };
    await database.write((db) => sealAll(db, { sealer, hasSealed, ...keys }));
  } else {
    await key.confirm();
  }
  // Where it cannot be written down, the next process tries again.
  if (!hasSealed) await key.noteSealed().catch(() => undefined);
}

interface Sealing {
  readonly sealer: RowSealer;
  /** What the master key says. */
  readonly hasSealed: boolean;
  readonly vault: Buffer;
  readonly vaultCheck: string;
  readonly fingerprint: Buffer;
}

/**
 * Seals every record as it is found: the one moment at which records are believed without a seal. In one transaction, so
 * a crash leaves the old or the new state, and of two processes the second finds the work done.
 */
function sealAll(db: DatabaseSync, sealing: Sealing): void {
  const { sealer, hasSealed, vaultCheck } = sealing;
  const found = readSealCheck(db);
  if (found !== undefined) {
    requireSameKey(found, sealer.check);
    return;
  }
  const fixed = readKeyCheck(db);
  const isThere = (table: string) => db.prepare(`SELECT 1 FROM ${table} LIMIT 1`).get() !== undefined;
  // A key that has sealed records of another home, or of a file that was moved away, begins an empty one.
  const isEmpty = fixed === undefined && !isThere('sealed_connections') && !isThere('secrets');
  if ((hasSealed && !isEmpty) || (fixed === undefined && isThere('secrets'))) throw sealsMissing();
  if (fixed === undefined) {
    writeKeyCheck(db, vaultCheck);
  } else {
    requireSameKey(fixed, vaultCheck);
  }
  const update = db.prepare('UPDATE sealed_connections SET record = ? WHERE id = ?');
  for (const row of db.prepare('SELECT id, owner, name, revision, record FROM sealed_connections').all()) {
    const text = withKeyedFingerprints(String(row['name']), String(row['record']), db, sealing);
    update.run(sealer.seal(recordPlace(row), text), String(row['id']));
  }
  db.prepare("INSERT INTO vault_meta (name, value) VALUES ('seal_check', ?)").run(sealer.check);
}

/** Older versions stored the beginning of the secret's SHA-256, by which a weak secret can be guessed. */
function withKeyedFingerprints(name: string, text: string, db: DatabaseSync, sealing: Sealing): string {
  let record: ConnectionRecord;
  try {
    record = parseRecord(name, text);
  } catch {
    // Damaged before the upgrade: it stays as it is, and is named when it is read.
    return text;
  }
  const rekey = (secret: SecretInfo): SecretInfo => {
    const row = readSecretRow(db, secret.ref);
    const binding = { connectionId: record.id, field: secret.field };
    const material = row === undefined ? undefined : openSecret(sealing.vault, binding, secret.ref, row);
    // What is read again at every use is not at hand here: its fingerprint only has to change no more.
    const source = material ?? `earlier fingerprint ${secret.fingerprint}`;
    return { ...secret, fingerprint: fingerprintWith(sealing.fingerprint, source) };
  };
  const { secrets, previousSecrets, conversion } = record;
  return JSON.stringify({
    ...record,
    secrets: secrets.map(rekey),
    previousSecrets: previousSecrets.map(rekey),
    ...(conversion === undefined ? {} : { conversion: { ...conversion, secrets: conversion.secrets.map(rekey) } }),
  });
}

function requireSameKey(fixed: string, check: string): void {
  const [one, other] = [Buffer.from(fixed, 'hex'), Buffer.from(check, 'hex')];
  if (one.length !== other.length || !timingSafeEqual(one, other)) {
    throw new AppError('configuration', 'The master key is not the one that the stored connections were sealed with.', {
      hint: 'Restore the original master key (keyring entry or master.key in the home folder), or use another home folder.',
    });
  }
}

function sealsMissing(): AppError {
  return new AppError(
    'configuration',
    'The stored connections have lost their seals: the connection store was changed by something else than Tenantry, or replaced by an older copy.',
    {
      hint: 'Restore tenantry.db from a newer backup. To begin anew, let the person who runs Tenantry move tenantry.db away and create the connections again.',
    },
  );
}
