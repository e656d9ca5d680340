import { inspect } from 'node:util';
import { createHttpHeaders } from '@azure/core-rest-pipeline';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { processEnvironment } from '../../../src/core/base/environment.ts';
import { createDefaultHttpClient } from '../../../src/core/http/default-http-client.ts';
import { proxiesOf } from '../../../src/core/http/proxy.ts';
import type { ConnectionSettings } from '../../../src/core/record/connection.ts';
import { createLogger } from '../../../src/core/telemetry/logger.ts';
import { startProxy } from '../../support/test-proxy.ts';
import { clientId, failureOf, tenantId } from '../connections/support.ts';
import { refusal } from './fake-authority.ts';
import { audience, labCloud, setUp } from './support.ts';

const secrets = { client_secret: 'MARKED-SECRET~value' };

/** A sign-in over the real transport, with the library between, that passes the proxy. */
async function behindProxy(answer: Parameters<typeof startProxy>[0]) {
  const proxy = await startProxy(answer);
  const variables: Record<string, string> = { HTTPS_PROXY: `http://127.0.0.1:${proxy.port}` };
  const httpClient = createDefaultHttpClient({ proxyFor: proxiesOf((name) => variables[name]) });
  onTestFinished(async () => {
    httpClient.close();
    await proxy.close();
  });
  return { proxy, ...setUp({ secrets, options: { httpClient: async () => httpClient } }) };
}

describe('a sign-in behind a proxy', () => {
  test.each([
    [407, 'wants a user and a password (407)'],
    [403, 'does not let connections to Microsoft Entra through (403)'],
  ])('that answers %i is no refusal of Entra', async (status, message) => {
    const { source, proxy } = await behindProxy(() => ({ status }));
    const error = await failureOf(source.getToken({ audience }));
    expect(error).toMatchObject({
      code: 'upstream_unavailable',
      message: `The proxy \`127.0.0.1:${proxy.port}\` (HTTPS_PROXY) ${message}.`,
      retryable: false,
    });
    expect(error.hint).toBeTruthy();
    expect(proxy.asked.map(({ host }) => host)).toContain('login.lab.example:443');
    expect(proxy.leaked()).toBe('');
    expect(inspect(error, { depth: 20 })).not.toContain('MARKED');
  });
});

describe('how the variables are read', () => {
  test.each([
    ['without a scheme', (port: number) => ({ HTTPS_PROXY: `127.0.0.1:${port}` })],
    ['in small letters', (port: number) => ({ https_proxy: `http://127.0.0.1:${port}`, HTTPS_PROXY: 'nonsense' })],
    [
      'beside a placeholder',
      (port: number) => ({ HTTPS_PROXY: '\x24{user_config.proxy}', ALL_PROXY: `127.0.0.1:${port}` }),
    ],
  ])('%s is not left to the library of sign-ins', async (_name, variablesFor) => {
    const proxy = await startProxy(() => ({ status: 407 }));
    for (const [name, value] of Object.entries(variablesFor(proxy.port))) vi.stubEnv(name, value);
    const httpClient = createDefaultHttpClient({ proxyFor: proxiesOf(processEnvironment) });
    onTestFinished(async () => {
      vi.unstubAllEnvs();
      httpClient.close();
      await proxy.close();
    });
    const { source } = setUp({ secrets, options: { httpClient: async () => httpClient } });
    expect((await failureOf(source.getToken({ audience }))).message).toContain('wants a user and a password (407)');
  });

  test.each(['managed_identity', 'workload_identity'] as const)(
    'a proxy that is none does not keep %s from signing in on this machine',
    async (authType) => {
      for (const name of ['HTTPS_PROXY', 'https_proxy']) vi.stubEnv(name, '127.0.0.1:1');
      vi.stubEnv('IDENTITY_ENDPOINT', 'http://127.0.0.1:41741/msi/token');
      vi.stubEnv('IDENTITY_HEADER', 'header-value');
      onTestFinished(() => void vi.unstubAllEnvs());
      const isManaged = authType === 'managed_identity';
      const { source } = setUp({
        auth_type: authType,
        ...(isManaged ? { record: { identity: {} } } : { secrets: { federated_token: 'a.b.c' } }),
      });
      expect((await source.getToken({ audience })).token).toBeTruthy();
    },
  );
});

