import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
  type LinkedConnection,
  type LinkedConnectionOptions,
  linkedService,
  openLinkedConnection,
  stageOf,
  statusLine,
} from '../../support/linked-connection.ts';
import { maySkip } from '../../support/may-skip.ts';
import { findPostgresql, startPostgresql, type TestPostgresql } from '../../support/postgresql.ts';
import { makeCertificate, type TestCertificate } from '../../support/test-certificate.ts';
import { testIdentity, testToken } from '../../support/test-token.ts';

let opened: LinkedConnection | undefined;

afterEach(async () => {
  await opened?.close();
  opened = undefined;
});

const ready = { state: 'Ready', authConfig: { activeDirectoryAuth: 'Enabled' } };

async function probe(port: number, options: LinkedConnectionOptions = {}) {
  opened = await openLinkedConnection({ dataPlane: { postgresql: `https://localhost:${port}` }, ...options });
  return opened.probe(linkedService('postgresql', `postgresql://localhost:${port}`, ready));
}

const binaries = await findPostgresql();

describe.skipIf(binaries === undefined && maySkip('PostgreSQL', 'apt-get install postgresql'))(
  'a real PostgreSQL over TLS',
  () => {
    const token = testToken({ audience: 'https://ossrdbms-aad.database.windows.net', padding: 1_200 });
    let certificate: TestCertificate;
    let postgresql: TestPostgresql;

    beforeAll(async () => {
      if (binaries === undefined) throw new Error('PostgreSQL is not installed.');
      certificate = await makeCertificate();
      postgresql = await startPostgresql(binaries, certificate);
      await postgresql.run(`CREATE ROLE "${testIdentity.name}" LOGIN PASSWORD '${token}'`);
    }, 120_000);

    afterAll(async () => {
      await postgresql?.stop();
      await certificate?.remove();
    });

    test('a token as long as the real ones is the password of the role that has the name of the app', async () => {
      expect(token.length).toBeGreaterThan(2_000);
      const probed = await probe(postgresql.port, { token: () => token });
      expect(statusLine(probed)).toBe('pass pass pass pass');
      expect(stageOf(probed, 'authorize').detail).toBe('Signed in to the database postgres as `tenantry-test`.');
      expect(opened?.audiences).toContain('https://ossrdbms-aad.database.windows.net');
    });

    test('another token is refused with 28P01 and the statement that makes the role', async () => {
      const probed = await probe(postgresql.port, { token: () => testToken() });
      expect(statusLine(probed)).toBe('pass pass pass fail');
      expect(stageOf(probed, 'authorize')).toMatchObject({
        code: '28P01',
        hint: expect.stringContaining(
          `pgaadauth_create_principal_with_oid('tenantry-test', '${testIdentity.objectId}', 'service', false, false)`,
        ),
      });
    });

    test('a role that is missing is refused like a wrong token', async () => {
      const probed = await probe(postgresql.port, {
        token: () => testToken({ claims: { app_displayname: "o'neill" } }),
      });
      expect(stageOf(probed, 'authorize')).toMatchObject({
        code: '28P01',
        hint: expect.stringContaining("'o''neill'"),
      });
    });

    test('an address that no rule lets in is a failure of the network', async () => {
      const probed = await probe(postgresql.port, {
        token: () => testToken({ claims: { app_displayname: 'outside' } }),
      });
      expect(statusLine(probed)).toBe('pass pass fail skip');
      expect(stageOf(probed, 'network')).toMatchObject({
        code: '28000',
        hint: expect.stringContaining('firewall-rule create'),
      });
    });

    test('the name of the app comes from the directory when the token does not have it', async () => {
      const claims = { app_displayname: undefined };
      const nameless = testToken({ claims, padding: 1_200 });
      await postgresql.run(`CREATE ROLE "from-graph" LOGIN PASSWORD '${nameless}'`);
      opened = await openLinkedConnection({
        dataPlane: { postgresql: `https://localhost:${postgresql.port}` },
        token: () => nameless,
        dataPlaneClient: ({ url }) =>
          url.includes(`/servicePrincipals/${testIdentity.objectId}`)
            ? { status: 200, headers: { 'content-type': 'application/json' }, body: '{"displayName":"from-graph"}' }
            : { status: 500 },
      });
      const probed = await opened.probe(
        linkedService('postgresql', `postgresql://localhost:${postgresql.port}`, ready),
      );
      expect(stageOf(probed, 'authorize').detail).toContain('as `from-graph`');
    });

    test('a database that is missing is told as 3D000', async () => {
      await postgresql.run('ALTER DATABASE postgres RENAME TO elsewhere');
      try {
        const probed = await probe(postgresql.port, { token: () => token });
        expect(stageOf(probed, 'authorize')).toMatchObject({ status: 'fail', code: '3D000' });
      } finally {
        await postgresql.run('ALTER DATABASE elsewhere RENAME TO postgres');
      }
    });

    test('a server without free connections is a warning', async () => {
      await postgresql.run(`ALTER ROLE "${testIdentity.name}" CONNECTION LIMIT 0`);
      try {
        const probed = await probe(postgresql.port, { token: () => token });
        expect(stageOf(probed, 'authorize')).toMatchObject({ status: 'warn', code: '53300' });
      } finally {
        await postgresql.run(`ALTER ROLE "${testIdentity.name}" CONNECTION LIMIT -1`);
      }
    });
  },
);
