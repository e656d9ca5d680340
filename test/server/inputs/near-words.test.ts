import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { suggestionFor } from '../../../src/cli/explain-failure.ts';
import { createProgram } from '../../../src/cli/program.ts';
import { createSurface } from '../../../src/server/surface.ts';
import { tools } from '../../../src/tools/registry.ts';
import { unknownToolset, visibleTools } from '../../../src/tools/toolsets.ts';
import { openSandboxTools, type SandboxTools } from '../../support/sandbox-tools.ts';

let box: SandboxTools;
beforeAll(async () => {
  box = await openSandboxTools();
});
afterAll(() => box.close());

const errorOf = async (tool: string, input: Record<string, unknown>) => (await box.call(tool, input)).response.error;

describe('a wrong word', () => {
  test.each<[tool: string, input: Record<string, unknown>, said: string]>([
    ['create_connection', { name: 'abc', auth_type: 'cert' }, 'The nearest is "certificate".'],
    ['create_connection', { name: 'abc', access: 'rw' }, 'The nearest is "read_write".'],
    ['complete_connection', { connection: 'abc', tenant: 'x' }, 'the nearest valid key is "tenant_id"'],
    ['complete_connection', { connection: 'abc', secret: 'x' }, 'the nearest valid key is "client_secret"'],
    ['graph_query', { endpoint: '/users', filter: 'x' }, 'filter: unknown key; pass it in params, as {"$filter": …}.'],
    ['graph_query', { endpoint: '/users', orderBy: 'x' }, 'pass it in params, as {"$orderby": …}'],
    ['graph_query', { endpoint: '/users', top: 5 }, 'pass it in params, as {"$top": …}'],
    ['graph_delta', { endpoint: '/users/delta', max_results: 5 }, 'the nearest valid key is "limit"'],
    ['graph_batch', { requests: [{ url: '/users', heders: {} }] }, 'the nearest valid key is "headers"'],
  ])('of %s, %j, is answered with what was meant', async (tool, input, said) => {
    expect((await errorOf(tool, input)).message).toContain(said);
  });

  test.each<[tool: string, input: Record<string, unknown>]>([
    ['graph_batch', { requests: [{ url: '/users', verb: 'GET' }] }],
    ['graph_query', { endpoint: '/users', foo: 1 }],
    ['create_connection', { name: 'abc', auth_type: 'zzz' }],
    ['arm_query', { path: '/subscriptions', user: 'x' }],
  ])('of %s, %j, that is near to none is answered with the list alone', async (tool, input) => {
    const { message, hint } = await errorOf(tool, input);
    expect(message).not.toContain('nearest');
    expect(hint).toMatch(/Use only these keys: |as one of /);
  });

  test('for a toolset is answered with the nearest, or with the list', () => {
    expect(unknownToolset(tools, ['grph'])?.hint).toBe(
      'Did you mean graph? Use --toolsets (or TENANTRY_TOOLSETS) with some of connections, graph, arm, ml, devops, all.',
    );
    expect(unknownToolset(tools, ['foo'])?.hint).not.toContain('Did you mean');
  });

  test.each<[argv: readonly string[], suggestion: string]>([
    [['tools', '--toolset', 'graph'], 'Did you mean --toolsets?\n'],
    [['--sandbx'], 'Did you mean --sandbox?\n'],
    [['connections', 'ls'], 'Did you mean list?\n'],
    [['connections', 'shwo'], 'Did you mean show?\n'],
    [['connections', 'foo'], ''],
    [['tools', '--foo'], ''],
  ])('on the command line, %j, is answered with the nearest alone: %j', async (argv, suggestion) => {
    let printed = '';
    const program = createProgram(
      async () => undefined,
      async () => undefined,
    );
    for (const command of [program, ...program.commands]) {
      command.configureOutput({ writeErr: (text) => (printed += text) });
    }
    const error = await program.parseAsync([...argv], { from: 'user' }).catch((reason: unknown) => reason);
    expect(await suggestionFor(error, program, argv)).toBe(suggestion);
    expect(printed).not.toContain('Did you mean');
  });
});

describe('a connection', () => {
  test.each<[string, Record<string, unknown>]>([
    ['missing', { endpoint: '/users', connection: undefined }],
    ['null', { endpoint: '/users', connection: null }],
    ['empty', { endpoint: '/users', connection: '' }],
    ['no name', { endpoint: '/users', connection: 'The Sandbox' }],
    ['unknown', { endpoint: '/users', connection: 'nobody' }],
    ['under another name', { endpoint: '/users', connection: undefined, account: 'sandbox' }],
  ])('that is %s is answered with the valid names', async (_, input) => {
    expect((await errorOf('graph_query', input)).hint).toContain('Valid names: sandbox.');
  });

  test('that is asked for by name is answered in the same way', async () => {
    expect((await errorOf('list_connections', { name: 'sandbx' })).hint).toBe(
      'Did you mean sandbox? Valid names: sandbox.',
    );
    expect((await errorOf('list_connections', { name: 'A b' })).hint).toContain('Valid names: sandbox.');
    expect((await errorOf('validate_connection', {})).hint).toContain('Valid names: sandbox.');
  });

  test('is found among many, and the list of names has an end', async () => {
    for (let count = 0; count < 60; count += 1) await box.call('create_connection', { name: `made-${count}` });
    const { hint } = await errorOf('graph_query', { connection: 'sandbx', endpoint: '/users' });
    expect(hint).toMatch(/^Did you mean sandbox\? Valid names: .* and 11 more\.$/);
    expect(hint.match(/(?<=made-)\d+/g)).toHaveLength(50);
  });
});

describe('a tool', () => {
  const call = (name: string) => {
    const offered = visibleTools(tools, { toolsets: ['graph'], readOnly: false });
    const surface = createSurface(box.runtime, { listed: offered, callable: offered });
    return surface.callTool({ name, arguments: {} }, { mcpReq: { signal: new AbortController().signal } } as never);
  };

  test('of a toolset that is not offered is named as that, and who turns it on', async () => {
    await expect(call('arm_query')).rejects.toMatchObject({
      code: -32602,
      message: expect.stringMatching(
        /^arm_query is of the toolset arm, which is not offered here: .*--toolsets or TENANTRY_TOOLSETS/,
      ),
    });
  });

  test('that does not exist is answered with the nearest that is offered, or with none', async () => {
    await expect(call('graph_qurey')).rejects.toMatchObject({
      code: -32602,
      message: 'Unknown tool: `graph_qurey`. The nearest is graph_query.',
    });
    await expect(call('foo`\n')).rejects.toMatchObject({ code: -32602, message: "Unknown tool: `foo'`." });
  });
});
