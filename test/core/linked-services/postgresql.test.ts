import net from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
  type LinkedConnection,
  type LinkedConnectionOptions,
  linkedService,
  openLinkedConnection,
  stageOf,
  statusLine,
} from '../../support/linked-connection.ts';
import { findPostgresql, startPostgresql, type TestPostgresql } from '../../support/postgresql.ts';
import { makeCertificate, type TestCertificate } from '../../support/test-certificate.ts';
import { testIdentity, testToken } from '../../support/test-token.ts';

let opened: LinkedConnection | undefined;
let certificate: TestCertificate;

beforeAll(async () => {
  certificate = await makeCertificate();
});

afterAll(() => certificate?.remove());

afterEach(async () => {
  await opened?.close();
  opened = undefined;
});

const ready = { state: 'Ready', authConfig: { activeDirectoryAuth: 'Enabled' } };

async function probe(port: number, options: LinkedConnectionOptions = {}, properties: Record<string, unknown> = ready) {
  opened = await openLinkedConnection({ dataPlane: { postgresql: `https://localhost:${port}` }, ...options });
  return opened.probe(linkedService('postgresql', `postgresql://localhost:${port}`, properties));
}

async function listen(handler: (socket: net.Socket) => void) {
  const server = net.createServer(handler);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  const address = server.address();
  return { server, port: typeof address === 'object' && address ? address.port : 0 };
}

const binaries = await findPostgresql();
const isCi = process.env['CI'] === 'true';

// In CI the binaries are there, or the suite fails; elsewhere the skipped suite shows that they are missing.
describe.skipIf(binaries === undefined && !isCi)('a real PostgreSQL over TLS', () => {
  const token = testToken({ audience: 'https://ossrdbms-aad.database.windows.net', padding: 1_200 });
  let postgresql: TestPostgresql;

  beforeAll(async () => {
    if (binaries === undefined) throw new Error('PostgreSQL is not installed: apt-get install postgresql.');
    postgresql = await startPostgresql(binaries, certificate);
    await postgresql.run(`CREATE ROLE "${testIdentity.name}" LOGIN PASSWORD '${token}'`);
  }, 120_000);

  afterAll(() => postgresql?.stop());

  test('a token as long as the real ones is the password of the role that has the name of the app', async () => {
    expect(token.length).toBeGreaterThan(2_000);
    const probed = await probe(postgresql.port, { token: () => token });
    expect(statusLine(probed)).toBe('pass pass pass pass');
    expect(stageOf(probed, 'authorize').detail).toBe('Signed in to the database postgres as tenantry-test.');
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
    const probed = await probe(postgresql.port, { token: () => testToken({ claims: { app_displayname: "o'neill" } }) });
    expect(stageOf(probed, 'authorize')).toMatchObject({ code: '28P01', hint: expect.stringContaining("'o''neill'") });
  });

  test('an address that no rule lets in is a failure of the network', async () => {
    const probed = await probe(postgresql.port, { token: () => testToken({ claims: { app_displayname: 'outside' } }) });
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
    const probed = await opened.probe(linkedService('postgresql', `postgresql://localhost:${postgresql.port}`, ready));
    expect(stageOf(probed, 'authorize').detail).toContain('as from-graph');
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
});

test('a server without TLS gets no token', async () => {
  const received: Buffer[] = [];
  const { server, port } = await listen((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (data) => {
      received.push(data);
      socket.write('N');
    });
  });
  try {
    const probed = await probe(port);
    expect(stageOf(probed, 'network')).toMatchObject({ status: 'fail', code: 'NO_TLS' });
    // The eight bytes of the request for TLS, and a goodbye at most.
    expect(Buffer.concat(received).subarray(0, 8).readInt32BE(4)).toBe(80877103);
    expect(Buffer.concat(received).toString()).not.toContain('eyJ');
  } finally {
    server.close();
  }
});

test('a server with a certificate that nobody trusts gets no token', async () => {
  const other = await makeCertificate({ trusted: false });
  const tls = await import('node:tls');
  const received: Buffer[] = [];
  const { server, port } = await listen((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => {
      socket.write('S');
      const secure = new tls.TLSSocket(socket, { isServer: true, cert: other.cert, key: other.key });
      secure.on('error', () => undefined);
      secure.on('data', (data) => received.push(data));
    });
  });
  try {
    const probed = await probe(port);
    expect(stageOf(probed, 'network')).toMatchObject({ status: 'fail', code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
    expect(Buffer.concat(received).toString()).not.toContain('eyJ');
  } finally {
    server.close();
    await other.remove();
  }
});

test('cancelling closes the socket of a server that stays silent', async () => {
  const connected = Promise.withResolvers<net.Socket>();
  const { server, port } = await listen((socket) => {
    socket.on('error', () => undefined);
    socket.resume();
    connected.resolve(socket);
  });
  const controller = new AbortController();
  opened = await openLinkedConnection({ dataPlane: { postgresql: `https://localhost:${port}` } });
  const probing = opened.probe(linkedService('postgresql', `postgresql://localhost:${port}`, ready), controller.signal);
  try {
    const socket = await connected.promise;
    const closed = new Promise((resolve) => socket.once('close', resolve));
    controller.abort();
    await expect(probing).rejects.toMatchObject({ code: 'cancelled' });
    await closed;
  } finally {
    server.close();
  }
  // Sooner than the time limit of the driver, which would end it too.
}, 5_000);

test('a server that stays silent is a failure of the network when the time is over', async () => {
  const { server, port } = await listen((socket) => socket.on('error', () => undefined).resume());
  try {
    const probed = await probe(port, { services: { probeTimeoutMs: 200 } });
    expect(statusLine(probed)).toBe('pass pass fail skip');
    expect(stageOf(probed, 'network').code).toBe('ETIMEDOUT');
  } finally {
    server.close();
  }
});

test('a closed port is told with its code', async () => {
  const { server, port } = await listen(() => undefined);
  await new Promise((resolve) => server.close(resolve));
  const probed = await probe(port);
  expect(stageOf(probed, 'network')).toMatchObject({ status: 'fail', code: 'ECONNREFUSED' });
});

test.each([
  [{ state: 'Stopped' }, 'Stopped', 'az postgres flexible-server start'],
  [{ state: 'Updating' }, 'Updating', 'Wait until'],
  [
    { state: 'Ready', authConfig: { activeDirectoryAuth: 'Disabled' } },
    'activeDirectoryAuth',
    '--microsoft-entra-auth Enabled',
  ],
])('ARM says that %j: nothing is sent', async (properties, code, hint) => {
  const probed = await probe(1, {}, properties);
  expect(statusLine(probed)).toBe('pass fail skip skip');
  expect(stageOf(probed, 'discover')).toMatchObject({ code, hint: expect.stringContaining(hint) });
});

test('a cloud without database servers answers that the service can only be discovered', async () => {
  opened = await openLinkedConnection({ dataPlane: { postgresql: 'https://{account}.postgres.sandbox.invalid' } });
  const probed = await opened.probe(linkedService('postgresql', 'postgresql://pg.postgres.sandbox.invalid', ready));
  expect(statusLine(probed)).toBe('pass pass skip skip');
  expect(probed.usable).toBe(false);
  expect(stageOf(probed, 'network')).toMatchObject({ code: 'no_server' });
});
