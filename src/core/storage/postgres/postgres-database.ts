import type { Client, Pool, PoolClient, PoolConfig } from 'pg';
import { AppError } from '../../base/errors.ts';
import { lazy } from '../../base/lazy.ts';
import type { StoreVersions } from '../transfer/store-tables.ts';
import { migrate } from './migrations.ts';
import { away, isBroken, type PostgresStep, postgresError } from './postgres-errors.ts';

/** One row of a query, by column. */
export type Row = Readonly<Record<string, unknown>>;

export interface Answer {
  readonly rows: readonly Row[];
  /** Rows that a change has changed. */
  readonly changed: number;
}

/** Runs one statement; values go beside it as `$1`, `$2`, never inside. */
export type RunStatement = (text: string, values?: readonly unknown[]) => Promise<Answer>;

export interface PostgresOptions {
  /** `postgres://user@host:5432/database`; a password in it is a secret. */
  readonly url: string;
  /** PEM of the authority that signs the server's certificate. Default: those of Node. */
  readonly ca?: string;
  /** Only for a server on this machine: without TLS. */
  readonly withoutTls?: boolean;
  /** Asked for each new connection, as tokens of Entra are. Default: the password of the address. */
  readonly password?: () => Promise<string>;
  /** Holds all tables; they may share a database with others. Default `tenantry`. */
  readonly schema?: string;
  /** Most connections of this process. Default 8: nodes × this stays below `max_connections` of the server. */
  readonly mostConnections?: number;
  /** Most milliseconds for a statement, waiting for a connection included. Default 3,000. */
  readonly patienceMs?: number;
  /** Told when an idle connection is ended by the server: the next statement opens a new one. */
  readonly onIdleError?: (error: Error) => void;
}

/** What happens on a channel. */
export interface Hears {
  told(payload: string): void;
  /** The connection is gone: whatever was told since is lost. */
  ended(): void;
}

