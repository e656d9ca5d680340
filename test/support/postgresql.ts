import { execFile } from 'node:child_process';
import { chmod, chown, cp, glob, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { freePort, startChildServer } from './child-server.ts';
import type { TestCertificate } from './test-certificate.ts';

/** A real PostgreSQL for one test file that accepts clear-text passwords over TLS, as Azure's servers do. */
export interface TestPostgresql {
  readonly port: number;
  /** Runs a statement as the owner of the cluster, in the database `template1` or in another one; resolves with its rows. */
  run(statement: string, database?: string): Promise<readonly unknown[]>;
  /** Opens a session, runs statements in it, and keeps it until it is let go. */
  hold(statements: readonly string[], database?: string): Promise<{ letGo(): Promise<void> }>;
  /** Ends the server; its data stay. */
  down(): Promise<void>;
  /** Starts it again, on the same port. */
  up(): Promise<void>;
  stop(): Promise<void>;
}

const run = promisify(execFile);

/** Folder of the newest local binaries; undefined if there are none. */
export async function findPostgresql(): Promise<string | undefined> {
  const found: string[] = [];
  for await (const path of glob([
    '/usr/lib/postgresql/*/bin/initdb',
    '/usr/local/pgsql/bin/initdb',
    '/usr/bin/initdb',
  ])) {
    found.push(dirname(path));
  }
  const version = (path: string) => Number(/\/(\d+)\//.exec(path)?.[1] ?? 0);
  return found.sort((a, b) => version(b) - version(a))[0];
}

/** PostgreSQL refuses to run as root, so another user runs it. */
async function accountToUse(): Promise<{ uid: number; gid: number } | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const users = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'));
  const user = users.find(([name]) => name === 'postgres') ?? users.find(([name]) => name === 'nobody');
  if (user === undefined) throw new Error('There is no user to run PostgreSQL as.');
  return { uid: Number(user[2]), gid: Number(user[3]) };
}

const settings = (folder: string, port: number) => `
listen_addresses = '127.0.0.1'
port = ${port}
unix_socket_directories = '${folder}'
ssl = on
ssl_cert_file = '${folder}/cert.pem'
ssl_key_file = '${folder}/key.pem'
fsync = off
`;

/** Refuses the user `outside`, like a missing firewall rule, and every connection without TLS. */
const accessRules = `
local all all trust
hostssl all outside 127.0.0.1/32 reject
hostssl all all 127.0.0.1/32 password
`;

export async function startPostgresql(binaries: string, certificate: TestCertificate): Promise<TestPostgresql> {
  const account = await accountToUse();
  const folder = await mkdtemp(join(tmpdir(), 'tenantry-pg-'));
  const data = join(folder, 'data');
  const port = await freePort();
  await cp(certificate.certPath, join(folder, 'cert.pem'));
  await cp(certificate.keyPath, join(folder, 'key.pem'));
  await chmod(join(folder, 'key.pem'), 0o600);
  if (account) {
    for (const path of [folder, join(folder, 'cert.pem'), join(folder, 'key.pem')]) {
      await chown(path, account.uid, account.gid);
    }
  }
  const options = { ...account, cwd: folder, env: { LC_ALL: 'C', PATH: process.env['PATH'] ?? '' } };
  await run(join(binaries, 'initdb'), ['-D', data, '-U', 'owner', '-A', 'trust', '-N', '--no-locale'], options);
  await writeFile(join(data, 'postgresql.auto.conf'), settings(folder, port));
  await writeFile(join(data, 'pg_hba.conf'), accessRules);
  const start = () =>
    startChildServer({
      command: join(binaries, 'postgres'),
      args: ['-D', data],
      ready: /ready to accept connections/,
      // Fast shutdown: ends sessions.
      signal: 'SIGINT',
      environment: { LC_ALL: 'C' },
      ...(account ? { account } : {}),
    });
  const openSession = async (database: string) => {
    const { Client } = (await import('pg')).default;
    const client = new Client({ host: folder, port, user: 'owner', database });
    await client.connect();
    return client;
  };
  let server = await start();
  return {
    port,
    async hold(statements, database = 'template1') {
      const client = await openSession(database);
      // A server that is stopped ends it.
      client.on('error', () => undefined);
      for (const statement of statements) await client.query(statement);
      return { letGo: () => client.end() };
    },
    async run(statement, database = 'template1') {
      const client = await openSession(database);
      try {
        return (await client.query(statement)).rows;
      } finally {
        await client.end();
      }
    },
    down: () => server.stop(),
    async up() {
      server = await start();
    },
    async stop() {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
