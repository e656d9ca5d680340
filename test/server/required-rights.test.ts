import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Caller, type Right, rights } from '../../src/core/base/caller.ts';
import { rightsOfMessage, rightsOfTool } from '../../src/server/required-rights.ts';
import { runTool } from '../../src/server/run-tool.ts';
import { tools } from '../../src/tools/registry.ts';
import { openSandboxTools, type SandboxTools } from '../support/sandbox-tools.ts';

const byName = new Map(tools.map((tool) => [tool.name, tool]));

test('the rights of every tool', () => {
  const table = Object.fromEntries(tools.map((tool) => [tool.name, rightsOfTool(tool).join(' ')]));
  expect(table).toEqual({
    create_connection: 'read manage',
    complete_connection: 'read manage',
    validate_connection: 'read',
    list_connections: 'read',
    delete_connection: 'read manage',
    provision_connection: 'read write manage',
    convert_connection: 'read write manage',
    list_linked_services: 'read',
    graph_query: 'read',
    graph_batch: 'read',
    graph_write: 'read write',
    graph_delta: 'read',
    describe_graph: 'read',
    assign_license: 'read write',
    arm_query: 'read',
    arm_write: 'read write',
    resource_graph_query: 'read',
    get_operation: 'read',
    list_workspace_connections: 'read',
    create_workspace_connection: 'read write',
    delete_workspace_connection: 'read write',
    list_service_connections: 'read',
    create_service_connection: 'read write',
    convert_service_connection: 'read write',
    delete_service_connection: 'read write',
  });
});

describe('a message', () => {
  const call = (name: unknown) => ({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: {} } });
  test.each<[string, unknown, readonly Right[]]>([
    ['no body', undefined, ['read']],
    ['a list', { method: 'tools/list' }, ['read']],
    ['a resource', { method: 'resources/read', params: { uri: 'tenantry://connections' } }, ['read']],
    ['an answer of the client', { id: 1, result: { action: 'accept' } }, ['read']],
    ['a tool that reads', call('graph_query'), ['read']],
    ['a tool that writes', call('graph_write'), ['read', 'write']],
    ['a tool that nobody knows', call('graph_wipe'), ['read']],
    ['a name that is none', call({ toString: 1 }), ['read']],
    ['a name of every object', call('constructor'), ['read']],
    ['a batch', [call('graph_query'), call('delete_connection'), call('graph_write')], ['read', 'write', 'manage']],
    ['a batch of anything', [null, 7, 'graph_write', [call('graph_write')]], ['read']],
  ])('%s', (_what, message, expected) => {
    expect(rightsOfMessage(message, (name) => byName.get(name))).toEqual(expected);
  });
});

describe('the dispatcher', () => {
  let box: SandboxTools;
  beforeAll(async () => {
    box = await openSandboxTools({ users: 5 });
  });
  afterAll(() => box.close());

  const run = async (name: string, granted: readonly Right[]) => {
    const tool = byName.get(name);
    if (tool === undefined) throw new Error(`There is no ${name}.`);
    const before = box.sandbox.requests().length;
    const caller = new Caller({ id: 'local', rights: granted });
    const { structured, isError } = await runTool(
      tool,
      {},
      { caller, signal: AbortSignal.timeout(60_000) },
      box.runtime,
    );
    const { error } = (structured as { response: { error?: { code: string; hint: string } } }).response;
    return { isError, code: error?.code, hint: error?.hint, requests: box.sandbox.requests().length - before };
  };

  test('refuses every tool to whoever lacks one of its rights, and says which', async () => {
    for (const tool of tools) {
      const needed = rightsOfTool(tool);
      // Write and manage bring the right to read with them.
      const lesser =
        needed.length === 1
          ? [[]]
          : needed.filter((one) => one !== 'read').map((one) => rights.filter((right) => right !== one));
      for (const granted of lesser) {
        const refused = await run(tool.name, granted);
        expect(refused, `${tool.name} with ${granted.join(' ')}`).toMatchObject({
          isError: true,
          code: 'permission_denied',
        });
        expect(refused.hint).toMatch(/Tenantry\.(?:Read|Write|Manage)/);
        expect(refused.requests).toBe(0);
      }
    }
  });

  test('lets whoever has them go on to the arguments', async () => {
    for (const tool of tools) expect((await run(tool.name, rightsOfTool(tool))).code).not.toBe('permission_denied');
  });
});
