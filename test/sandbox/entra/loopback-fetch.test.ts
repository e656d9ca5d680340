import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { fetchLoopbackJson, isLoopback } from '../../../src/sandbox/entra/loopback-fetch.ts';

async function serve(listener: RequestListener): Promise<number> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

test.each([
  'http://127.0.0.1:4000/a',
  'https://127.0.0.1/',
  'http://localhost:1/',
  'https://LOCALHOST',
  'http://[::1]:8080/keys',
])('%s is on this machine', (url) => {
  expect(isLoopback(url)).toBe(true);
});

test.each([
  'https://login.microsoftonline.com',
  'http://127.0.0.1@elsewhere.example/',
  'http://localhost.elsewhere.example/',
  'http://127.0.0.1.elsewhere.example/',
  'http://10.0.0.1/',
  'http://169.254.169.254/metadata',
  'http://0.0.0.0/',
  'http://[::ffff:10.0.0.1]/',
  'ftp://127.0.0.1/',
  'file:///etc/hosts',
  '127.0.0.1',
  '',
])('%j is refused before anything is sent', async (url) => {
  expect(isLoopback(url)).toBe(false);
  await expect(fetchLoopbackJson(url)).rejects.toThrow('loopback addresses only');
});

test('a document of this machine is read, by any of its names', async () => {
  const port = await serve((_request, response) => response.end('{"a":1}'));
  for (const host of ['127.0.0.1', 'localhost']) {
    expect(await fetchLoopbackJson(`http://${host}:${port}/a.json`)).toEqual({ a: 1 });
  }
});

test.each<[string, RequestListener, string]>([
  ['a redirect', (_, response) => response.writeHead(302, { location: '/other' }).end(), 'HTTP status 302'],
  ['no document', (_, response) => response.writeHead(404).end(), 'HTTP status 404'],
  ['a page', (_, response) => response.end('<html></html>'), 'not JSON'],
  ['too much', (_, response) => response.end(JSON.stringify('x'.repeat(300_000))), 'larger than'],
  ['a broken connection', (request) => request.socket.destroy(), 'socket hang up'],
])('%s is an error with its reason', async (_, listener, reason) => {
  const port = await serve(listener);
  await expect(fetchLoopbackJson(`http://127.0.0.1:${port}/`)).rejects.toThrow(reason);
});
