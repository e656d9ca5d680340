import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Lab, openLab, Product } from './support/product.ts';
import { type RunOptions, runProduct } from './support/run-product.ts';

// 0 success, 1 an error was answered or the output was lost, 2 wrong usage or configuration, 3 interrupted.

let lab: Lab;
let broken: string;

beforeAll(async () => {
  lab = await openLab();
  broken = join(lab.home, 'broken.yaml');
  writeFileSync(broken, 'nonsense: 1\n');
});
afterAll(() => lab.close());

const run = (args: readonly string[], options: RunOptions = {}) => runProduct(lab, args, options);
const listing = ['call', 'list_connections'];

describe('wrong usage and configuration end with 2 and a message', () => {
  test.each([
    ['tools', ['tools', '--toolsets', 'grph']],
    ['http', ['http', '--port', '0', '--toolsets', 'grph']],
    ['doctor', ['doctor', '--toolsets', 'grph']],
    ['call', [...listing, '--toolsets', 'grph']],
    ['connections', ['connections', 'list', '--toolsets', 'grph']],
    ['stdio', ['stdio', '--toolsets', 'grph']],
    ['the default command', ['--toolsets', 'grph']],
  ])('%s refuses a toolset that does not exist', async (_name, args) => {
    const { code, stdout, stderr } = await run(args);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain('There is no toolset `grph`');
  });

  test.each([
    ['TENANTRY_TOOLSETS', 'grph'],
    ['TENANTRY_LOG_LEVEL', 'loud'],
    ['TENANTRY_READ_ONLY', 'maybe'],
    ['TENANTRY_MAX_ACCESS', 'all'],
    ['TENANTRY_VAULT', 'cloud'],
  ])('stdio and tools refuse %s=%s', async (name, value) => {
    for (const command of ['stdio', 'tools']) {
      const { code, stderr } = await run([command], { env: { [name]: value } });
      expect(code, command).toBe(2);
      expect(stderr).toContain(name);
      expect(stderr).toContain(value);
    }
  });

  test.each([
    ['tools', ['tools']],
    ['http', ['http', '--port', '0']],
    ['call', listing],
    ['connections', ['connections', 'list']],
    ['secrets', ['secrets', 'list']],
    ['approve', ['approve']],
    ['audit', ['audit']],
  ])('%s refuses a broken configuration', async (_name, args) => {
    const { code, stdout, stderr } = await run([...args, '--config', broken]);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain('unknown key "nonsense"');
  });

  test('a server on stdio starts with a broken configuration, and says so in each answer', async () => {
    const product = new Product(lab, 'stdio', '--config', broken);
    await product.initialize();
    product.send({ id: 1, method: 'tools/call', params: { name: 'list_connections', arguments: {} } });
    expect(JSON.stringify(await product.answer(1))).toContain('unknown key');
    product.process.stdin.end();
    expect(await product.exit).toBe(0);
  });

  test('an older Node is told which one is needed, before it meets what it cannot run', async () => {
    const older =
      "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.20.2' } }); delete Map.groupBy;";
    const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(older)}` };
    for (const args of [['tools'], ['stdio']]) {
      const { code, stdout, stderr } = await run(args, { env });
      expect(stderr).toMatch(/^error: Tenantry needs Node 22\.13 or later; this is 20\.20\.2 /);
      expect(stdout).toBe('');
      expect(code).toBe(2);
    }
  });

  test('a placeholder of a host is no value', async () => {
    const unfilled = (name: string) => `\${${name}}`;
    const env = { TENANTRY_TOOLSETS: unfilled('user_config.toolsets'), TENANTRY_READ_ONLY: unfilled('READ_ONLY') };
    expect((await run(['tools', '--log-level', unfilled('user_config.level')], { env })).code).toBe(0);
  });

  test('the example after a mistake is that of the command below the group', async () => {
    expect((await run(['secrets', 'set', '--nope'])).stderr).toContain('For example: tenantry secrets set openai-key');
    expect((await run(['connections', 'validate', 'x', '--nope'])).stderr).toContain('tenantry connections validate');
  });

  test('an undo without the id of its receipt says where the ids are', async () => {
    const { code, stderr } = await run(['audit', '--undo', '--home', lab.home]);
    expect(code).toBe(2);
    expect(stderr).toContain('Pass the id of a receipt; tenantry audit shows them.');
  });

  test('help takes the words of a command below a group', async () => {
    const { code, stdout } = await run(['help', 'secrets', 'set']);
    expect(code).toBe(0);
    expect(stdout).toContain('Usage: tenantry secrets set');
    expect((await run(['help', 'secrets', 'sett'])).stderr).toContain('did you mean secrets set?');
  });
});

describe('an answer that is an error ends with 1', () => {
  test('a validation that is failing', async () => {
    lab.sandbox.fault({ service: 'login', status: 401, times: 50 });
    const { code, stdout } = await run(['connections', 'validate', 'lab', '--checks', 'token']);
    lab.sandbox.reset();
    expect(JSON.parse(stdout).response.data.health).toBe('failing');
    expect(code).toBe(1);
  });

  test('one that is not', async () => {
    const { code, stdout } = await run(['connections', 'validate', 'lab', '--checks', 'token']);
    expect(JSON.parse(stdout).response.data.health).not.toBe('failing');
    expect(code).toBe(0);
  });

  test('a connection that does not exist', async () => {
    expect((await run(['connections', 'checklist', 'nobody'])).code).toBe(1);
    expect((await run(['connections', 'validate', 'nobody'])).code).toBe(1);
  });
});

/** Runs with stdout in a file of the system. */
async function runInto(path: string, args: readonly string[]): Promise<{ code: number | null; stderr: string }> {
  const out = openSync(path, 'w');
  const child = spawn(process.execPath, lab.args(...args), { env: lab.env, stdio: ['ignore', out, 'pipe'] });
  let stderr = '';
  child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  closeSync(out);
  return { code, stderr };
}

describe.skipIf(!existsSync('/dev/full'))('output that cannot be written ends with 1', () => {
  test.each([
    [listing],
    [['tools']],
    [['connections', 'list', '-o', 'csv']],
    [['connections', 'checklist', 'lab']],
    [['secrets', 'list']],
    [['approve']],
    [['doctor']],
    [['setup', 'cursor']],
    [['sandbox', '--users', '5']],
    [['--help']],
    [['--version']],
    [['help', 'secrets', 'set']],
  ])('%j', async (args) => {
    const { code, stderr } = await runInto('/dev/full', args);
    expect(code).toBe(1);
    expect(stderr).toContain('The output could not be written: the disk is full.');
    expect(stderr).not.toContain('    at ');
  });
});

test('a reader that has gone is no failure', async () => {
  const product = new Product(lab, 'tools');
  product.process.stdout.destroy();
  expect(await product.exit).toBe(0);
  expect(product.stderr).toBe('');
});

describe('an interruption', () => {
  test.each([
    [['connections', 'validate', 'lab']],
    [['doctor', '--validate']],
    [['call', 'graph_query', '{"connection":"lab","endpoint":"/users"}']],
  ])('of %j ends with 3', async (args) => {
    lab.sandbox.reset();
    // The sign-in is answered, and what comes after it is not: then the work is under way.
    lab.sandbox.fault({ service: 'graph', delay_ms: 60_000, times: 50 });
    const product = new Product(lab, ...args);
    await expect.poll(() => lab.sandbox.requests().length, { timeout: 15_000 }).toBeGreaterThan(0);
    product.process.kill('SIGINT');
    expect(await product.exit, product.stdout + product.stderr).toBe(3);
    lab.sandbox.reset();
  });

  test('of the demo says so, ends with 3 and fails no step', async () => {
    const folder = join(lab.home, 'demo-tmp');
    mkdirSync(folder);
    const product = new Product({ ...lab, env: { ...lab.env, TMPDIR: folder } }, 'demo');
    await product.until(({ stdout }) => stdout.includes('\n1. ') || undefined);
    product.process.kill('SIGINT');
    expect(await product.exit, product.stdout + product.stderr).toBe(3);
    expect(product.stdout).not.toContain('failed:');
    expect(product.stderr).toContain('The tour was interrupted');
  });

  test.each([
    ['http', ['http', '--port', '0'], 'serves MCP'],
    ['sandbox', ['sandbox', '--users', '5'], '"url"'],
  ])('of %s is the end that was asked for: 0, and a line', async (_name, args, ready) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      const product = new Product(lab, ...args);
      await product.until(({ stdout, stderr }) => `${stdout}${stderr}`.includes(ready) || undefined);
      product.process.kill(signal);
      expect(await product.exit).toBe(0);
      expect(product.stderr).toContain(`Stopped (${signal}).`);
    }
  });
});

test('flags that all commands know may stand in front of the command', async () => {
  const { code, stdout } = await run(['--sandbox', 'connections', 'list', '-o', 'csv']);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^name,[^\n]*\nsandbox,/);
});
