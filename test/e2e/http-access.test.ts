import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { httpAccess, type Lab, openLab, Product } from './support/product.ts';

// Loopback is no authentication: every program of the machine reaches a port, so a port wants a token, and a socket has
// an owner.

let lab: Lab;

beforeAll(async () => {
  lab = await openLab();
});
afterAll(() => lab.close());

function start(...args: string[]): Product {
  const product = new Product(lab, 'http', ...args);
  onTestFinished(() => product.stop());
  return product;
}

const json = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };
const listTools = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list', params: {} });
const initialize = JSON.stringify({
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'test', version: '1' } },
});

function post(url: string, headers: Record<string, string>, body = listTools): Promise<Response> {
  return fetch(url, { method: 'POST', headers: { ...json, ...headers }, body });
}

describe('the port', () => {
  test('answers nothing to a client without the right token, and says where it is', async () => {
    const { url, tokenPath, headers } = await httpAccess(start('--port', '0'));
    const token = headers.authorization.slice('Bearer '.length);
    const wrong: Record<string, string>[] = [
      {},
      { authorization: '' },
      { authorization: 'Bearer' },
      { authorization: 'Bearer ' },
      { authorization: token },
      { authorization: `Basic ${token}` },
      { authorization: `Bearer ${token}x` },
      { authorization: `Bearer ${token.slice(0, -1)}` },
      { authorization: `Bearer ${token} ${token}` },
      { authorization: `Bearer ${token.toUpperCase()}` },
      { 'x-authorization': `Bearer ${token}` },
      { cookie: `token=${token}` },
    ];
    for (const attempt of wrong) {
      for (const body of [listTools, initialize]) {
        const refused = await post(url, attempt, body);
        expect(refused.status, JSON.stringify(attempt)).toBe(401);
        expect(refused.headers.get('www-authenticate')).toMatch(/^Bearer/);
        const text = await refused.text();
        expect(JSON.parse(text)).toMatchObject({ jsonrpc: '2.0', id: null, error: { code: -32001 } });
        expect(text).toContain(tokenPath);
        expect(text).not.toContain(token);
      }
    }
    for (const method of ['GET', 'DELETE', 'OPTIONS', 'PUT']) {
      expect((await fetch(url, { method, headers: { 'mcp-session-id': 'x' } })).status).toBe(401);
    }
    expect((await fetch(`${url}?token=${token}`, { method: 'POST', headers: json, body: listTools })).status).toBe(401);
    expect((await fetch(url.replace('/mcp', '/healthz'))).status).toBe(200);
    const answered = await post(url, headers);
    expect(answered.status).toBe(200);
    expect(await answered.text()).toContain('graph_query');
  });

  test('lets nobody use a session whose id they have seen, without the token', async () => {
    const { url, headers } = await httpAccess(start('--port', '0'));
    const opened = await post(url, headers, initialize);
    const session = { 'mcp-session-id': String(opened.headers.get('mcp-session-id')) };
    expect((await post(url, session)).status).toBe(401);
    expect((await fetch(url, { method: 'DELETE', headers: session })).status).toBe(401);
    expect((await post(url, { ...headers, ...session })).status).toBe(200);
  });

  test('has its token in a file that only the user can read, and never in its output', async () => {
    const server = start('--port', '0');
    const { tokenPath, headers } = await httpAccess(server);
    expect(tokenPath).toBe(join(lab.home, 'http-token'));
    expect(statSync(tokenPath).mode & 0o777).toBe(0o600);
    const token = headers.authorization.slice('Bearer '.length);
    expect(token).toMatch(/^[\w-]{43}$/);
    server.process.kill('SIGTERM');
    await server.exit;
    expect(server.stdout + server.stderr).not.toContain(token);
  });

  test('keeps the token for the next start and for other servers of the home; without the file it is a new one', async () => {
    rmSync(join(lab.home, 'http-token'), { force: true });
    const servers = [start('--port', '0'), start('--port', '0'), start('--port', '0')];
    const [one, two, three] = await Promise.all(servers.map(httpAccess));
    expect(new Set([one, two, three].map((access) => access?.headers.authorization)).size).toBe(1);
    rmSync(join(lab.home, 'http-token'));
    const next = await httpAccess(start('--port', '0'));
    expect(next.headers.authorization).not.toBe(one?.headers.authorization);
    // A server that runs goes on with the token that it has.
    expect((await post(one?.url ?? '', { ...one?.headers })).status).toBe(200);
    expect((await post(one?.url ?? '', next.headers)).status).toBe(401);
  });

  test.each([
    ['that others can read', 0o644, 'chmod 600'],
    ['that others can write', 0o602, 'chmod 600'],
    ['that holds none', 0o600, 'Delete the file'],
  ])('does not open with a token file %s', async (_what, mode, hint) => {
    const path = join(lab.home, 'http-token');
    rmSync(path, { force: true });
    const { execFileSync } = await import('node:child_process');
    writeFileSync(path, mode === 0o600 ? 'short\n' : `${'a'.repeat(43)}\n`);
    execFileSync('chmod', [mode.toString(8), path]);
    onTestFinished(() => rmSync(path, { force: true }));
    const server = start('--port', '0');
    expect(await server.exit).toBe(2);
    expect(server.stderr).toContain(hint);
    expect(server.stderr).not.toContain('aaaa');
  });
});

