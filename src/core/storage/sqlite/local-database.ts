import { closeSync, existsSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { createPrivateFolder } from '../../base/create-private-folder.ts';
import { delay } from '../../base/delay.ts';
import { AppError } from '../../base/errors.ts';
import { type Guard, inspectHome, inspectPath, type PrivatePath } from '../../base/private-paths.ts';
import { sharedMark } from '../shared-records.ts';
import type { StoreVersions } from '../transfer/store-tables.ts';

/** Name of the file in a home folder. */
export const databaseName = 'tenantry.db';

/** One row of a query, by column. */
export type Row = Readonly<Record<string, unknown>>;

/** The SQLite file of a home folder, shared by any number of processes. Opened on first use. */
export interface LocalDatabase {
  /** Runs `work` on the file; undefined when there is no file yet. Creates nothing. */
  read<T>(work: (database: DatabaseSync) => T): Promise<T | undefined>;
  /** Runs `work` as one transaction that holds the write lock from its start; creates a missing file. */
  write<T>(work: (database: DatabaseSync) => T): Promise<T>;
  /** Opens the file, which makes a missing one, and tells what that has done to its version. */
  versions(): Promise<StoreVersions>;
  close(): Promise<void>;
}

/** How long one attempt blocks inside SQLite. Short, since SQLite blocks the thread; between attempts we wait. */
const busyTimeoutMs = 50;
const busyAttempts = 400;
const busyPauseMs = 20;

/** `guard` decides about files that strangers own or may write; by default nothing is checked. */
export function createLocalDatabase(path: string, guard: Guard = () => undefined): LocalDatabase {
  let opening: Promise<DatabaseSync> | undefined;
  let opened: DatabaseSync | undefined;
  let closed = false;
  let versions: StoreVersions = { before: 0, after: 0 };

  return {
    async read(work) {
      if (opened === undefined && opening === undefined && !existsSync(path)) return undefined;
      const database = await open();
      return patiently(() => work(database));
    },
    async write(work) {
      const database = await open();
      return patiently(() => transaction(database, work));
    },
    async versions() {
      await open();
      return versions;
    },
    async close() {
      closed = true;
      await opening?.catch(() => undefined);
      opened?.close();
      opened = undefined;
      opening = undefined;
    },
  };

  function open(): Promise<DatabaseSync> {
    if (closed) return Promise.reject(new AppError('cancelled', 'The connection store is closed.'));
    opening ??= openDatabase(path).then(
      (database) => {
        opened = database;
        return database;
      },
      (error: unknown) => {
        opening = undefined;
        throw error;
      },
    );
    return opening;
  }

  /** Other processes hold the write lock for milliseconds only, so it pays to try again. */
  async function patiently<T>(work: () => T): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return work();
      } catch (error) {
        if (!isBusy(error) || attempt >= busyAttempts) throw databaseError(error, path);
        await delay(busyPauseMs * Math.random());
      }
    }
  }

  async function openDatabase(file: string): Promise<DatabaseSync> {
    const { DatabaseSync: Database } = await loadSqlite();
    return patiently(() => {
      guard(inspectHome(dirname(file)));
      createPrivateFile(file);
      for (const each of databaseFiles(file)) inspectIfThere(each, guard);
      const database = new Database(file, { timeout: busyTimeoutMs });
      try {
        // WAL lets readers continue during a write; FULL makes a confirmed change survive a power cut;
        // secure_delete overwrites destroyed secrets.
        database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;');
        versions = migrate(database);
        return database;
      } catch (error) {
        database.close();
        throw error;
      }
    });
  }
}

/** node:sqlite warns that it is experimental on the versions that we support; users cannot act on that. */
export async function loadSqlite(): Promise<typeof import('node:sqlite')> {
  const emitWarning = process.emitWarning;
  process.emitWarning = (warning: string | Error, ...rest: unknown[]) => {
    if (!String(warning).includes('SQLite')) Reflect.apply(emitWarning, process, [warning, ...rest]);
  };
  try {
    return await import('node:sqlite');
  } finally {
    process.emitWarning = emitWarning;
  }
}

/** The database and the side files of SQLite, which hold parts of it. */
export function databaseFiles(path: string): readonly PrivatePath[] {
  return ['', '-wal', '-shm', '-journal'].map((end) => ({ path: `${path}${end}`, noun: 'connection store' }));
}

function inspectIfThere(file: PrivatePath, guard: Guard): void {
  const stats = statSync(file.path, { throwIfNoEntry: false });
  if (stats !== undefined) guard(inspectPath(file, stats));
}

/** SQLite gives its side files the mode of the main file, so the main file is made private before SQLite sees it. */
function createPrivateFile(path: string): void {
  if (!existsSync(path)) {
    createPrivateFolder(dirname(path));
    closeSync(openSync(path, 'a', 0o600));
  }
}

/** True for rows of connections that may be shared with somebody. Queries say the same words, so that the index serves them. */
export const isShared = `instr(record, '${sharedMark}') > 0`;

