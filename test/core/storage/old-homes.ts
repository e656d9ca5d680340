import { createCipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { ConnectionRecord, SecretInfo } from '../../../src/core/record/connection.ts';

// Homes as earlier versions left them, written without any code of theirs or ours.

const secretTables = `
  CREATE TABLE secrets (
    ref TEXT PRIMARY KEY NOT NULL,
    connection_id TEXT NOT NULL,
    field TEXT NOT NULL,
    stored_at TEXT NOT NULL,
    sealed BLOB NOT NULL,
    sealed_key BLOB NOT NULL
  ) STRICT;
  CREATE TABLE vault_meta (name TEXT PRIMARY KEY NOT NULL, value TEXT NOT NULL) STRICT;
`;

/** Statements of each version. In the first one, names were unique for all owners together. */
const schemas = {
  1: `
    CREATE TABLE connections (
      id TEXT PRIMARY KEY NOT NULL, name TEXT NOT NULL UNIQUE, revision INTEGER NOT NULL, record TEXT NOT NULL
    ) STRICT;
    ${secretTables}
    PRAGMA user_version = 1;
  `,
  2: `
    CREATE TABLE connections (
      id TEXT PRIMARY KEY NOT NULL, owner TEXT NOT NULL, name TEXT NOT NULL, revision INTEGER NOT NULL,
      record TEXT NOT NULL, UNIQUE (owner, name)
    ) STRICT;
    ${secretTables}
    PRAGMA user_version = 2;
  `,
} as const;

/** A database of an earlier version, without a key. `texts` are rows that are no records. */
export function writeOldDatabase(
  home: string,
  version: keyof typeof schemas,
  records: readonly ConnectionRecord[],
  texts: Readonly<Record<string, string>> = {},
): DatabaseSync {
  const db = new DatabaseSync(join(home, 'tenantry.db'));
  db.exec(schemas[version]);
  const columns = version === 1 ? 'id, name, revision, record' : 'id, owner, name, revision, record';
  const insert = db.prepare(`INSERT INTO connections (${columns}) VALUES (${columns.replaceAll(/\w+/g, '?')})`);
  for (const record of records) {
    const { id, owner, name, revision } = record;
    insert.run(id, ...(version === 1 ? [] : [owner]), name, revision, JSON.stringify(record));
  }
  for (const [name, text] of Object.entries(texts)) {
    insert.run(`id of ${name}`, ...(version === 1 ? [] : ['local']), name, 1, text);
  }
  return db;
}

/** A master key in a file, and the keys that are derived from it. */
export function writeOldKey(home: string) {
  const master = randomBytes(32);
  writeFileSync(join(home, 'master.key'), `tenantry-key-1:${master.toString('base64url')}\n`, { mode: 0o600 });
  return (purpose: string) => Buffer.from(hkdfSync('sha256', master, 'tenantry', purpose, 32));
}

/** Puts a secret into the vault of an old database; resolves with what the record says about it. */
export function addOldSecret(
  db: DatabaseSync,
  derive: (purpose: string) => Buffer,
  connectionId: string,
  { ref, material }: { readonly ref: string; readonly material: string },
): SecretInfo {
  const field = 'client_secret';
  const context = Buffer.from(JSON.stringify(['tenantry secret', 1, connectionId, field, ref]));
  const dataKey = randomBytes(32);
  const storedAt = '2026-01-01T00:00:00.000Z';
  db.prepare('INSERT INTO secrets VALUES (?, ?, ?, ?, ?, ?)').run(
    ref,
    connectionId,
    field,
    storedAt,
    seal(dataKey, Buffer.from(material), context),
    seal(derive('vault'), dataKey, context),
  );
  db.prepare("INSERT OR IGNORE INTO vault_meta VALUES ('key_check', ?)").run(derive('vault check').toString('hex'));
  return { field, ref, fingerprint: oldFingerprint(material), storedAt, source: 'inline' };
}

/** The fingerprint that anybody can compute who guesses the secret. */
export function oldFingerprint(material: string): string {
  return createHash('sha256').update(material).digest('hex').slice(0, 8);
}

function seal(key: Buffer, plain: Buffer, context: Buffer): Buffer {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: 16 }).setAAD(context);
  const text = Buffer.concat([cipher.update(plain), cipher.final()]);
  return Buffer.concat([Buffer.of(1), nonce, cipher.getAuthTag(), text]);
}
