import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { testToken } from '../support/test-token.ts';
import { type Lab, openLab, Product } from './support/product.ts';

let lab: Lab;

beforeAll(async () => {
  lab = await openLab();
});
afterAll(() => lab.close());

async function run(args: readonly string[], more: Record<string, string> = {}) {
  const product = new Product({ ...lab, env: { ...lab.env, ...more } }, ...args);
  product.process.stdin.end();
  const code = await product.exit;
  return { code, stdout: product.stdout, stderr: product.stderr };
}

async function call(tool: string, args: object, flags: readonly string[] = [], more: Record<string, string> = {}) {
  const { code, stdout } = await run(['call', tool, JSON.stringify(args), ...flags], more);
  return { code, response: JSON.parse(stdout).response };
}

const waiting = async () => JSON.parse((await run(['approve'])).stdout).waiting as readonly Record<string, unknown>[];

describe('tenantry approve', () => {
  test('shows what an agent asks for, and lets exactly that run once', async () => {
    const wanted = { name: 'writer', cloud: 'lab', access: 'read_write' };
    const refused = await call('create_connection', wanted, ['--agent', '--yes']);
    expect(refused).toMatchObject({ code: 1, response: { error: { code: 'refused' } } });
    const { pending } = refused.response.error;
    expect(await waiting()).toMatchObject([
      {
        code: pending,
        owner: 'local',
        tool: 'create_connection',
        connection: 'writer',
        summary: 'Create the connection `writer`',
        details: ['access: read_write, and an agent may give read_only', expect.stringContaining('read_write')],
      },
    ]);
    expect(await run(['approve', pending.toLowerCase(), '--yes'])).toMatchObject({
      code: 0,
      stdout: `{"code":"${pending}","outcome":"approved"}\n`,
    });
    expect(await waiting()).toEqual([]);
    const more = { ...wanted, scopes: ['directory', 'devops'] };
    expect((await call('create_connection', more, ['--agent'])).code).toBe(1);
    expect(await call('create_connection', wanted, ['--agent'])).toMatchObject({
      code: 0,
      response: { data: { access: 'read_write' } },
    });
  });

  test.each([
    [['--agent', '--yes'], {}],
    [['--yes'], { TENANTRY_AGENT: '1' }],
    [[], { TENANTRY_AGENT: 'yes' }],
  ])('does not run for an agent: %j %j', async (flags, more) => {
    const { response } = await call('create_connection', { name: 'other', cloud: 'lab', access: 'read_write' }, [], {
      TENANTRY_AGENT: '1',
    });
    const { pending } = response.error;
    expect(await run(['approve', pending, ...flags], more)).toMatchObject({ code: 1, stdout: '' });
    expect((await waiting()).map(({ code }) => code)).toContain(pending);
  });

  test('answers nothing without a terminal or a flag, and knows no other code', async () => {
    const [first] = await waiting();
    const code = String(first?.['code']);
    expect(await run(['approve', code])).toMatchObject({ code: 1, stderr: expect.stringContaining('--yes') });
    expect((await waiting()).map((one) => one['code'])).toContain(code);
    expect(await run(['approve', 'ZZZZ', '--yes'])).toMatchObject({ stderr: expect.stringContaining('Nothing waits') });
    expect(await run(['approve', code, '--decline'])).toMatchObject({ code: 0 });
    expect(await run(['approve', code, '--yes'])).toMatchObject({ stderr: expect.stringContaining('Nothing waits') });
  });
});

describe('the attack on a read-only identity of the machine', () => {
  const second = { name: 'second', auth_type: 'azure_cli', access: 'read_write' };
  const attacks: readonly [string, object][] = [
    ['create_connection', second],
    ['create_connection', { ...second, name: 'again', auth_type: 'default' }],
    ['create_connection', { ...second, name: 'third', access: 'read_only' }],
    ['complete_connection', { connection: 'cli', access: 'read_write' }],
    ['delete_connection', { connection: 'cli' }],
    ['graph_write', { connection: 'cli', requests: [{ method: 'DELETE', endpoint: '/users/x' }] }],
    ['provision_connection', { connection: 'cli', name: 'new', credential: 'secret', roles: [], access: 'read_write' }],
  ];

  test('gets nowhere, and no hint shows a way', async () => {
    const file = join(lab.home, 'cli.yaml');
    const config = JSON.parse(await readFile(String(lab.env['TENANTRY_CONFIG']), 'utf8'));
    await writeFile(file, JSON.stringify({ ...config, connections: [{ name: 'cli', auth_type: 'azure_cli' }] }));
    const server = new Product(lab, 'stdio', '--config', file);
    await server.initialize();
    const ask = async (id: number, name: string, args: object) => {
      server.send({ id, method: 'tools/call', params: { name, arguments: args } });
      const { result } = (await server.answer(id)) as { result: { structuredContent: { response: Response } } };
      return result.structuredContent.response;
    };
    for (const [index, [tool, args]] of attacks.entries()) {
      const { error } = await ask(index + 1, tool, args);
      expect({ tool, code: error?.code }).toEqual({ tool, code: 'refused' });
      if (tool.endsWith('_connection') && tool !== 'provision_connection') {
        expect(error?.hint).not.toMatch(/create_connection|read_write|another name/);
      }
    }
    const { data } = await ask(100, 'list_connections', {});
    expect(data?.value.map(({ name }) => name)).not.toContain('second');
    await server.stop();
  });
});