/** Statements that bring the store from version n to n + 1. Only ever append: the version is the length of the list. */
const migrations: readonly string[] = [
  `
  CREATE TABLE connections (
    id TEXT PRIMARY KEY NOT NULL,
    name TEXT NOT NULL UNIQUE,
    revision INTEGER NOT NULL,
    record TEXT NOT NULL
  ) STRICT;
  CREATE TABLE secrets (
    ref TEXT PRIMARY KEY NOT NULL,
    connection_id TEXT NOT NULL,
    field TEXT NOT NULL,
    stored_at TEXT NOT NULL,
    sealed BLOB NOT NULL,
    sealed_key BLOB NOT NULL
  ) STRICT;
  CREATE TABLE vault_meta (name TEXT PRIMARY KEY NOT NULL, value TEXT NOT NULL) STRICT;
  `,
  // Names are unique by owner. A damaged record stays where it is, and is named when it is read.
  `
  CREATE TABLE owned_connections (
    id TEXT PRIMARY KEY NOT NULL,
    owner TEXT NOT NULL,
    name TEXT NOT NULL,
    revision INTEGER NOT NULL,
    record TEXT NOT NULL,
    UNIQUE (owner, name)
  ) STRICT;
  INSERT INTO owned_connections (id, owner, name, revision, record)
    SELECT id, CASE WHEN json_valid(record) THEN coalesce(json_extract(record, '$.owner'), 'local') ELSE 'local' END,
      name, revision, record FROM connections;
  DROP TABLE connections;
  ALTER TABLE owned_connections RENAME TO connections;
  `,
  `
  CREATE TABLE named_secrets (
    owner TEXT NOT NULL,
    name TEXT NOT NULL,
    secret TEXT NOT NULL,
    PRIMARY KEY (owner, name)
  ) STRICT;
  CREATE TABLE approvals (
    code TEXT PRIMARY KEY NOT NULL,
    owner TEXT NOT NULL,
    digest TEXT NOT NULL,
    state TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    approval TEXT NOT NULL
  ) STRICT;
  `,
  // Records carry a seal from here on (sealed-records.ts). Under another name, so that a process of an older version
  // that is still running cannot go on writing records without one.
  'ALTER TABLE connections RENAME TO sealed_connections;',
  `
  CREATE TABLE open_writes (
    id TEXT PRIMARY KEY NOT NULL,
    digest TEXT NOT NULL UNIQUE,
    expires_at INTEGER NOT NULL,
    write TEXT NOT NULL
  ) STRICT;
  `,
  `
  CREATE TABLE receipts (
    id TEXT PRIMARY KEY NOT NULL,
    owner TEXT NOT NULL,
    revision INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    sealed TEXT NOT NULL
  ) STRICT;
  `,
  // The rows of shared connections (shared-records.ts), found by what their text says.
  `CREATE INDEX shared_connections ON sealed_connections (name, owner) WHERE ${isShared};`,
];

/** The version that this code works with. */
export const schemaVersion = migrations.length;

function migrate(database: DatabaseSync): StoreVersions {
  const after = migrations.length;
  if (versionOf(database) === after) return { before: after, after };
  return transaction(database, () => {
    const version = versionOf(database);
    if (version > migrations.length) {
      throw new AppError('configuration', 'The connection store was written by a newer version of Tenantry.', {
        hint: 'Use that version, or another home folder.',
      });
    }
    for (const statements of migrations.slice(version)) {
      database.exec(statements);
    }
    database.exec(`PRAGMA user_version = ${migrations.length}`);
    return { before: version, after };
  });
}

export function versionOf(database: DatabaseSync): number {
  return Number(database.prepare('PRAGMA user_version').get()?.['user_version'] ?? 0);
}

function transaction<T>(database: DatabaseSync, work: (database: DatabaseSync) => T): T {
  database.exec('BEGIN IMMEDIATE');
  try {
    const result = work(database);
    database.exec('COMMIT');
    return result;
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}

/** Primary result code of SQLite (https://www.sqlite.org/rescode.html): extended codes carry it in their low byte. */
function resultCode(error: unknown): number | undefined {
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number'
    ? error.errcode & 0xff
    : undefined;
}

function isBusy(error: unknown): boolean {
  const code = resultCode(error);
  return code === 5 || code === 6;
}

export function databaseError(error: unknown, path: string): unknown {
  if (error instanceof AppError) return error;
  if (isBusy(error)) {
    return new AppError('conflict', 'The connection store is locked by another process.', {
      hint: 'Try again; if it stays locked, end the process that holds it.',
      retryable: true,
    });
  }
  const code = resultCode(error) ?? (error instanceof Error && 'code' in error ? error.code : undefined);
  if (code === undefined) return error;
  return new AppError(
    'configuration',
    `The connection store ${path} cannot be used (SQLite or system error ${code}).`,
    {
      hint: 'Check that the file is a Tenantry store, that its folder is writable and that the disk is not full.',
      cause: error,
    },
  );
}
