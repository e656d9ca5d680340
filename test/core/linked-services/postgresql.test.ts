import net from 'node:net';
import { afterEach, expect, test } from 'vitest';
import {
  type LinkedConnection,
  type LinkedConnectionOptions,
  linkedService,
  openLinkedConnection,
  stageOf,
  statusLine,
} from '../../support/linked-connection.ts';
import { makeCertificate } from '../../support/test-certificate.ts';

let opened: LinkedConnection | undefined;

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
