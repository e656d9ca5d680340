import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type HttpLab, initialize, openHttpLab } from '../../support/http-lab.ts';

let local: HttpLab;
let company: HttpLab;

beforeAll(async () => {
  local = await openHttpLab({ web: { allowedOrigins: ['https://named.example'] } });
  company = await openHttpLab({
    web: {
      publicUrl: 'https://tenantry.contoso.example/tools',
      allowedOrigins: ['https://vscode.dev', 'http://localhost:6274'],
      isSignedIn: true,
    },
  });
});
afterAll(async () => {
  await local.close();
  await company.close();
});

/** The status line and headers of an answer to exactly these lines. */
async function ask(lab: HttpLab, ...lines: string[]): Promise<string> {
  const connection = lab.raw(`${lines.join('\r\n')}\r\nConnection: close\r\n\r\n`);
  return connection.ended;
}

const statusOf = (answer: string) => Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1]);

describe('Host', () => {
  const loopback = ['localhost', 'LocalHost', 'localhost:1', '127.0.0.1', '127.0.0.1:65535', '[::1]', '[::1]:3000'];
  const foreign = [
    'evil.example',
    'evil.example:3000',
    'localhost.',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    'evil.example@localhost',
    'localhost@evil.example',
    'localhost#evil.example',
    'localhost/evil.example',
    'localhost?x',
    'localhost:80:80',
    'localhost:',
    'localhost,evil.example',
    'localhost evil.example',
    '[::ffff:127.0.0.1]',
    '0.0.0.0',
    '[::]',
    '127.0.0.2',
    '192.168.1.10',
    'lоcalhost',
    '%6cocalhost',
  ];

  test.each(loopback)('%s is this machine', async (host) => {
    expect(statusOf(await ask(local, 'GET /healthz HTTP/1.1', `Host: ${host}`))).toBe(200);
    expect(statusOf(await ask(company, 'GET /mcp HTTP/1.1', `Host: ${host}`))).toBe(401);
  });

  test.each(foreign)('%j is refused, in JSON', async (host) => {
    for (const lab of [local, company]) {
      const answer = await ask(lab, 'POST /mcp HTTP/1.1', `Host: ${host}`, 'Authorization: Bearer alice');
      expect([400, 403]).toContain(statusOf(answer));
      if (statusOf(answer) === 403) expect(answer).toContain('"message":"Invalid Host header');
      expect(answer).not.toContain('evil.example');
    }
  });

  test('is named once, and by nothing else', async () => {
    const twice = await ask(local, 'GET /healthz HTTP/1.1', 'Host: localhost', 'Host: evil.example');
    expect(statusOf(twice)).toBe(400);
    expect(statusOf(await ask(local, 'GET /healthz HTTP/1.1'))).toBe(400);
    expect(statusOf(await ask(local, 'GET /healthz HTTP/1.0'))).toBe(400);
    const target = await ask(local, 'GET http://evil.example/mcp HTTP/1.1', 'Host: localhost');
    expect(statusOf(target)).toBe(404);
    const forwarded = ['Host: evil.example', 'X-Forwarded-Host: localhost', 'Forwarded: host=localhost'];
    expect(statusOf(await ask(local, 'GET /mcp HTTP/1.1', ...forwarded))).toBe(403);
  });

  test('may be that of the public address, on any port, and of no other one', async () => {
    const answers = ['tenantry.contoso.example', 'Tenantry.Contoso.Example:443'].map((host) =>
      ask(company, 'GET /mcp HTTP/1.1', `Host: ${host}`),
    );
    expect((await Promise.all(answers)).map(statusOf)).toEqual([401, 401]);
    expect(statusOf(await ask(company, 'GET /mcp HTTP/1.1', 'Host: contoso.example'))).toBe(403);
    expect(statusOf(await ask(local, 'GET /mcp HTTP/1.1', 'Host: tenantry.contoso.example'))).toBe(403);
  });

  test('of a probe is the address of the node, where people sign in', async () => {
    expect(statusOf(await ask(company, 'GET /readyz HTTP/1.1', 'Host: 10.1.2.3:3000'))).toBe(200);
    expect(statusOf(await ask(local, 'GET /readyz HTTP/1.1', 'Host: 10.1.2.3:3000'))).toBe(403);
  });
});