function overSocket(path: string, method = 'POST', headers: Record<string, string> = {}): Promise<[number, string]> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      { socketPath: path, path: '/mcp', method, headers: { ...json, host: 'localhost', ...headers }, agent: false },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('end', () => resolve([response.statusCode ?? 0, text]));
      },
    );
    outgoing.on('error', reject);
    outgoing.end(listTools);
  });
}

const ready = (server: Product) => server.until(({ stderr }) => /on the socket (\S+)\n/.exec(stderr)?.[1]);

describe('the socket', () => {
  test('is for its owner alone, wants no token, and is gone afterwards', async () => {
    const path = join(lab.home, 'a.sock');
    const server = start('--socket', path);
    expect(await ready(server)).toBe(path);
    expect(statSync(path).isSocket()).toBe(true);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const [status, text] = await overSocket(path);
    expect(status).toBe(200);
    expect(text).toContain('graph_query');
    expect((await overSocket(path, 'POST', { host: 'evil.example' }))[0]).toBe(403);
    expect((await overSocket(path, 'POST', { origin: 'https://evil.example' }))[0]).toBe(403);
    server.process.kill('SIGTERM');
    expect(await server.exit).toBe(0);
    expect(existsSync(path)).toBe(false);
  });

  test('of a server that was killed is replaced; of one that runs is not', async () => {
    const path = join(lab.home, 'b.sock');
    const first = start('--socket', path);
    await ready(first);
    const second = start('--socket', path);
    expect(await second.exit).toBe(2);
    expect(second.stderr).toContain('another server listens there');
    expect((await overSocket(path))[0]).toBe(200);
    first.process.kill('SIGKILL');
    await first.exit;
    expect(existsSync(path)).toBe(true);
    await ready(start('--socket', path));
    expect((await overSocket(path))[0]).toBe(200);
  });

  test('of several that replace a dead one at once, one serves', async () => {
    const path = join(lab.home, 'c.sock');
    const dead = start('--socket', path);
    await ready(dead);
    dead.process.kill('SIGKILL');
    await dead.exit;
    const servers = [start('--socket', path), start('--socket', path), start('--socket', path)];
    await Promise.race(servers.map(ready));
    const ends = servers.map((server) => server.until(({ stderr }) => stderr || undefined));
    const lines = await Promise.all(ends);
    expect(lines.filter((line) => line.includes('serves MCP'))).toHaveLength(1);
    expect((await overSocket(path))[0]).toBe(200);
  });

  test('takes the place of nothing else', async () => {
    const path = join(lab.home, 'file.sock');
    writeFileSync(path, 'kept');
    const server = start('--socket', path);
    expect(await server.exit).toBe(2);
    expect(server.stderr).toContain('something else than a socket');
    expect(readFileSync(path, 'utf8')).toBe('kept');
  });

  test.each([
    ['a path that is too long', `/tmp/${'x'.repeat(120)}`, 'too long'],
    ['a folder that is not there', '/tmp/there/is/no/such/folder.sock', 'does not exist'],
  ])('is refused for %s', async (_what, path, words) => {
    const server = start('--socket', path);
    expect(await server.exit).toBe(2);
    expect(server.stderr).toContain(words);
  });

  test('excludes a port', async () => {
    const server = start('--socket', join(lab.home, 'd.sock'), '--port', '0');
    expect(await server.exit).toBe(2);
    expect(server.stderr).toContain('--port');
  });

  test('that another user owns is left alone', async ({ skip }) => {
    if (process.getuid?.() !== 0) skip('only root can give a file away');
    const path = join(lab.home, 'stranger.sock');
    const other = createServer().listen(path);
    onTestFinished(() => {
      other.close();
    });
    const { chownSync } = await import('node:fs');
    await new Promise((resolve) => other.once('listening', resolve));
    chownSync(path, 12_345, 12_345);
    const server = start('--socket', path);
    expect(await server.exit).toBe(2);
    expect(server.stderr).toContain('another user');
  });
});