describe('a sign-in where something else answers', () => {
  const page = '<html><head><title>Access blocked by Contoso</title></head><body>MARKED-PAGE</body></html>';

  test.each([200, 302, 401, 403, 404, 407, 511])(
    'with %i and a page names the network and the title',
    async (status) => {
      const { source, authority } = setUp({ secrets });
      authority.next({ status, headers: { 'content-type': 'text/html' }, body: page });
      const error = await failureOf(source.getToken({ audience }));
      expect(error).toMatchObject({
        code: 'upstream_unavailable',
        message: `Something in the network answered ${status} with a page (\`Access blocked by Contoso\`) in the place of Microsoft Entra.`,
        hint: expect.stringContaining('`login.lab.example`'),
      });
      expect(inspect(error, { depth: 20 })).not.toContain('MARKED');
    },
  );

  test.each([
    ['text', 403, { 'content-type': 'text/plain' }, 'Blocked MARKED', 'with no JSON'],
    ['text without a type', 403, { 'content-type': '' }, 'Blocked MARKED', 'with no JSON'],
    ['text and success', 200, { 'content-type': 'text/plain' }, 'OK MARKED', 'with no JSON'],
    [
      'a way to a page',
      302,
      { 'content-type': 'text/plain', location: 'https://block.corp.example/MARKED' },
      '',
      'with a redirect to `block.corp.example`',
    ],
    [
      'a way to a sign-in',
      307,
      { 'content-type': 'text/plain', location: 'http://portal.hotel.example/' },
      '',
      'with a redirect to `portal.hotel.example`',
    ],
  ])('with %s is the network', async (_name, status, headers, body, how) => {
    const { source, authority } = setUp({ secrets });
    authority.next({ status, headers, body });
    const error = await failureOf(source.getToken({ audience }));
    expect(error).toMatchObject({
      code: 'upstream_unavailable',
      message: `Something in the network answered ${status} ${how} in the place of Microsoft Entra.`,
    });
    expect(inspect(error, { depth: 20 })).not.toContain('MARKED');
  });

  test('in trouble is not said to have refused anything', async () => {
    const { source, authority } = setUp({ secrets });
    for (let attempt = 0; attempt < 3; attempt++) authority.next({ status: 503, body: page });
    const error = await failureOf(source.getToken({ audience }));
    expect(error).toMatchObject({ code: 'upstream_unavailable', retryable: true });
    expect(error.message).toBe('Microsoft Entra answered 503 to the sign-in of connection prod.');
  });

  test.each(['x-ms-request-id', 'x-azure-ref'])('with a page and %s is the service', async (header) => {
    const { source, authority } = setUp({ secrets });
    authority.next({ status: 403, headers: { [header]: 'a' }, body: page });
    expect((await failureOf(source.getToken({ audience }))).message).toContain('Microsoft Entra refused the sign-in');
  });

  test('a refusal in the form of the service stays one', async () => {
    const { source, authority } = setUp({ secrets });
    authority.next({ status: 401, body: refusal(7000215) });
    expect((await failureOf(source.getToken({ audience }))).message).toContain('Microsoft Entra refused the sign-in');
  });

  test.each([
    ['ENOTFOUND', 'The name `login.lab.example` of Microsoft Entra does not resolve here (ENOTFOUND).'],
    ['EAI_AGAIN', 'The name `login.lab.example` of Microsoft Entra does not resolve here (EAI_AGAIN).'],
    ['ECONNREFUSED', 'Microsoft Entra could not be reached (ECONNREFUSED).'],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'The certificate of Microsoft Entra is not trusted (SELF_SIGNED_CERT_IN_CHAIN).'],
    ['CERT_HAS_EXPIRED', 'The certificate of Microsoft Entra is not trusted (CERT_HAS_EXPIRED).'],
  ])('%s has its own message', async (code, message) => {
    const httpClient = {
      sendRequest: () => Promise.reject(Object.assign(new Error('client_secret=MARKED'), { code })),
    };
    const { source } = setUp({ secrets, options: { httpClient: async () => httpClient } });
    const error = await failureOf(source.getToken({ audience }));
    expect(error).toMatchObject({ code: 'upstream_unavailable', message, hint: expect.any(String) });
    expect(inspect(error, { depth: 20, showHidden: true })).not.toContain('MARKED');
  });

  test('an answer without headers of a page is read as before', async () => {
    const httpClient = {
      sendRequest: async (request: Parameters<ReturnType<typeof createDefaultHttpClient>['sendRequest']>[0]) => ({
        request,
        status: 400,
        headers: createHttpHeaders(),
        bodyAsText: '{}',
      }),
    };
    const { source } = setUp({ secrets, options: { httpClient: async () => httpClient } });
    expect((await failureOf(source.getToken({ audience }))).message).toContain('HTTP 400');
  });
});

describe('settings.logging.auth', () => {
  function logged(logging: ConnectionSettings['logging']) {
    const lines: string[] = [];
    const logger = createLogger({ level: 'info', destination: { write: (line: string) => void lines.push(line) } });
    const { source, authority } = setUp({ secrets, record: { settings: { logging } }, options: { logger } });
    const read = async () => {
      await logger.flush();
      return lines.map((line) => JSON.parse(line));
    };
    return { source, authority, read };
  }

  test('says who signed in where, for what and until when, and shows no token', async () => {
    const { source, read } = logged({ enabled: true, auth: true });
    await source.getToken({ audience });
    await source.getToken({ audience });
    const lines = await read();
    expect(lines).toEqual([
      expect.objectContaining({
        msg: 'sign-in',
        authType: 'azure',
        authority: labCloud.login,
        tenant: tenantId,
        app: clientId,
        audience,
        outcome: 'signed in',
        expiresAt: expect.stringMatching(/^\d{4}-.*Z$/),
        durationMs: expect.any(Number),
      }),
    ]);
    expect(JSON.stringify(lines)).not.toMatch(/MARKED|token-1/);
  });

  test('says why one failed, with what the support of the service asks for', async () => {
    const { source, authority, read } = logged({ enabled: true, auth: true });
    authority.next({ status: 401, body: refusal(7000215) });
    await failureOf(source.getToken({ audience }));
    expect(await read()).toEqual([
      expect.objectContaining({
        msg: 'sign-in',
        outcome: 'unauthenticated',
        error: expect.stringContaining('AADSTS7000215'),
        status: 401,
        upstreamCode: 'AADSTS7000215',
        requestId: '33333333-3333-4333-8333-333333333333',
      }),
    ]);
  });

  test.each([undefined, { enabled: true }, { auth: true }])('%j writes none at info', async (logging) => {
    const { source, read } = logged(logging);
    await source.getToken({ audience });
    expect(await read()).toEqual([]);
  });
});