describe('Origin', () => {
  const everywhere = ['https://evil.example', 'null', '', 'file://', 'localhost', 'http://localhost.evil.example'];

  test.each([...everywhere, 'http://user@localhost', 'http://localhost/', 'chrome-extension://localhost'])(
    '%j is refused on this machine',
    async (origin) => {
      const answer = await local.post('alice', initialize, { origin });
      expect(answer.status).toBe(403);
      expect(await answer.json()).toMatchObject({ error: { message: expect.stringContaining('Invalid Origin') } });
      expect(answer.headers.get('access-control-allow-origin')).toBeNull();
    },
  );

  test.each([
    'http://localhost:6274',
    'https://localhost',
    'http://127.0.0.1:8080',
    'http://[::1]',
    'https://named.example',
  ])('%s may call on this machine, and reads the answer', async (origin) => {
    const answer = await local.post('alice', initialize, { origin });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('access-control-allow-origin')).toBe(origin);
    expect(answer.headers.get('access-control-expose-headers')).toBe('WWW-Authenticate, Mcp-Session-Id');
    expect(answer.headers.get('access-control-allow-credentials')).toBeNull();
    expect(answer.headers.get('vary')).toBe('Origin');
    await answer.text();
  });

  test.each([...everywhere, 'http://localhost:3000', 'http://127.0.0.1', 'http://tenantry.contoso.example'])(
    '%j is refused where people sign in',
    async (origin) => {
      expect((await company.post('alice', initialize, { origin })).status).toBe(403);
    },
  );

  test.each(['https://tenantry.contoso.example', 'https://vscode.dev', 'http://localhost:6274'])(
    '%s may call where people sign in, and reads also why it may not',
    async (origin) => {
      const answer = await company.post(undefined, initialize, { origin });
      expect(answer.status).toBe(401);
      expect(answer.headers.get('access-control-allow-origin')).toBe(origin);
      expect(answer.headers.get('www-authenticate')).toBe('Bearer');
    },
  );

  test('need not be named: other programs have none', async () => {
    const answer = await company.post('alice', initialize);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('access-control-allow-origin')).toBeNull();
    await answer.text();
  });
});

describe('a preflight', () => {
  const preflight = (lab: HttpLab, origin: string) =>
    fetch(lab.url, {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization' },
    });

  test('is answered without a token, for an origin that may call', async () => {
    const answer = await preflight(company, 'https://vscode.dev');
    expect(answer.status).toBe(204);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'access-control-allow-origin': 'https://vscode.dev',
      'access-control-allow-methods': 'GET, POST, DELETE',
      'access-control-allow-headers':
        'Authorization, Content-Type, Mcp-Method, Mcp-Name, Mcp-Protocol-Version, Mcp-Session-Id, Last-Event-ID',
      'access-control-expose-headers': 'WWW-Authenticate, Mcp-Session-Id',
      vary: 'Origin',
    });
    expect(company.built()).toBeLessThanOrEqual(1);
  });

  test('is refused for another one', async () => {
    const answer = await preflight(company, 'https://evil.example');
    expect(answer.status).toBe(403);
    expect(answer.headers.get('access-control-allow-origin')).toBeNull();
  });

  test('is asked by browsers alone: other OPTIONS want a token', async () => {
    expect((await fetch(company.url, { method: 'OPTIONS' })).status).toBe(401);
    const answer = await company.ask('OPTIONS', 'alice');
    expect(answer.status).toBe(405);
    expect(answer.headers.get('allow')).toBe('GET, POST, DELETE');
  });
});

test.each(['PUT', 'PATCH', 'HEAD'])('%s is no method of the endpoint', async (method) => {
  const answer = await local.ask(method, 'alice');
  expect(answer.status).toBe(405);
  expect(answer.headers.get('allow')).toBe('GET, POST, DELETE');
});

test.each(['GET', 'DELETE'])('%s without a session is answered with what is possible', async (method) => {
  const answer = await local.ask(method, 'alice');
  expect(answer.status).toBe(405);
  expect(answer.headers.get('allow')).toBe('POST');
});
