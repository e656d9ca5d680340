import { expect, test } from 'vitest';
import { errorOf, load } from './write-config.ts';

const guid = '11111111-2222-4333-8444-555555555555';
const signIn = `  public_url: https://tenantry.contoso.com/\n  sign_in: { tenants: [${guid}], client_id: ${guid} }\n`;

test('without a section there are no rules, and an empty one has the defaults', async () => {
  expect((await load('max_result_bytes: 12000\n')).config.http).toBeUndefined();
  const { config } = await load('http: {}\n');
  expect(config.http).toEqual({
    allowedOrigins: [],
    limits: { mostBodyBytes: 4_194_304, mostSockets: 2_000, mostSessionsPerCaller: 32, mostRequestsPerCaller: 64 },
    drainMs: 0,
  });
});

test('a section says where the server listens, how it is reached and what it bears', async () => {
  const { config, error } = await load(`http:
  host: 0.0.0.0
  port: 8443
  tls: { certificate: /etc/tls.crt, key: /etc/tls.key }
  allowed_origins: ["https://vscode.dev"]
  limits: { max_body_bytes: 2048, max_sockets: 10, max_sessions_per_caller: 3, max_requests_per_caller: 4 }
${signIn}`);
  expect(error).toBeUndefined();
  expect(config.http).toMatchObject({
    host: '0.0.0.0',
    port: 8443,
    publicUrl: 'https://tenantry.contoso.com',
    tls: { certificate: '/etc/tls.crt', key: '/etc/tls.key' },
    allowedOrigins: ['https://vscode.dev'],
    limits: { mostBodyBytes: 2_048, mostSockets: 10, mostSessionsPerCaller: 3, mostRequestsPerCaller: 4 },
  });
});

test('a balancer gets five seconds where people sign in, or as many as it is said', async () => {
  expect((await load(`http:\n${signIn}`)).config.http?.drainMs).toBe(5_000);
  expect((await load(`http:\n  drain_seconds: 0\n${signIn}`)).config.http?.drainMs).toBe(0);
  expect((await load('http: { drain_seconds: 20 }\n')).config.http?.drainMs).toBe(20_000);
});

test.each([
  ['a host that others reach, without sign-in', 'http: { host: 0.0.0.0 }\n', 'http.sign_in'],
  ['sign-in without a public address', `http: { sign_in: { tenants: [${guid}], client_id: ${guid} } }\n`, 'public_url'],
  ['a public address without TLS', 'http: { public_url: "http://tenantry.contoso.com" }\n', 'https'],
  [
    'a public address with the path that every client adds',
    'http: { public_url: "https://tenantry.contoso.com/mcp/" }\n',
    'without /mcp',
  ],
  ['a certificate at a relative path', 'http: { tls: { certificate: tls.crt, key: /etc/tls.key } }\n', 'http.tls'],
  ['a certificate without a key', 'http: { tls: { certificate: /etc/tls.crt } }\n', 'key'],
  ['an origin with a path', 'http: { allowed_origins: ["https://vscode.dev/x"] }\n', 'origin'],
  ['every origin', 'http: { allowed_origins: ["*"] }\n', 'origin'],
  ['a wait that is longer than platforms give', 'http: { drain_seconds: 30 }\n', 'drain_seconds'],
])('%s is refused', async (_, yaml, words) => {
  expect(await errorOf(yaml)).toContain(words);
});
