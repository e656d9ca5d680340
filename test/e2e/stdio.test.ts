import { access, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { exitWithinASecond, type Lab, openLab, Product } from './support/product.ts';

let lab: Lab;
let server: Product | undefined;

beforeEach(async () => {
  lab = await openLab();
});
afterEach(async () => {
  await server?.stop();
  server = undefined;
  await lab.close();
});

describe('the stdio server', () => {
  test('starts without touching network or disk', async () => {
    const home = join(lab.home, 'not-yet');
    server = new Product({ env: { ...lab.env, TENANTRY_HOME: home, HOME: home }, args: lab.args }, 'stdio');
    await server.initialize();
    server.send({ id: 1, method: 'tools/list' });
    await server.answer(1);
    await expect(access(home)).rejects.toThrow('ENOENT');
    expect(lab.sandbox.requests()).toEqual([]);
  });

  test('exits within a second when stdin ends', async () => {
    server = new Product(lab);
    await server.initialize();
    server.process.stdin.end();
    expect(await exitWithinASecond(server)).toBe(0);
  });

  test('exits within a second when stdin ends in the middle of a call, and sends nothing more', async () => {
    lab.sandbox.fault({ match: 'GET /v1.0/users*', delay_ms: 5_000, times: 10 });
    server = new Product(lab, 'stdio');
    await server.initialize();
    server.send({
      id: 1,
      method: 'tools/call',
      params: { name: 'graph_query', arguments: { connection: 'lab', endpoint: '/organization' } },
    });
    await server.answer(1);
    server.send({
      id: 2,
      method: 'tools/call',
      params: { name: 'graph_query', arguments: { connection: 'lab', endpoint: '/users' } },
    });
    server.send({ id: 3, method: 'ping' });
    await server.answer(3);
    server.process.stdin.end();
    expect(await exitWithinASecond(server)).toBe(0);
    expect(lab.sandbox.requests().filter(({ url }) => url.includes('/users')).length).toBeLessThanOrEqual(1);
  });

  test('writes nothing but JSON-RPC to stdout, whatever it is sent', async () => {
    server = new Product(lab, 'stdio', '--log-level', 'trace');
    await server.initialize();
    server.process.stdin.write('this is not JSON\n{"jsonrpc":"2.0","id":7}\n[]\n\n');
    server.send({ id: 1, method: 'no/such/method' });
    server.send({
      id: 2,
      method: 'tools/call',
      params: { name: 'graph_query', arguments: { connection: 'lab', endpoint: '/users/none' } },
    });
    server.send({ id: 3, method: 'tools/call', params: { name: 'list_connections', arguments: {} } });
    await Promise.all([server.answer(1), server.answer(2), server.answer(3)]);
    server.process.stdin.end();
    await server.exit;
    // Reading `messages` parses every line.
    expect(server.messages.map((message) => message['id'])).toEqual(expect.arrayContaining([0, 1, 2, 3]));
    for (const line of server.stderr.trim().split('\n')) expect(() => JSON.parse(line), line).not.toThrow();
  });

  test('explains a broken configuration in the answer of every tool', async () => {
    const file = join(lab.home, 'broken.yaml');
    await writeFile(file, 'conections: []\n');
    server = new Product({ env: { ...lab.env, TENANTRY_CONFIG: file }, args: lab.args }, 'stdio');
    await server.initialize();
    server.send({ id: 1, method: 'tools/list' });
    const { result } = (await server.answer(1)) as { result: { tools: { name: string }[] } };
    expect(result.tools.length).toBeGreaterThan(5);
    for (const [index, { name }] of result.tools.entries()) {
      server.send({ id: 10 + index, method: 'tools/call', params: { name, arguments: {} } });
      expect(await server.answer(10 + index), name).toMatchObject({
        result: {
          isError: true,
          structuredContent: {
            response: {
              success: false,
              error: { code: 'configuration', message: expect.stringContaining('conections') },
            },
          },
        },
      });
    }
  });

  test('keeps what it stores private', async () => {
    server = new Product(lab, 'stdio');
    await server.initialize();
    const create = { name: 'create_connection', arguments: { name: 'other', cloud: 'lab' } };
    server.send({ id: 1, method: 'tools/call', params: create });
    await server.answer(1);
    expect(await readdir(lab.home)).toContain('tenantry.db');
  });
});
