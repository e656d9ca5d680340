import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe } from 'vitest';
import type { PostgresOptions } from '../../src/core/storage/postgres/postgres-pool.ts';
import { maySkip } from './may-skip.ts';
import { findPostgresql, startPostgresql, type TestPostgresql } from './postgresql.ts';
import { makeCertificate, type TestCertificate } from './test-certificate.ts';

/** A throw-away PostgreSQL with a role for Tenantry; each caller of `options` gets tables of its own. */
export interface PostgresCluster {
  readonly server: TestPostgresql;
  options(change?: Partial<PostgresOptions>): PostgresOptions;
  /** Runs a statement as the owner of the cluster, in the database of Tenantry. */
  run(statement: string): Promise<void>;
  /** The same, for a statement that answers rows. */
  ask(statement: string): Promise<readonly unknown[]>;
  /** Opens a session there, which keeps what its statements have locked until it is let go. */
  hold(...statements: readonly string[]): Promise<{ letGo(): Promise<void> }>;
  /** Ends the sessions of Tenantry's role. */
  endSessions(): Promise<void>;
  stop(): Promise<void>;
}

const role = 'tenantry_test';
const binaries = await findPostgresql();

/** Tests with a cluster of their own; skipped with a visible line where PostgreSQL is not installed, never in CI. */
export function describePostgres(title: string, body: (cluster: () => PostgresCluster) => void): void {
  describe.skipIf(binaries === undefined && maySkip('PostgreSQL', 'apt-get install postgresql'))(title, () => {
    let cluster: PostgresCluster | undefined;
    beforeAll(async () => {
      cluster = await startPostgresCluster();
    }, 120_000);
    afterAll(async () => {
      await cluster?.stop();
    });
    body(() => {
      if (cluster === undefined) throw new Error('The cluster runs while tests do.');
      return cluster;
    });
  });
}

async function startPostgresCluster(): Promise<PostgresCluster> {
  if (binaries === undefined) throw new Error('PostgreSQL is not installed.');
  const certificate: TestCertificate = await makeCertificate({ trusted: false });
  const server = await startPostgresql(binaries, certificate);
  await server.run(`CREATE ROLE ${role} LOGIN PASSWORD 'x'`);
  await server.run(`CREATE DATABASE ${role} OWNER ${role}`);
  const ca = await readFile(certificate.certPath, 'utf8');
  let schemas = 0;
  return {
    server,
    options(change) {
      schemas += 1;
      return {
        url: `postgres://${role}:x@localhost:${server.port}/${role}`,
        ca,
        schema: `s${schemas}`,
        mostConnections: 4,
        patienceMs: 10_000,
        ...change,
      };
    },
    async run(statement) {
      await server.run(statement, role);
    },
    ask: (statement) => server.run(statement, role),
    hold: (...statements) => server.hold(statements, role),
    async endSessions() {
      await server.run(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '${role}'`, role);
    },
    async stop() {
      await server.stop();
      await certificate.remove();
    },
  };
}
