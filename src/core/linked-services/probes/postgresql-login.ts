import { Socket } from 'node:net';
import { cancelled } from '../../base/errors.ts';

export interface LoginOptions {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** The access token. */
  readonly password: string;
  readonly signal: AbortSignal;
  /** Default 10 s for connecting, and as much for the answer. */
  readonly timeoutMs?: number;
}

/** Why there was no session. */
export interface LoginFailure {
  readonly kind: 'network' | 'no_tls' | 'refused';
  /** SQLSTATE of a refusal; otherwise Node's code or our own. */
  readonly code: string;
  /** The server's words; empty without an answer. */
  readonly message: string;
}

/**
 * Opens a session over TLS with the certificate verified, selects 1 and closes it. Nothing of the environment (`PGHOST`
 * and the like) takes part. Undefined means success.
 */
export async function login(options: LoginOptions): Promise<LoginFailure | undefined> {
  const { host, port, user, password, signal, timeoutMs = 10_000 } = options;
  if (signal.aborted) throw cancelled(signal.reason);
  const { Client } = (await import('pg')).default;
  const socket = new Socket();
  const client = new Client({
    host,
    port,
    user,
    password,
    database: 'postgres',
    application_name: 'tenantry',
    options: '',
    ssl: { rejectUnauthorized: true },
    // The socket is ours, so that cancelling ends it at once, whatever state the session is in.
    stream: () => socket,
    connectionTimeoutMillis: timeoutMs,
    query_timeout: timeoutMs,
  });
  // A connection that breaks later has been read already.
  client.on('error', () => undefined);
  const giveUp = () => socket.destroy();
  signal.addEventListener('abort', giveUp, { once: true });
  try {
    await client.connect();
    await client.query('SELECT 1');
    return undefined;
  } catch (error) {
    if (signal.aborted) throw cancelled(signal.reason);
    return readFailure(error);
  } finally {
    signal.removeEventListener('abort', giveUp);
    // The goodbye of the protocol is sent; nobody waits for the other side.
    client.end().catch(() => undefined);
    socket.destroySoon();
  }
}

function readFailure(error: unknown): LoginFailure {
  const message = error instanceof Error ? error.message : '';
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (/^[0-9A-Z]{5}$/.test(code) && error instanceof Error && 'severity' in error) {
    return { kind: 'refused', code, message };
  }
  if (/does not support SSL/i.test(message)) return { kind: 'no_tls', code: 'NO_TLS', message: '' };
  if (/timeout/i.test(message)) return { kind: 'network', code: 'ETIMEDOUT', message: '' };
  return { kind: 'network', code: /^[A-Z0-9_]{2,60}$/.test(code) ? code : 'ECONNRESET', message: '' };
}
