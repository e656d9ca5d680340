import { mkdir, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Lab, openLab, Product } from './support/product.ts';

let lab: Lab;
let folder: string;
beforeAll(async () => {
  lab = await openLab({ now: '2026-11-20T10:00:00Z' });
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tenantry-selfcheck-'));
  lab.sandbox.reset();
});
afterEach(() => rm(folder, { recursive: true, force: true }));
afterAll(() => lab.close());

async function selfcheck(...args: string[]) {
  const product = new Product({ ...lab, cwd: folder }, 'selfcheck', ...args);
  product.process.stdin.end();
  const code = await product.exit;
  return { code, stdout: product.stdout, stderr: product.stderr };
}

describe('tenantry selfcheck', () => {
  test('writes one file, for its owner only, that holds what stdout shows', async () => {
    const { code, stdout, stderr } = await selfcheck('lab');
    expect(stderr).toMatch(/^The report is in \S+\/tenantry-selfcheck-\d{4}-\d\d-\d\d\.json\./);
    expect(code).toBe(0);
    const [name = '', ...others] = await readdir(folder);
    expect(others).toEqual([]);
    expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600);
    const report = JSON.parse(await readFile(join(folder, name), 'utf8'));
    expect(JSON.parse(stdout)).toEqual(report);
    expect(report.summary).toMatchObject({ differs: 0, skipped: 0, failed: 0 });
    expect(JSON.stringify(report)).not.toContain('contoso');
  });

  test('leaves neither a line of the audit log nor anything else in the home', async () => {
    const before = (await readdir(lab.home, { recursive: true })).sort();
    await selfcheck('lab', '--out', 'report.json');
    const after = (await readdir(lab.home, { recursive: true })).sort();
    expect(after).toEqual(before);
    expect(await readdir(folder)).toEqual(['report.json']);
  });

  test('exits 1 when something differs, and shows what, assumed and seen', async () => {
    const body = { error: { code: 'BadRequest', message: 'Ada Lovelace has no licences.', innerError: {} } };
    lab.sandbox.fault({ match: 'GET /v1.0/subscribedSkus*', status: 400, body, times: 1 });
    const { code, stdout } = await selfcheck('lab', '-o', 'table');
    expect(code).toBe(1);
    expect(stdout).toContain('differs     graph.skus: the licences of the tenant, all at once\n');
    expect(stdout).toContain('code: status is 400, assumed 200');
    expect(stdout).toMatch(/\d+ checks: \d+ as assumed, 1 differs, 0 skipped, 0 failed\.\n$/);
    expect(stdout).not.toContain('Lovelace');
  });

  test('exits 1 when a check failed', async () => {
    lab.sandbox.fault({
      service: 'login',
      status: 400,
      body: { error: 'invalid_client', error_codes: [7000222] },
      times: 9,
    });
    const refused = await selfcheck('lab');
    expect(refused.code).toBe(1);
    expect(JSON.parse(refused.stdout).checks[0]).toMatchObject({
      outcome: 'failed',
      reason: 'no token: AADSTS7000222',
    });
  });

  test.each([
    [[], 'missing required argument'],
    [['lab', '--out', 'nowhere/report.json'], 'it does not exist'],
    [['lab', '--out', '.'], 'is not a file'],
    [['lab', '--out', `${'x'.repeat(300)}.json`], 'its name is too long'],
    [['lab', '--out', '/proc/report.json'], 'cannot be written'],
    [['lab', 'report.json'], 'too many arguments'],
  ])('%j is wrong usage: 2, and nothing is sent', async (args, words) => {
    const sent = lab.sandbox.requests().length;
    const { code, stdout, stderr } = await selfcheck(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(words);
    expect(lab.sandbox.requests()).toHaveLength(sent);
  });

  test('an unknown connection is answered with the valid names', async () => {
    const { code, stderr } = await selfcheck('nobody');
    expect(code).toBe(1);
    expect(stderr).toContain('lab');
    expect(await readdir(folder)).toEqual([]);
  });

  test('a file that cannot be written in the end is an error, and the report is on stdout', async () => {
    await mkdir(join(folder, 'gone'));
    lab.sandbox.fault({ match: 'GET /v1.0/groups*', delay_ms: 2_000, times: 1 });
    const product = new Product({ ...lab, cwd: folder }, 'selfcheck', 'lab', '--out', 'gone/report.json');
    await expect.poll(() => lab.sandbox.requests().length, { timeout: 15_000 }).toBeGreaterThan(4);
    await rm(join(folder, 'gone'), { recursive: true });
    expect(await product.exit).toBe(1);
    expect(product.stderr).toContain('it does not exist');
    expect(JSON.parse(product.stdout).report).toBe('tenantry selfcheck');
  });

  test('leaves no file when it is interrupted, and exits 3', async () => {
    lab.sandbox.fault({ match: 'GET /v1.0/groups*', delay_ms: 60_000, times: 1 });
    const product = new Product({ ...lab, cwd: folder }, 'selfcheck', 'lab');
    // The request that hangs is in no log yet; those before it are.
    await expect.poll(() => lab.sandbox.requests().length, { timeout: 15_000 }).toBeGreaterThan(4);
    product.process.kill('SIGINT');
    expect(await product.exit).toBe(3);
    expect(await readdir(folder)).toEqual([]);
    expect(product.stdout).toBe('');
  });

  test('works on the sandbox of its own process', async () => {
    const { code, stdout } = await selfcheck('sandbox', '--sandbox', '-o', 'ndjson');
    expect(code).toBe(0);
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.length).toBeGreaterThan(70);
    expect(new Set(lines.map(({ outcome }) => outcome))).toEqual(new Set(['as_assumed']));
  });
});
