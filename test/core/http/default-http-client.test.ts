import { createServer, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { createDefaultHttpClient } from '../../../src/core/http/default-http-client.ts';
import { testCall } from '../../support/call.ts';
import { testClient } from './client-fixture.ts';

const opened: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

/** A server that speaks just enough HTTP, and counts connections. */
async function countingServer() {
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('data', () =>
      socket.write('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}'),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  opened.push(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise<void>((resolve) => server.close(() => resolve()));
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return { url: `http://127.0.0.1:${port}`, connections: () => connections };
}

function openClient() {
  const httpClient = createDefaultHttpClient();
  opened.push(() => httpClient.close());
  return httpClient;
}

test('one connection serves one request after the other', async () => {
  const server = await countingServer();
  const client = testClient({ httpClient: openClient(), url: server.url });
  for (let request = 0; request < 10; request++) await client.send({ method: 'GET', path: '/users' }, testCall());
  expect(server.connections()).toBe(1);
});

test('no more connections are opened than requests may be on their way', async () => {
  const server = await countingServer();
  const client = testClient({ httpClient: openClient(), url: server.url, settings: { max_concurrent_requests: 3 } });
  await Promise.all(Array.from({ length: 30 }, () => client.send({ method: 'GET', path: '/users' }, testCall())));
  expect(server.connections()).toBe(3);
});

test('http is refused for hosts that are not on loopback', async () => {
  const client = testClient({
    httpClient: openClient(),
    url: 'http://graph.lab.example',
    settings: { retry: { max_attempts: 1 } },
  });
  await expect(client.send({ method: 'GET', path: '/users' }, testCall())).rejects.toMatchObject({
    code: 'upstream_unavailable',
  });
});

test('a connection that does not open within timeouts.connect was not sent: a POST may be repeated', async () => {
  const silent = createServer();
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  opened.push(() => new Promise<void>((resolve) => silent.close(() => resolve())));
  const address = silent.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const sockets: Socket[] = [];
  silent.on('connection', (socket) => sockets.push(socket));
  opened.push(() => {
    for (const socket of sockets) socket.destroy();
  });
  // The server accepts and never shakes hands, so that a TLS connection stays half open.
  const client = testClient({
    httpClient: openClient(),
    url: `https://127.0.0.1:${port}`,
    settings: { timeouts: { connect: 0.05 }, retry: { max_attempts: 2, backoff_base: 0, jitter: 0 } },
  });
  await expect(client.send({ method: 'POST', path: '/users', body: {} }, testCall())).rejects.toMatchObject({
    code: 'upstream_unavailable',
    message: expect.stringContaining('CONNECT_TIMEOUT'),
  });
  expect(sockets).toHaveLength(2);
});
