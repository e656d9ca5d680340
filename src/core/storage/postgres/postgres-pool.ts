import { Socket } from 'node:net';
import type { Pool, PoolConfig } from 'pg';

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
  /** Most milliseconds for a statement or a transaction, waiting for a connection included. Default 3,000. */
  readonly patienceMs?: number;
  /** Told when an idle connection is ended by the server: the next statement opens a new one. */
  readonly onIdleError?: (error: Error) => void;
}

export const defaultPatienceMs = 3_000;
const defaultConnections = 8;

/** What happens on a channel. */
export interface Hears {
  told(payload: string): void;
  /** The connection is gone: whatever was told since is lost. */
  ended(): void;
}

/** A connection that hears what is told on a channel. */
export interface Listening {
  /** Rejects where the connection does not answer in time: nobody tells a client that its line is dead. */
  probe(): Promise<void>;
  end(): void;
}

export async function openPool(options: PostgresOptions): Promise<Pool> {
  const { default: pg } = await import('pg');
  const pool = new pg.Pool(poolConfig(options));
  // Unheard, they end the process: the server ends idle connections whenever it is restarted, and those in use tell it
  // beside the failure of their statement.
  pool.on('error', (error) => options.onIdleError?.(error));
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}

export async function openListener(options: PostgresOptions, channel: string, hears: Hears): Promise<Listening> {
  const { default: pg } = await import('pg');
  // Held here: over a dead line, the client library waits for the other side before it lets go.
  const socket = new Socket();
  const client = new pg.Client({ ...poolConfig(options), stream: () => socket });
  // An error ends the connection, and `end` says so.
  client.on('error', () => undefined);
  client.once('end', hears.ended);
  client.on('notification', ({ payload = '' }) => hears.told(payload));
  const end = () => {
    client.end().catch(() => undefined);
    socket.destroy();
  };
  try {
    await client.connect();
    await client.query(`LISTEN "${channel}"`);
  } catch (error) {
    end();
    throw error;
  }
  return {
    async probe() {
      await client.query('SELECT 1');
    },
    end,
  };
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
