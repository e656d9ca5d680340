import { appendFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Lab, openLab, Product } from './support/product.ts';

let lab: Lab;

beforeAll(async () => {
  lab = await openLab();
  for (const [tool, input] of [
    ['list_connections', {}],
    ['graph_query', { connection: 'lab', endpoint: '/users', limit: 1 }],
    ['graph_query', { connection: 'nobody', endpoint: '/users' }],
  ] as const) {
    const product = new Product(lab, 'call', tool, JSON.stringify(input));
    product.process.stdin.end();
    await product.exit;
  }
});
afterAll(() => lab.close());

async function audit(...args: readonly string[]) {
  const product = new Product(lab, 'audit', ...args);
  product.process.stdin.end();
  const code = await product.exit;
  return {
    code,
    lines: product.stdout
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line)),
    stderr: product.stderr,
  };
}

describe('tenantry audit', () => {
  test('prints the newest lines as JSON, the newest last', async () => {
    const { code, lines, stderr } = await audit();
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect(lines).toMatchObject([
      { tool: 'list_connections', actor: 'operator', channel: 'terminal', outcome: 'success' },
      { tool: 'graph_query', connection: 'lab', requests: [{ service: 'graph', method: 'GET', path: '/users' }] },
      { tool: 'graph_query', connection: 'nobody', outcome: 'not_found' },
    ]);
    expect((await audit('-n', '1')).lines).toEqual(lines.slice(-1));
    expect((await audit('-n', '0')).lines).toEqual([]);
  });

  test('shows only the calls that are asked for', async () => {
    expect((await audit('--connection', 'lab')).lines).toHaveLength(1);
    expect((await audit('--tool', 'list_connections')).lines).toHaveLength(1);
    expect((await audit('--denied')).lines).toEqual([]);
    expect((await audit('--caller', 'Local')).lines).toHaveLength(3);
    expect((await audit('--caller', 'somebody')).lines).toEqual([]);
  });

  test('a number of lines that is none is wrong usage', async () => {
    expect((await audit('-n', 'many')).code).toBe(2);
  });

  test('follows what others append, and ends with Ctrl-C', async () => {
    const product = new Product(lab, 'audit', '--follow', '-n', '1', '--denied');
    const [file = ''] = await readdir(join(lab.home, 'audit'));
    const line = JSON.stringify({ time: '2026-11-20T10:00:00Z', tool: 'arm_write', outcome: 'refused', caller: 'x' });
    const seen = (count: number) => product.until(() => product.stdout.split('\n').length > count || undefined);
    await appendFile(join(lab.home, 'audit', file), `${line}\n`);
    await seen(1);
    expect(JSON.parse(product.stdout)).toMatchObject({ tool: 'arm_write', outcome: 'refused' });
    await appendFile(join(lab.home, 'audit', file), `${line.replace('refused', 'success')}\n${line}\n`);
    await seen(2);
    expect(product.stdout.trim().split('\n')).toHaveLength(2);
    product.process.kill('SIGINT');
    expect(await product.exit).toBe(0);
    expect(product.stderr).toBe('');
  });
});
