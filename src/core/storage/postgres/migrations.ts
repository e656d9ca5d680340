import type { Pool, PoolClient, QueryConfig } from 'pg';
import { AppError } from '../../base/errors.ts';
import { sharedMark } from '../shared-records.ts';
import type { StoreVersions } from '../transfer/store-tables.ts';

/** Version of the tables that this code works with. */
export const schemaVersion = 2;

/** Held while tables are made, so that of many nodes that start together one makes them. A number of our choice. */
const migrationLock = 7_302_110_921;
/** Another node may be at it; what waits longer says so. */
const lockPatience = '20s';

/** An index over many rows is no slow statement, nor is waiting for another node. */
const migrationMs = 3_600_000;

/**
 * Brings the tables of a schema to this version, in one transaction: a crash leaves the old version or the new one.
 * `waits` is told where another process is at it. Throws `configuration` where a newer version of Tenantry has been here.
 */
export async function migrate(pool: Pool, schema: string, waits: () => void = () => undefined): Promise<StoreVersions> {
  const found = await versionOf(pool, schema);
  if (found === schemaVersion) return { before: found, after: schemaVersion };
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    await client.query(`SET LOCAL lock_timeout = '${lockPatience}'`);
    await client.query('SET LOCAL statement_timeout = 0');
    const asked = await client.query<{ free: boolean }>('SELECT pg_try_advisory_xact_lock($1) AS free', [
      migrationLock,
    ]);
    if (asked.rows[0]?.free !== true) {
      waits();
      await patient(client, 'SELECT pg_advisory_xact_lock($1)', [migrationLock]);
    }
    const version = await versionOf(client, schema);
    if (version > schemaVersion) throw newerVersion();
    // CREATE SCHEMA asks for a right that a role with a schema of its own need not have.
    if (version === 0 && !(await hasSchema(client, schema))) await client.query(`CREATE SCHEMA "${schema}"`);
    for (const statements of migrations.slice(version)) {
      await patient(client, statements.replaceAll('{schema}', `"${schema}"`));
    }
    await client.query(
      `INSERT INTO "${schema}".meta (name, value) VALUES ('version', $1) ON CONFLICT (name) DO UPDATE SET value = $1`,
      [String(schemaVersion)],
    );
    await client.query('COMMIT');
    client.release();
    return { before: version, after: schemaVersion };
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    client.release(true);
    throw error;
  }
}

async function patient(client: PoolClient, text: string, values?: unknown[]): Promise<void> {
  // The type does not know what the library takes for one statement.
  const query: QueryConfig & { readonly query_timeout: number } = { text, query_timeout: migrationMs };
  await client.query(values === undefined ? query : { ...query, values });
}

/** 0 where there are no tables yet. */
async function versionOf(from: Pool | PoolClient, schema: string): Promise<number> {
  // Not `to_regclass`: within a transaction it may still answer what was so before the lock was waited for.
  const found = await from.query(
    "SELECT 1 FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname = $1 AND relname = 'meta'",
    [schema],
  );
  if (found.rowCount === 0) return 0;
  const { rows } = await from.query<{ value: string }>(`SELECT value FROM "${schema}".meta WHERE name = 'version'`);
  const version = Number(rows[0]?.value ?? 0);
  if (version > schemaVersion) throw newerVersion();
  return version;
}

async function hasSchema(client: PoolClient, schema: string): Promise<boolean> {
  const { rowCount } = await client.query('SELECT 1 FROM pg_namespace WHERE nspname = $1', [schema]);
  return (rowCount ?? 0) > 0;
}

function newerVersion(): AppError {
  return new AppError('configuration', 'The connection store was written by a newer version of Tenantry.', {
    hint: 'Use that version on every node, or another schema.',
  });
}

/** True for rows of connections that may be shared with somebody. Queries say the same words, so that the index serves them. */
export const isShared = `strpos(record, '${sharedMark}') > 0`;

/**
 * Statements that bring the tables from version n to n + 1. Only ever append. Sealed texts are `text`, never `jsonb`,
 * which would write them anew.
 */
const migrations: readonly string[] = [
  `
  CREATE TABLE {schema}.meta (name text PRIMARY KEY, value text NOT NULL);
  CREATE TABLE {schema}.connections (
    id text PRIMARY KEY,
    owner text NOT NULL,
    name text NOT NULL,
    revision integer NOT NULL,
    record text NOT NULL,
    UNIQUE (owner, name)
  );
  CREATE TABLE {schema}.secrets (
    ref text PRIMARY KEY,
    connection_id text NOT NULL,
    field text NOT NULL,
    stored_at text NOT NULL,
    sealed bytea NOT NULL,
    sealed_key bytea NOT NULL
  );
  CREATE TABLE {schema}.named_secrets (
    owner text NOT NULL,
    name text NOT NULL,
    secret text NOT NULL,
    PRIMARY KEY (owner, name)
  );
  CREATE TABLE {schema}.approvals (
    code text PRIMARY KEY,
    owner text NOT NULL,
    digest text NOT NULL,
    state text NOT NULL,
    expires_at bigint NOT NULL,
    approval text NOT NULL
  );
  CREATE INDEX approvals_digest ON {schema}.approvals (owner, digest);
  CREATE TABLE {schema}.open_writes (
    id text PRIMARY KEY,
    digest text NOT NULL UNIQUE,
    expires_at bigint NOT NULL,
    write text NOT NULL
  );
  CREATE TABLE {schema}.saved_state (
    caller text NOT NULL,
    connection_id text NOT NULL,
    name text NOT NULL,
    expires_at bigint,
    value text NOT NULL,
    PRIMARY KEY (caller, connection_id, name)
  );
  CREATE TABLE {schema}.receipts (
    place bigint GENERATED ALWAYS AS IDENTITY,
    id text PRIMARY KEY,
    owner text NOT NULL,
    revision integer NOT NULL,
    expires_at bigint NOT NULL,
    sealed text NOT NULL
  );
  CREATE INDEX receipts_owner ON {schema}.receipts (owner, place);
  CREATE TABLE {schema}.audit (
    line bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at bigint NOT NULL,
    entry text NOT NULL
  );
  CREATE INDEX audit_at ON {schema}.audit (at);
  `,
  // The rows of shared connections (shared-records.ts), found by what their text says.
  `CREATE INDEX shared_connections ON {schema}.connections (name, owner) WHERE ${isShared};`,
];
