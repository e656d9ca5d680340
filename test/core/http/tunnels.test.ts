import https from 'node:https';
import net, { type AddressInfo, type Socket } from 'node:net';
import tls from 'node:tls';
import { inspect } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createDefaultHttpClient } from '../../../src/core/http/default-http-client.ts';
import { proxiesOf } from '../../../src/core/http/proxy.ts';
import { TunnelAgent } from '../../../src/core/http/socket-agents.ts';
import { testCall } from '../../support/call.ts';
import { makeCertificate, type TestCertificate } from '../../support/test-certificate.ts';
import { testClient } from './client-fixture.ts';

let certificate: TestCertificate;
let ofProxy: TestCertificate;
let service: https.Server;
let port: number;
const answers: number[] = [];
const arrived: string[] = [];
const opened: (() => unknown)[] = [];

beforeAll(async () => {
  certificate = await makeCertificate({ names: ['graph.test.example'] });
  ofProxy = await makeCertificate();
  service = https.createServer({ cert: certificate.cert, key: certificate.key }, (request, response) => {
    arrived.push(request.method ?? '');
    response.writeHead(answers.shift() ?? 200, { 'content-type': 'application/json' }).end('{"value":[]}');
  });
  await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve));
  port = (service.address() as AddressInfo).port; // it listens on a port
});

afterAll(async () => {
  service.closeAllConnections();
  await new Promise((resolve) => service.close(resolve));
  await ofProxy.remove();
  await certificate.remove();
});

afterEach(() => {
  answers.length = 0;
  arrived.length = 0;
  for (const close of opened.splice(0).reverse()) close();
});

/** A proxy on loopback that does with each socket, once it has the head of the `CONNECT`, what the test says. */
async function proxyThat(does: (socket: Socket) => void, secure = false) {
  const sockets = new Set<Socket>();
  const asked = Promise.withResolvers<Socket>();
  const serve = (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('data', () => {
      asked.resolve(socket);
      does(socket);
    });
  };
  const server = secure ? tls.createServer({ cert: ofProxy.cert, key: ofProxy.key }, serve) : net.createServer(serve);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  opened.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, asked: asked.promise, sockets };
}

/** Opens the way to the service. */
function lead(socket: Socket): void {
  const way = net.connect(port, '127.0.0.1', () => {
    socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
    way.pipe(socket).pipe(way);
  });
  way.on('error', () => socket.destroy());
  socket.on('close', () => way.destroy());
}

function clientBehind(address: string) {
  const httpClient = createDefaultHttpClient({
    proxyFor: proxiesOf((name) => (name === 'HTTPS_PROXY' ? address : undefined)),
  });
  opened.push(() => httpClient.close());
  const client = testClient({
    httpClient,
    url: 'https://graph.test.example',
    settings: { timeouts: { connect: 60 }, retry: { max_attempts: 2, backoff_base: 0, jitter: 0 } },
  });
  return { client, httpClient };
}

const post = { method: 'POST', path: '/users', body: {} } as const;

describe('a proxy that is spoken to over TLS', () => {
  test('shows the certificate of its own name, not that of the service', async () => {
    const proxy = await proxyThat(lead, true);
    const { client } = clientBehind(`https://localhost:${proxy.port}`);
    expect(await client.send(post, testCall())).toMatchObject({ status: 200 });
  });

  test('is recognised by its address too', async () => {
    const proxy = await proxyThat(lead, true);
    const { client } = clientBehind(`https://127.0.0.1:${proxy.port}`);
    expect(await client.send(post, testCall())).toMatchObject({ status: 200 });
  });
});