/** The database that all nodes share. Opened, and its tables made, by the first statement. */
export interface PostgresDatabase {
  readonly schema: string;
  /** Makes the tables, or brings them to this version. */
  versions(): Promise<StoreVersions>;
  /** A statement that reads: sent once more where its connection turns out to be broken. */
  read: RunStatement;
  /** A statement that changes something. Throws `outcome_unknown` where the connection broke before its answer came. */
  write: RunStatement;
  /** A connection of its own, outside the pool, that hears what is told on a channel. Resolves when it listens. */
  listen(channel: string, hears: Hears): Promise<void>;
  /** Several statements as one transaction (READ COMMITTED). */
  transaction<T>(work: (run: RunStatement) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

const defaultPatienceMs = 3_000;
const defaultConnections = 8;
const schemaPattern = /^[a-z_][a-z0-9_]{0,62}$/;

/** Touches nothing before the first statement. Throws `configuration` for a schema that is no plain name. */
export function createPostgresDatabase(options: PostgresOptions): PostgresDatabase {
  const { schema = 'tenantry', patienceMs = defaultPatienceMs } = options;
  if (!schemaPattern.test(schema)) {
    throw new AppError('configuration', 'store.schema: this is not the plain name of a schema.', {
      hint: 'Use small letters, digits and underscores, such as tenantry.',
    });
  }
  let isClosed = false;
  const listeners = new Set<Client>();
  const pool = lazy(() => openPool(options));
  const migrated = lazy(async () => {
    // The first token may take longer than a connection; the next call finds it.
    await options.password?.();
    return migrate(await pool.get(), schema);
  });

  async function ready(): Promise<Pool> {
    if (isClosed) throw new AppError('cancelled', 'The connection store is closed.');
    await guarded('migrating', () => migrated.get());
    return pool.get();
  }

  return {
    schema,
    versions: async () => {
      if (isClosed) throw new AppError('cancelled', 'The connection store is closed.');
      return guarded('migrating', async () => migrate(await pool.get(), schema));
    },
    read: (text, values = []) =>
      inTime(
        guarded('reading', async () => {
          const from = await ready();
          try {
            return await statement(from, text, values);
          } catch (error) {
            if (!isBroken(error)) throw error;
            return statement(from, text, values);
          }
        }),
        patienceMs,
        'reading',
      ),
    write: (text, values = []) => {
      // Until a statement is sent, nothing can have been changed.
      let isSent = false;
      const sending = () => {
        isSent = true;
      };
      const work = guarded('writing', async () => writing(await ready(), text, values, sending));
      return inTime(work, patienceMs, 'writing', () => (isSent ? unknownOutcome(undefined) : away('connecting')));
    },
    listen: async (channel, hears) => {
      const client = await guarded('connecting', async () => {
        await inTime(ready(), patienceMs, 'connecting');
        return openListener(options, channel, hears);
      });
      listeners.add(client);
      client.once('end', () => listeners.delete(client));
    },
    transaction: async (work) => {
      const from = await inTime(ready(), patienceMs, 'connecting');
      return guarded('writing', () => inTransaction(from, work, patienceMs));
    },
    async close() {
      isClosed = true;
      await Promise.all([...listeners].map((client) => client.end()));
      await (await pool.peek()?.catch(() => undefined))?.end();
    },
  };
}

async function openPool(options: PostgresOptions): Promise<Pool> {
  const { default: pg } = await import('pg');
  const pool = new pg.Pool(poolConfig(options));
  // Unheard, they end the process: the server ends idle connections whenever it is restarted, and those in use tell it
  // beside the failure of their statement.
  pool.on('error', (error) => options.onIdleError?.(error));
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}

async function openListener(options: PostgresOptions, channel: string, hears: Hears): Promise<Client> {
  const { default: pg } = await import('pg');
  const client = new pg.Client(poolConfig(options));
  // An error ends the connection, and `end` says so.
  client.on('error', () => undefined);
  client.once('end', hears.ended);
  client.on('notification', ({ payload = '' }) => hears.told(payload));
  try {
    await client.connect();
    await client.query(`LISTEN "${channel}"`);
  } catch (error) {
    await client.end().catch(() => undefined);
    throw error;
  }
  return client;
}

function poolConfig(options: PostgresOptions): PoolConfig {
  const { url, ca, password, withoutTls = false, patienceMs = defaultPatienceMs } = options;
  const { hostname, port, username, pathname, password: written } = new URL(url);
  return {
    // Not as one text: what stands behind `?` there would switch checks off, and its password would win.
    host: hostname.replace(/^\[|\]$/g, ''),
    ...(port === '' ? {} : { port: Number(port) }),
    ...(username === '' ? {} : { user: decodeURIComponent(username) }),
    database: decodeURIComponent(pathname.slice(1)),
    ...(password === undefined && written === '' ? {} : { password: password ?? decodeURIComponent(written) }),
    ssl: withoutTls ? false : { rejectUnauthorized: true, ...(ca === undefined ? {} : { ca }) },
    max: options.mostConnections ?? defaultConnections,
    application_name: 'tenantry',
    keepAlive: true,
    idleTimeoutMillis: 30_000,
    connectionTimeoutMillis: Math.min(2_000, patienceMs),
    // The server gives up first, so that nothing of a failed statement goes on there.
    statement_timeout: Math.max(1, patienceMs - 200),
    query_timeout: patienceMs,
    idle_in_transaction_session_timeout: 10_000,
    // Nothing of ours waits for a person.
    allowExitOnIdle: true,
  };
}

async function statement(from: Pool | PoolClient, text: string, values: readonly unknown[]): Promise<Answer> {
  const { rows, rowCount } = await from.query<Record<string, unknown>>(text, [...values]);
  return { rows, changed: rowCount ?? 0 };
}

/** A broken connection is no failure where nothing can have been sent on it. */
async function writing(from: Pool, text: string, values: readonly unknown[], sending: () => void): Promise<Answer> {
  const client = await from.connect();
  try {
    sending();
    const answer = await statement(client, text, values);
    client.release();
    return answer;
  } catch (error) {
    client.release(isBroken(error));
    throw isBroken(error) ? unknownOutcome(error) : error;
  }
}

async function inTransaction<T>(from: Pool, work: (run: RunStatement) => Promise<T>, patienceMs: number): Promise<T> {
  const client = await inTime(from.connect(), patienceMs, 'connecting');
  let isCommitting = false;
  try {
    await client.query('BEGIN');
    const result = await work((text, values = []) => statement(client, text, values));
    isCommitting = true;
    await client.query('COMMIT');
    client.release();
    return result;
  } catch (error) {
    const isGone = isBroken(error) || !(await rolledBack(client));
    client.release(isGone);
    throw isGone && isCommitting ? unknownOutcome(error) : error;
  }
}

async function rolledBack(client: PoolClient): Promise<boolean> {
  try {
    await client.query('ROLLBACK');
    return true;
  } catch {
    return false;
  }
}

function unknownOutcome(cause: unknown): AppError {
  return new AppError('outcome_unknown', 'The database of Tenantry went away before it answered a change.', {
    hint: 'Look with list_connections what was saved, then call again.',
    cause,
  });
}

async function guarded<T>(step: PostgresStep, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw postgresError(error, step);
  }
}

/** A server that takes the connection and then says nothing holds no call longer than this. */
async function inTime<T>(
  work: Promise<T>,
  patienceMs: number,
  step: PostgresStep,
  late: () => AppError = () => away(step),
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const isLate = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late()), patienceMs);
  });
  try {
    return await Promise.race([work, isLate]);
  } finally {
    clearTimeout(timer);
  }
}
