import { createServer } from 'node:net';
import { createHttpHeaders, type HttpClient } from '@azure/core-rest-pipeline';
import { expect, test } from 'vitest';
import { isPublicAddress } from '../../../src/core/base/public-address.ts';
import { createDefaultHttpClient } from '../../../src/core/http/default-http-client.ts';
import { createPublicLookup, type Resolve } from '../../../src/core/http/public-lookup.ts';
import { testCall } from '../../support/call.ts';
import { testClient } from './client-fixture.ts';

test.each([
  ...['127.0.0.1', '127.9.9.9', '0.0.0.0', '10.1.2.3', '100.64.0.1', '169.254.169.254', '169.254.0.5', '172.16.0.1'],
  ...['172.31.255.255', '192.168.1.1', '198.18.0.1', '224.0.0.251', '240.0.0.1', '255.255.255.255', '168.63.129.16'],
  ...['::', '::1', 'fc00::1', 'fd00:ec2::254', 'fe80::1', 'fe80::1%eth0', 'ff02::1', '::ffff:127.0.0.1', '::127.0.0.1'],
  ...['::ffff:7f00:1', '64:ff9b::a00:1', '64:ff9b:1::a00:1', '2002:7f00:1::1', '2002:c0a8:101::', 'not an address', ''],
])('%s is no address of the Internet', (address) => {
  expect(isPublicAddress(address)).toBe(false);
});

test.each([
  ...['8.8.8.8', '172.32.0.1', '100.128.0.1', '13.107.6.156', '2603:1006::1', '::ffff:13.107.6.156'],
  ...['64:ff9b::d6b:69c', '2002:d6b:69c::1'],
])('%s is one', (address) => {
  expect(isPublicAddress(address)).toBe(true);
});

/** Answers at first with a redirect, then as `next` does; remembers what was asked. */
function redirecting(location: string, next?: HttpClient) {
  const asked: string[] = [];
  const httpClient: HttpClient = {
    async sendRequest(request) {
      asked.push(request.url);
      const headers = createHttpHeaders({ 'content-type': 'application/json' });
      if (asked.length === 1) headers.set('location', location);
      if (asked.length > 1 && next !== undefined) return next.sendRequest(request);
      return { request, status: asked.length === 1 ? 302 : 200, headers, bodyAsText: '{}' };
    },
  };
  return { httpClient, asked };
}

const get = { method: 'GET', path: '/users/ada/photo/$value' } as const;

test.each([
  ...[
    '127.0.0.1',
    '127.1',
    '2130706433',
    '0x7f.1',
    '0177.0.0.1',
    '0',
    '[::1]',
    '[::]',
    '[::ffff:10.0.0.1]',
    '10.0.0.8',
  ],
  ...['192.168.0.1:8443', '172.20.0.1', '169.254.169.254', '[fe80::1]', '[fd00::1]', '224.0.0.1', 'localhost'],
  ...[
    'LOCALHOST.',
    'a.localhost',
    'intranet',
    'printer.local',
    'metadata.google.internal',
    '127.0.0.1.',
    '１２７.0.0.1',
  ],
])('a redirect to https://%s is not followed', async (host) => {
  const { httpClient, asked } = redirecting(`https://${host}/latest/meta-data?x=1`);
  await expect(testClient({ httpClient }).send(get, testCall())).rejects.toMatchObject({ code: 'upstream_error' });
  expect(asked).toHaveLength(1);
});

test('a redirect to a public host is followed, and one to loopback where the cloud is there', async () => {
  const download = redirecting('https://contoso.sharepoint.com/content');
  await testClient({ httpClient: download.httpClient }).send(get, testCall());
  expect(download.asked).toHaveLength(2);
  const local = redirecting('http://localhost:9/content');
  await testClient({ httpClient: local.httpClient, url: 'http://127.0.0.1:9' }).send(get, testCall());
  expect(local.asked).toHaveLength(2);
});

test.each(['https://monitor.localhost/x', 'https://x.internal/y', 'https://127.0.0.1/z', 'https://metadata/z'])(
  'a monitor at %s is not asked',
  async (path) => {
    const { httpClient, asked } = redirecting('https://contoso.example/');
    const asking = testClient({ httpClient }).send({ method: 'GET', path, verbatim: true, foreign: true }, testCall());
    await expect(asking).rejects.toMatchObject({ code: 'invalid_argument' });
    expect(asked).toHaveLength(0);
  },
);

/** Leads every name to this machine, as somebody may who owns one. */
const rebinding: Resolve = (_name, _options, done) => done(null, [{ address: '127.0.0.1', family: 4 }]);

test.each(['a redirect', 'a monitor'])('%s whose name leads to this machine opens no connection', async (kind) => {
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const transport = createDefaultHttpClient({ resolve: rebinding });
  const target = `https://download.contoso.example:${port}/content`;
  const call = testCall();
  const sent =
    kind === 'a redirect'
      ? testClient({ httpClient: redirecting(target, transport).httpClient }).send(get, call)
      : testClient({ httpClient: transport }).send(
          { method: 'GET', path: target, verbatim: true, foreign: true },
          call,
        );
  await expect(sent).rejects.toMatchObject({ code: 'upstream_error', message: expect.stringContaining('Internet') });
  expect(connections).toBe(0);
  expect(call.record.attempts).toBe(1);
  transport.close();
  await new Promise((resolve) => server.close(resolve));
});

test('of the addresses of a name only public ones are connected to', () => {
  const mixed: Resolve = (_name, _options, done) =>
    done(null, [
      { address: '10.0.0.1', family: 4 },
      { address: '2603:1006::1', family: 6 },
      { address: '::ffff:127.0.0.1', family: 6 },
    ]);
  const found: unknown[] = [];
  createPublicLookup(mixed)('x.example', { all: true }, (...answer) => found.push(answer));
  createPublicLookup(mixed)('x.example', {}, (...answer) => found.push(answer));
  expect(found).toEqual([
    [null, [{ address: '2603:1006::1', family: 6 }]],
    [null, '2603:1006::1', 6],
  ]);
});