describe('a proxy that does not answer', () => {
  test('does not hold up a call that was cancelled, and is left alone', async () => {
    const proxy = await proxyThat(() => undefined);
    const { client } = clientBehind(`http://127.0.0.1:${proxy.port}`);
    const controller = new AbortController();
    const ended = client.send(post, testCall({ signal: controller.signal })).catch((error: unknown) => error);
    const socket = await proxy.asked;
    const closed = new Promise((resolve) => socket.once('close', resolve));
    controller.abort();
    expect(await ended).toMatchObject({ code: 'cancelled' });
    await closed;
  });

  test.each([false, true])(
    'gets nothing of a write that was cancelled before (answers are waited for: %s)',
    async (awaitsWrites) => {
      const proxy = await proxyThat(() => undefined);
      const { client } = clientBehind(`http://127.0.0.1:${proxy.port}`);
      const controller = new AbortController();
      const call = { ...testCall({ signal: controller.signal }), awaitsWrites };
      const ended = client.send(post, call).catch((error: unknown) => error);
      const socket = await proxy.asked;
      controller.abort();
      lead(socket);
      expect(await ended).toMatchObject({ code: 'cancelled' });
      expect(arrived).toEqual([]);
    },
  );

  test('is left alone when the transport closes', async () => {
    const proxy = await proxyThat(() => undefined);
    const { client, httpClient } = clientBehind(`http://127.0.0.1:${proxy.port}`);
    client.send(post, testCall()).catch(() => undefined);
    const socket = await proxy.asked;
    const closed = new Promise((resolve) => socket.once('close', resolve));
    httpClient.close();
    await closed;
  });

  test('is left alone when the agent of a library is destroyed', async () => {
    const proxy = await proxyThat(() => undefined);
    const found = proxiesOf((name) => (name === 'HTTPS_PROXY' ? `127.0.0.1:${proxy.port}` : undefined))(
      'https://graph.test.example',
    );
    if (found === undefined) throw new Error('There is no proxy.');
    const agent = new TunnelAgent(found);
    const failed = new Promise((resolve) => https.get('https://graph.test.example', { agent }).once('error', resolve));
    const socket = await proxy.asked;
    const closed = new Promise((resolve) => socket.once('close', resolve));
    agent.destroy();
    await closed;
    await failed;
  });
});

describe('what is no proxy', () => {
  test.each([
    ['garbage', 'SSH-2.0-OpenSSH_9.6\r\n\r\n'],
    ['a head without an end', `HTTP/1.1 200 OK\r\nX-A: ${'a'.repeat(100_000)}\r\n\r\n`],
  ])('answers with %s, is told so and is not asked again', async (_name, text) => {
    const proxy = await proxyThat((socket) => socket.write(text));
    const { client } = clientBehind(`http://127.0.0.1:${proxy.port}`);
    await expect(client.send(post, testCall())).rejects.toMatchObject({
      code: 'upstream_unavailable',
      message: expect.stringMatching(
        /^The proxy `127\.0\.0\.1:\d+` \(HTTPS_PROXY\) does not answer as one \(HPE_\w+\)\.$/,
      ),
      hint: expect.stringContaining('is no proxy: correct HTTPS_PROXY'),
      retryable: false,
    });
    expect(proxy.sockets.size).toBe(1);
  });

  test.each([
    ['before it answers', ''],
    ['in its head', 'HTTP/1.1 200 OK\r\nVia: x'],
  ])('closes %s and was reached', async (_name, text) => {
    const proxy = await proxyThat((socket) => socket.end(text));
    const { client } = clientBehind(`http://127.0.0.1:${proxy.port}`);
    await expect(client.send(post, testCall())).rejects.toMatchObject({
      message: expect.stringMatching(
        /^The proxy `127\.0\.0\.1:\d+` \(HTTPS_PROXY\) closed the connection \(ECONNRESET\)\.$/,
      ),
      hint: expect.stringMatching(/https:\/\/.* TLS/),
      retryable: true,
    });
  });
});

describe('a way that leads nowhere', () => {
  test('names the proxy that opened it', async () => {
    const proxy = await proxyThat((socket) => socket.end('HTTP/1.1 200 OK\r\n\r\n'));
    const { client } = clientBehind(`http://127.0.0.1:${proxy.port}`);
    await expect(client.send(post, testCall())).rejects.toMatchObject({
      code: 'upstream_unavailable',
      message: expect.stringContaining('Microsoft Graph could not be reached (ECONNRESET)'),
      hint: expect.stringMatching(/^The proxy `127\.0\.0\.1:\d+` \(HTTPS_PROXY\) opened a way .*administrator/),
    });
  });
});

test('after a 503 the next attempt goes through a new tunnel', async () => {
  const proxy = await proxyThat(lead);
  const { client } = clientBehind(`http://127.0.0.1:${proxy.port}`);
  answers.push(503);
  await client.send({ method: 'GET', path: '/users' }, testCall());
  expect(proxy.sockets.size).toBe(2);
});

test('the password of a proxy is in no error, however it is printed', async () => {
  const proxy = await proxyThat((socket) => socket.end('HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n'));
  const { client } = clientBehind(`http://user:MARKED-password@127.0.0.1:${proxy.port}`);
  const error = await client.send(post, testCall()).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ message: expect.stringContaining('refuses the user and password') });
  const encoded = Buffer.from('user:MARKED-password').toString('base64');
  expect(inspect(error, { depth: 20, showHidden: true })).not.toMatch(new RegExp(`MARKED|${encoded}`));
});
