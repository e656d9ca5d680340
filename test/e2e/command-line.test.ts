import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Lab, openLab, Product } from './support/product.ts';

let lab: Lab;

beforeAll(async () => {
  lab = await openLab();
});
afterAll(() => lab.close());

async function run(
  args: readonly string[],
  stdin = '',
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const product = new Product(lab, ...args);
  product.process.stdin.end(stdin);
  const code = await product.exit;
  return { code, stdout: product.stdout, stderr: product.stderr };
}

const query = JSON.stringify({ connection: 'lab', endpoint: '/organization', params: { $select: 'id' } });

describe('tenantry call', () => {
  test('prints the answer as one line of JSON and exits 0', async () => {
    const { code, stdout, stderr } = await run(['call', 'graph_query', query]);
    expect(code).toBe(0);
    expect(stdout.trimEnd().split('\n')).toHaveLength(1);
    expect(JSON.parse(stdout)).toMatchObject({ response: { success: true }, connection: { name: 'lab' } });
    expect(stderr).toBe('');
  });

  test('takes its arguments from a file and from stdin', async () => {
    const file = join(lab.home, 'query.json');
    await writeFile(file, query);
    expect((await run(['call', 'graph_query', `@${file}`])).code).toBe(0);
    expect((await run(['call', 'graph_query', '-'], query)).code).toBe(0);
  });

  test.each([
    ['csv', 241],
    ['ndjson', 240],
    ['table', 241],
  ])('-o %s has the whole list, and says nothing of cursors', async (format, lines) => {
    const { code, stdout, stderr } = await run([
      ...['call', 'graph_query', '{"connection":"sandbox","endpoint":"/users"}', '--sandbox', '-o', format],
    ]);
    expect(code).toBe(0);
    expect(stdout.trimEnd().split('\n').slice(0, lines)).toHaveLength(lines);
    expect(stdout).toContain('zoe.almeida@contoso.example');
    expect(`${stdout}${stderr}`).not.toContain('cursor');
  });

  test('-o csv for a model is as long as any other answer', async () => {
    const query = '{"connection":"sandbox","endpoint":"/users"}';
    const { stdout, stderr } = await run(['call', 'graph_query', query, '--sandbox', '--agent', '-o', 'csv']);
    expect(stdout.trimEnd().split('\n').length).toBeLessThan(60);
    expect(stderr).toContain('of 240 items');
  });

  test('exits 1 when the tool answers an error, which is on stdout', async () => {
    const { code, stdout } = await run(['call', 'graph_query', '{"connection":"nobody","endpoint":"/users"}']);
    expect(code).toBe(1);
    expect(JSON.parse(stdout).response.error).toMatchObject({
      code: 'not_found',
      message: expect.stringContaining('nobody'),
    });
  });

  test.each([
    [['call', 'graph_qery', '{}'], 'did you mean graph_query'],
    [['call', 'graph_query', '{bad'], 'not JSON'],
    [['call', 'graph_query', '@/no/such/file'], 'cannot be read'],
    [['call'], 'missing required argument'],
    [['cal'], 'did you mean call'],
    [['call', 'graph_query', '{}', '--nope'], 'unknown option'],
    [['http', '--port', '99999'], 'port number'],
    [['setup', 'emacs'], 'There is no client "emacs"; use claude-desktop, claude-code, vscode, cursor or gemini.'],
    [['connections', 'list', '--users', '10'], 'needs --sandbox'],
  ])('%j is wrong usage: 2, an example, and nothing on stdout', async (args, words) => {
    const { code, stdout, stderr } = await run(args);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain(words);
    expect(stderr).toContain('tenantry ');
  });

  test('exits 3 when it is interrupted', async () => {
    lab.sandbox.reset();
    lab.sandbox.fault({ match: 'GET /v1.0/groups*', delay_ms: 60_000, times: 1 });
    const product = new Product(lab, 'call', 'graph_query', '{"connection":"lab","endpoint":"/groups"}');
    // The sign-in has been answered: the call is under way.
    await expect.poll(() => lab.sandbox.requests().length, { timeout: 15_000 }).toBeGreaterThan(0);
    product.process.kill('SIGINT');
    expect(await product.exit).toBe(3);
    expect(JSON.parse(product.stdout).response.error.code).toBe('cancelled');
    lab.sandbox.reset();
  });

  test('refuses writing in read-only mode', async () => {
    const write = { connection: 'lab', requests: [{ method: 'DELETE', endpoint: '/users/x' }] };
    const { code, stdout } = await run(['call', 'graph_write', JSON.stringify(write), '--read-only']);
    expect(code).toBe(1);
    expect(JSON.parse(stdout).response.error.code).toBe('refused');
  });
});