interface Response {
  readonly error?: { readonly code: string; readonly hint: string };
  readonly data?: { readonly value: readonly { readonly name: string }[] };
}

describe('what an agent makes in a tenant', () => {
  const writes = () => lab.sandbox.requests().filter(({ method, service }) => method !== 'GET' && service !== 'login');
  const agent = { TENANTRY_AGENT: '1' };

  test('is not provisioned with more access, or with the identity of this machine, before the yes', async () => {
    lab.sandbox.reset();
    const wanted = { connection: 'lab', name: 'made', roles: [] };
    const federated = {
      issuer: 'https://token.actions.githubusercontent.com',
      subject: 'repo:contoso/web:ref:refs/heads/main',
    };
    for (const args of [
      { ...wanted, credential: 'secret', access: 'read_write' },
      { ...wanted, credential: 'federated', federated },
    ]) {
      const { response } = await call('provision_connection', args, [], agent);
      expect(response.error).toMatchObject({ code: 'refused', pending: expect.any(String) });
      expect((await run(['approve', response.error.pending, '--decline'])).code).toBe(0);
    }
    expect(writes()).toEqual([]);
  });

  test('is provisioned once the person has said yes, once for the whole', async () => {
    const wanted = { connection: 'lab', name: 'made', credential: 'secret', roles: [], scopes: ['directory'] };
    const more = { ...wanted, access: 'read_write' };
    const { pending } = (await call('provision_connection', more, [], agent)).response.error;
    await run(['approve', pending, '--yes']);
    expect(await call('provision_connection', more, [], agent)).toMatchObject({
      code: 0,
      response: { data: { connection: { access: 'read_write' } } },
    });
    // The new app and its secret ask as well, whatever the connection may do.
    const reading = { ...wanted, name: 'reader' };
    const { response } = await call('provision_connection', reading, [], agent);
    expect(response.error.preview).toEqual([expect.stringContaining('register'), 'give it a client secret']);
    await run(['approve', response.error.pending, '--yes']);
    expect(await call('provision_connection', reading, [], agent)).toMatchObject({
      code: 0,
      response: { data: { connection: { access: 'read_only' } } },
    });
  });

  test('is not converted to the identity of this machine before the yes', async () => {
    const { tenantId, clientId } = lab.sandbox.credentials;
    const identity = ['--tenant-id', tenantId, '--client-id', clientId, '--client-secret-env', 'LAB_SECRET'];
    await run(['connections', 'create', 'secretive', '--cloud', 'lab', '--access', 'read_write']);
    expect((await run(['connections', 'complete', 'secretive', ...identity])).code).toBe(0);
    const before = writes().length;
    const file = join(lab.home, 'machine-token');
    const claims = { iss: 'https://token.actions.githubusercontent.com', sub: 'repo:contoso/web:ref:refs/heads/main' };
    await writeFile(file, testToken({ audience: 'api://AzureADTokenExchange', claims }));
    const machine = { ...agent, AZURE_FEDERATED_TOKEN_FILE: file };
    const { response } = await call('convert_connection', { connection: 'secretive' }, [], machine);
    expect(response.error).toMatchObject({ code: 'refused', pending: expect.any(String) });
    expect(response.error.preview.join()).toMatch(/sign-in: as this machine.*trust/s);
    expect(writes()).toHaveLength(before);
  });
});

describe('the person at the command line', () => {
  test('makes and updates a connection without being asked', async () => {
    const data = async (...args: string[]) => {
      const { code, stdout } = await run(['connections', ...args]);
      expect(code, stdout).toBe(0);
      return JSON.parse(stdout).response.data;
    };
    expect(await data('create', 'mine', '--cloud', 'lab', '--scopes', 'directory')).toMatchObject({
      access: 'read_only',
    });
    const settings = '{"max_concurrent_requests":8}';
    expect(
      await data('update', 'mine', '--access', 'read_write', '--scopes', 'directory,devops', '--settings', settings),
    ).toMatchObject({
      access: 'read_write',
      scopes: ['directory', 'devops'],
    });
    expect(await data('update', 'mine', '--default-location', 'westeurope')).toMatchObject({ status: 'pending' });
    expect((await data('show', 'mine')).value).toMatchObject([{ settings: { max_concurrent_requests: 8 } }]);
    await data('remove', 'mine');
  });

  test('the same for a model asks', async () => {
    await run(['connections', 'create', 'theirs', '--cloud', 'lab']);
    const { code, stdout } = await run(['connections', 'update', 'theirs', '--access', 'read_write', '--yes'], {
      TENANTRY_AGENT: '1',
    });
    expect({ code, pending: JSON.parse(stdout).response.error.pending }).toEqual({
      code: 1,
      pending: expect.any(String),
    });
  });
});
