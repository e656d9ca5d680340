import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type HttpAccess, httpAccess, type Lab, openLab, Product } from './support/product.ts';

let lab: Lab;
let server: Product;
let access: HttpAccess;
let url: URL;

beforeAll(async () => {
  lab = await openLab();
  server = new Product(lab, 'http', '--port', '0');
  access = await httpAccess(server);
  url = new URL(access.url);
});
afterAll(async () => {
  await server.stop();
  await lab.close();
});

interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

/** With the token, unless the headers say otherwise. */
function send(
  path: string,
  headers: Record<string, string> = {},
  body?: string | Buffer,
  method = 'POST',
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        host: url.hostname,
        port: url.port,
        path,
        method,
        headers: { ...access.headers, ...headers },
        agent: false,
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(chunks).toString(),
          }),
        );
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

const json = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };
const rpc = (method: string, params: unknown = {}) => JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
const initialize = rpc('initialize', {
  protocolVersion: '2025-11-25',
  capabilities: {},
  clientInfo: { name: 'test', version: '1' },
});

describe('the HTTP server', () => {
  test('answers its health', async () => {
    expect(await send('/healthz', {}, undefined, 'GET')).toMatchObject({ status: 200, body: '{"status":"ok"}' });
  });

  test('knows no other path', async () => {
    expect((await send('/', json, initialize)).status).toBe(404);
  });

  test.each([
    ['Host', { host: 'evil.example' }],
    ['Host', { host: 'evil.example:3000' }],
    ['Origin', { origin: 'https://evil.example' }],
    ['Origin', { origin: 'null' }],
  ])('refuses a foreign %s', async (_, headers) => {
    expect((await send('/mcp', { ...json, ...headers }, initialize)).status).toBe(403);
    expect((await send('/healthz', headers, undefined, 'GET')).status).toBe(403);
  });

  test('takes a local Origin', async () => {
    expect((await send('/mcp', { ...json, origin: 'http://localhost:6274' }, initialize)).status).toBe(200);
  });

  test('refuses a body over the limit, and one that is not JSON', async () => {
    expect((await send('/mcp', json, Buffer.alloc(5 * 1024 * 1024, 0x20))).status).toBe(413);
    const broken = await send('/mcp', json, '{"jsonrpc":');
    expect(broken).toMatchObject({ status: 400, body: expect.stringContaining('-32700') });
  });

  test('opens a session for an older client, and forgets it when it is deleted', async () => {
    const opened = await send('/mcp', json, initialize);
    const session = {
      'mcp-session-id': String(opened.headers['mcp-session-id']),
      'mcp-protocol-version': '2025-11-25',
    };
    expect((await send('/mcp', { ...json, ...session }, rpc('tools/list'))).body).toContain('graph_query');
    expect((await send('/mcp', { ...json, ...session }, undefined, 'DELETE')).status).toBe(200);
    expect((await send('/mcp', { ...json, ...session }, rpc('tools/list'))).status).toBe(404);
  });

  test('serves an older client without a session', async () => {
    const { status, body } = await send('/mcp', json, rpc('tools/list'));
    expect(status).toBe(200);
    expect(body).toContain('graph_query');
  });

  test('takes no literal secret', async () => {
    const create = rpc('tools/call', { name: 'create_connection', arguments: { name: 'inline', cloud: 'lab' } });
    expect((await send('/mcp', json, create)).body).toContain('pending');
    const complete = rpc('tools/call', {
      name: 'complete_connection',
      arguments: { connection: 'inline', client_secret: 'literal-secret-value-0123456789' },
    });
    const { body } = await send('/mcp', json, complete);
    expect(body).toContain('"success":false');
    expect(body).not.toContain('literal-secret-value');
  });

  test.each(['0.0.0.0', '::', '192.168.1.10', 'example.com'])('does not listen on %s', async (host) => {
    const refused = new Product(lab, 'http', '--port', '0', '--host', host);
    expect(await refused.exit).toBe(2);
    expect(refused.stderr).toContain('no sign-in');
  });

  test('lets a call in flight finish when it is asked to end', async () => {
    const own = new Product(lab, 'http', '--port', '0');
    const { url: ownUrl, headers: token } = await httpAccess(own);
    lab.sandbox.fault({ match: 'GET /v1.0/groups*', delay_ms: 300, times: 1 });
    const body = rpc('tools/call', {
      name: 'graph_query',
      arguments: { connection: 'lab', endpoint: '/groups?$top=1', limit: 1 },
    });
    const answer = fetch(ownUrl, { method: 'POST', headers: { ...json, ...token }, body }).then((response) =>
      response.text(),
    );
    await fetch(ownUrl.replace('/mcp', '/healthz'));
    own.process.kill('SIGTERM');
    expect(await answer).toContain('\\"success\\":true');
    expect(await own.exit).toBe(0);
  });
});