describe('other commands', () => {
  test('every command has help with an example', async () => {
    for (const command of ['stdio', 'http', 'call', 'tools', 'sandbox', 'demo', 'doctor', 'selfcheck', 'setup']) {
      const { code, stdout } = await run([command, '--help']);
      expect(code).toBe(0);
      expect(stdout).toContain('Example:');
    }
  });

  test('connections go through their life', async () => {
    const data = async (...args: string[]) => {
      const { code, stdout } = await run(['connections', ...args]);
      expect(code, stdout).toBe(0);
      return JSON.parse(stdout).response.data;
    };
    const { tenantId, clientId } = lab.sandbox.credentials;
    expect(await data('create', 'life', '--cloud', 'lab', '--scopes', 'directory')).toMatchObject({
      status: 'pending',
    });
    const identity = ['--tenant-id', tenantId, '--client-id', clientId];
    const completed = await data('complete', 'life', ...identity, '--client-secret-env', 'LAB_SECRET');
    expect(completed).toMatchObject({ status: 'ready', secrets: [{ kind: 'client_secret' }] });
    expect((await data('validate', 'life')).health).toBe('healthy');
    expect((await data('show', 'life')).value[0]).toMatchObject({ name: 'life', health: 'healthy' });
    expect((await data('list')).value.map((one: { name: string }) => one.name)).toEqual(['lab', 'life']);
    await data('remove', 'life');
    expect((await data('list')).value.map((one: { name: string }) => one.name)).toEqual(['lab']);
  });

  test('tools prints the definitions with their tokens', async () => {
    const { stdout } = await run(['tools', '--json', '--toolsets', 'graph']);
    const { tools, estimated_tokens } = JSON.parse(stdout);
    expect(tools[0].name).toBe('graph_query');
    expect(estimated_tokens).toBeGreaterThan(500);
  });

  test('sandbox prints one line of JSON and serves until it is told to end', async () => {
    const product = new Product(lab, 'sandbox', '--users', '10');
    const line = await product.until(({ stdout }) => (stdout.endsWith('\n') ? stdout : undefined));
    const { url, clouds, credentials } = JSON.parse(line);
    expect(clouds.sandbox.graph).toContain('http://127.0.0.1:');
    expect(credentials.client_id).toMatch(/^[0-9a-f-]{36}$/);
    expect((await fetch(`${url}/__sandbox/requests`)).status).toBe(200);
    const file = join(lab.home, 'pasted.yaml');
    const { client_secret, ...identity } = credentials;
    const connection = { name: 'pasted', cloud: 'sandbox', scopes: ['directory'], ...identity };
    await writeFile(
      file,
      JSON.stringify({ clouds, connections: [{ ...connection, client_secret: { env: 'LAB_SECRET' } }] }),
    );
    const call = ['call', 'graph_query', '{"connection":"pasted","endpoint":"/users/$count"}', '--config', file];
    const second = new Product({ ...lab, env: { ...lab.env, LAB_SECRET: client_secret } }, ...call);
    await second.exit;
    expect(JSON.parse(second.stdout).response.data).toBe(10);
    const busy = await run(['sandbox', '--port', new URL(url).port]);
    expect(busy).toMatchObject({ code: 2, stderr: expect.stringContaining('the port is in use') });
    product.process.kill('SIGTERM');
    expect(await product.exit).toBe(0);
  });

  test('a declared connection without its secret says what to set', async () => {
    const { LAB_SECRET: _, ...env } = lab.env;
    const product = new Product({ ...lab, env }, 'call', 'graph_query', '{"connection":"lab","endpoint":"/users"}');
    expect(await product.exit).toBe(1);
    expect(JSON.parse(product.stdout).response.error).toMatchObject({
      message: expect.stringContaining('The environment variable LAB_SECRET is not set.'),
      hint: expect.stringContaining('Set LAB_SECRET'),
    });
  });

  test('a reader that goes away leaves no throwaway home behind', async () => {
    const folder = join(lab.home, 'tmp');
    await mkdir(folder);
    const { TENANTRY_HOME: _, TENANTRY_CONFIG: _config, ...env } = lab.env;
    const own = { ...lab, env: { ...env, TMPDIR: folder } };
    const product = new Product(
      own,
      'call',
      'graph_query',
      '{"connection":"sandbox","endpoint":"/users"}',
      '--sandbox',
    );
    product.process.stdout.destroy();
    await product.exit;
    expect(await readdir(folder)).toEqual([]);
  });

  test('setup names paths that hold wherever the host starts the server', async () => {
    const { stdout } = await run(['setup', 'cursor', '--home', 'here', '--config', 'some.yaml']);
    const { args } = JSON.parse(stdout).mcpServers.tenantry;
    expect(args.slice(1)).toEqual(['--config', resolve('some.yaml'), '--home', resolve('here')]);
  });

  test('setup prints an entry, and writes it beside what is there', async () => {
    const printed = await run(['setup', 'cursor', '--sandbox']);
    expect(JSON.parse(printed.stdout).mcpServers.tenantry.args).toContain('--sandbox');
    const file = join(lab.home, '.cursor', 'mcp.json');
    expect((await run(['setup', 'cursor', '--write'])).code).toBe(0);
    await writeFile(file, '{"mcpServers":{"other":{"command":"x"}}}');
    expect((await run(['setup', 'cursor', '--write'])).code).toBe(0);
    expect(Object.keys(JSON.parse(await readFile(file, 'utf8')).mcpServers)).toEqual(['other', 'tenantry']);
    expect(await readFile(`${file}.backup`, 'utf8')).toContain('other');
  });

  test('doctor finds nothing wrong with a fresh home, and a broken configuration', async () => {
    const fine = await run(['doctor', '--json']);
    expect(fine.code, fine.stdout).toBe(0);
    const file = join(lab.home, 'broken.yaml');
    await writeFile(file, 'nonsense: 1\n');
    const broken = await run(['doctor', '--json', '--config', file]);
    expect(broken.code).toBe(2);
    expect(JSON.parse(broken.stdout).findings).toContainEqual(
      expect.objectContaining({ check: 'configuration', status: 'fail' }),
    );
  });

  test('doctor says which file others may write, with the command that helps, and what only needs a warning', async () => {
    const file = join(lab.home, 'open.yaml');
    await writeFile(file, 'max_result_bytes: 20000\n');
    await chmod(file, 0o666);
    const open = await run(['doctor', '--json', '--config', file]);
    expect(open.code).toBe(2);
    expect(open.stdout.split(file).length - 1, open.stdout).toBe(2);
    expect(open.stdout).toContain(`chmod o-w ${file}`);
    await chmod(file, 0o664);
    const group = await run(['doctor', '--json', '--config', file]);
    expect(group.code).toBe(0);
    expect(JSON.parse(group.stdout).findings).toContainEqual(
      expect.objectContaining({ check: 'files', status: 'warn', hint: `Run: chmod g-w ${file}` }),
    );
  });

  test('doctor --validate asks the services of every connection', async () => {
    const { code, stdout } = await run(['doctor', '--json', '--sandbox', '--validate']);
    const finding = JSON.parse(stdout).findings.find(({ check }: { check: string }) => check === 'connection sandbox');
    expect(finding.detail).toMatch(/checks$|: /);
    expect(finding.status, stdout).not.toBe('fail');
    expect(code).toBe(0);
  });
});
