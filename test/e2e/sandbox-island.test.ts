import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { mkdtemp, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Lab, openLab, Product } from './support/product.ts';
import { type RunOptions, runProduct } from './support/run-product.ts';

/** A lab stands for the real home: TENANTRY_HOME and TENANTRY_CONFIG lead to it, with the connection `lab`. */
let lab: Lab;

beforeAll(async () => {
  lab = await openLab();
  // Something in the real home that nothing of the sandbox may show or change.
  const made = await run(['connections', 'create', 'real', '--cloud', 'lab', '--scopes', 'directory']);
  expect(made.code, made.stdout).toBe(0);
  const set = await run(['secrets', 'set', 'real-secret'], { stdin: 'MARKED-material' });
  expect(set.code, set.stderr).toBe(0);
});
afterAll(() => lab.close());

const run = (args: readonly string[], options: RunOptions = {}) => runProduct(lab, args, options);
const data = async (...args: string[]) => {
  const { code, stdout, stderr } = await run(args);
  expect(code, `${stdout}${stderr}`).toBe(0);
  return JSON.parse(stdout).response.data;
};
const namesIn = async (...args: string[]) =>
  (await data('connections', 'list', ...args)).value.map((one: { name: string }) => one.name);
const folder = () => mkdtemp(join(lab.home, 'sandbox-'));

describe('--sandbox', () => {
  test('lists and calls nothing of the real home', async () => {
    expect(await namesIn('--sandbox')).toEqual(['sandbox']);
    expect(await namesIn('--sandbox', '--config', lab.env['TENANTRY_CONFIG'] ?? '')).toEqual(['sandbox']);
    for (const name of ['lab', 'real']) {
      const call = `{"connection":"${name}","endpoint":"/users"}`;
      const { code, stdout } = await run(['call', 'graph_query', call, '--sandbox']);
      expect(code).toBe(1);
      expect(JSON.parse(stdout).response.error).toMatchObject({ code: 'not_found', hint: 'Valid names: sandbox.' });
    }
  });

  test.each([
    [['secrets', 'list']],
    [['secrets', 'show', 'real-secret', '--yes']],
    [['doctor']],
    [['approve']],
    [['audit']],
  ])('%j shows nothing of the real home and leaves nothing in it', async (args) => {
    const before = readdirSync(lab.home).sort();
    const { stdout } = await run([...args, '--sandbox']);
    expect(stdout).not.toMatch(/real|MARKED/);
    expect(stdout).not.toContain(lab.home);
    expect(readdirSync(lab.home).sort()).toEqual(before);
  });

  test('gives what is made in it its own cloud, and offers no other', async () => {
    expect(await data('connections', 'create', 'made', '--sandbox')).toMatchObject({ cloud: 'sandbox' });
    for (const cloud of ['public', 'lab']) {
      const { code, stdout } = await run(['connections', 'create', 'made', '--cloud', cloud, '--sandbox']);
      expect(code).toBe(1);
      expect(JSON.parse(stdout).response.error.hint).toContain('Valid clouds: sandbox;');
    }
    expect(await namesIn()).toEqual(['lab', 'real']);
  });

  test.each(['azure_cli', 'default', 'managed_identity'])('signs in nobody of this machine: %s', async (authType) => {
    const home = await folder();
    const at = ['--sandbox', '--home', home];
    await data('connections', 'create', 'mine', '--auth-type', authType, ...at);
    await run(['connections', 'complete', 'mine', '--tenant-id', lab.sandbox.credentials.tenantId, ...at]);
    const { code, stdout } = await run(['call', 'graph_query', '{"connection":"mine","endpoint":"/users"}', ...at]);
    expect(code).toBe(1);
    expect(stdout).toContain('The sandbox knows nobody who is signed in on this machine');
  });

  test('removes its own home, also when it is interrupted', async () => {
    const tmp = await folder();
    const own = { ...lab, env: { ...lab.env, TMPDIR: tmp } };
    await runProduct(own, ['connections', 'create', 'made', '--sandbox']);
    expect(await readdir(tmp)).toEqual([]);
    const product = new Product(own, 'http', '--port', '0', '--sandbox');
    await product.until(({ stderr }) => stderr.includes('serves MCP') || undefined);
    expect(await readdir(tmp)).toHaveLength(1);
    product.process.kill('SIGINT');
    await product.exit;
    expect(await readdir(tmp)).toEqual([]);
  });

  test('serves only its own connections over stdio', async () => {
    const product = new Product(lab, 'stdio', '--sandbox');
    await product.initialize();
    product.send({ id: 1, method: 'tools/call', params: { name: 'list_connections', arguments: {} } });
    const text = JSON.stringify(await product.answer(1));
    expect(text).toContain('sandbox');
    expect(text).not.toMatch(/\blab\b|\breal\b/);
    product.process.stdin.end();
    expect(await product.exit).toBe(0);
  });
});

