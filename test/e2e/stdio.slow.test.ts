import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { tools } from '../../src/tools/registry.ts';
import { cliPath, exitWithinASecond, type Lab, openLab, Product } from './support/product.ts';

const inspector = fileURLToPath(
  new URL('../../node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js', import.meta.url),
);

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
  test('ends on SIGTERM under load', async () => {
    lab.sandbox.fault({ match: 'GET /v1.0/users*', delay_ms: 200, times: 100 });
    server = new Product(lab, 'stdio');
    await server.initialize();
    for (let id = 1; id <= 20; id += 1) {
      const args = { connection: 'lab', endpoint: '/users', params: { $top: 10 } };
      server.send({ id, method: 'tools/call', params: { name: 'graph_query', arguments: args } });
    }
    await server.answer(1);
    server.process.kill('SIGTERM');
    expect(await exitWithinASecond(server)).toBe(0);
    expect(server.messages.length).toBeGreaterThan(0);
  });

  test.each(['legacy', 'modern'])(
    'satisfies the strict check of the Inspector in the %s family',
    (era) => {
      const { status, stdout, stderr } = spawnSync(
        process.execPath,
        [
          inspector,
          '--cli',
          process.execPath,
          cliPath,
          '--protocol-era',
          era,
          '--method',
          'tools/list',
          '--strict',
          '--format',
          'json',
          '-q',
        ],
        { env: lab.env, encoding: 'utf8', timeout: 30_000 },
      );
      expect(status, stdout + stderr).toBe(0);
      for (const { name } of tools) expect(stdout).toContain(`"${name}"`);
    },
    40_000,
  );
});