describe('--sandbox --home', () => {
  test.each(['absent', 'empty'])('keeps an %s folder as a home of the sandbox', async (kind) => {
    const parent = await folder();
    const home = kind === 'absent' ? join(parent, 'new') : parent;
    const at = ['--sandbox', '--home', home];
    await data('connections', 'create', 'made', ...at);
    expect(await namesIn(...at)).toEqual(['made', 'sandbox']);
    expect((await run(['doctor', ...at])).code).toBe(0);
  });

  test('refuses a home that holds other connections, or other things', async () => {
    const other = await folder();
    writeFileSync(join(other, 'notes.txt'), '');
    for (const home of [lab.home, other]) {
      const before = readdirSync(home).sort();
      const { code, stderr } = await run(['connections', 'create', 'made', '--sandbox', '--home', home]);
      expect(code).toBe(2);
      expect(stderr).toContain(`${home} is not a home of the sandbox`);
      expect(readdirSync(home).sort()).toEqual(before);
    }
  });

  test('names what is in the place of the folder', async () => {
    const file = join(await folder(), 'file');
    writeFileSync(file, '');
    for (const [home, why] of [
      [file, 'a part of the path is a file, not a folder'],
      [join(file, 'below'), 'a part of the path is a file, not a folder'],
    ] as const) {
      const { code, stderr } = await run(['tools', '--sandbox', '--home', home]);
      expect(code).toBe(2);
      expect(stderr).toContain(`The home folder ${home} cannot be used: ${why}`);
    }
  });

  test('what was made in it is not taken for real', async () => {
    const home = await folder();
    await data('connections', 'create', 'made', '--sandbox', '--home', home);
    const { code, stderr } = await run(['connections', 'list', '--home', home]);
    expect(code).toBe(2);
    expect(stderr).toContain(`${home} is a home of the sandbox`);
    expect(stderr).toContain('Add --sandbox');
    expect(await namesIn('--sandbox', '--home', home)).toEqual(['made', 'sandbox']);
  });
});

describe('tenantry sandbox', () => {
  test('prints a home whose commands work on its tenant and see nothing else', async () => {
    const tmp = await folder();
    const own = { ...lab, env: { ...lab.env, TMPDIR: tmp } };
    const product = new Product(own, 'sandbox', '--users', '12');
    const line = await product.until(({ stdout }) => (stdout.endsWith('\n') ? stdout : undefined));
    const { home, credentials } = JSON.parse(line);
    const at = ['--home', home];
    expect(await data('call', 'graph_query', '{"connection":"sandbox","endpoint":"/users/$count"}', ...at)).toBe(12);
    expect(await data('connections', 'create', 'walk', '--scopes', 'directory', ...at)).toMatchObject({
      cloud: 'sandbox',
    });
    const identity = ['--tenant-id', credentials.tenant_id, '--client-id', credentials.client_id];
    const file = join(home, 'secrets', 'sandbox-client-secret');
    await data('connections', 'complete', 'walk', ...identity, '--client-secret-file', file, ...at);
    expect(await data('connections', 'validate', 'walk', '--checks', 'token', ...at)).toMatchObject({
      health: 'healthy',
    });
    expect(await namesIn(...at)).toEqual(['sandbox', 'walk']);
    expect((await run(['connections', 'create', 'out', '--cloud', 'public', ...at])).code).toBe(1);
    product.process.kill('SIGINT');
    expect(await product.exit).toBe(0);
    expect(existsSync(home)).toBe(false);
    expect(await readdir(tmp)).toEqual([]);
  });

  test('keeps the home that is named, and starts again in it', async () => {
    const home = join(await folder(), 'kept');
    for (const expected of [['sandbox'], ['made', 'sandbox']]) {
      const product = new Product(lab, 'sandbox', '--users', '5', '--home', home);
      await product.until(({ stdout }) => stdout.endsWith('\n') || undefined);
      expect(await namesIn('--home', home)).toEqual(expected);
      if (expected.length === 1) await data('connections', 'create', 'made', '--home', home);
      product.process.kill('SIGTERM');
      expect(await product.exit).toBe(0);
    }
  });

  test('refuses a home that holds other connections', async () => {
    const { code, stderr } = await run(['sandbox', '--home', lab.home]);
    expect(code).toBe(2);
    expect(stderr).toContain('is not a home of the sandbox');
  });
});
