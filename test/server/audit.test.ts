import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PROTOCOL_VERSION_META_KEY } from '@modelcontextprotocol/server';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { operatorAt } from '../../src/core/base/authority.ts';
import { localCaller } from '../../src/core/base/caller.ts';
import { runTool } from '../../src/server/run-tool.ts';
import { createSurface } from '../../src/server/surface.ts';
import { tools as allTools } from '../../src/tools/registry.ts';
import { openSandboxTools, type SandboxTools } from '../support/sandbox-tools.ts';

let tools: SandboxTools;

beforeEach(async () => {
  tools = await openSandboxTools();
});
afterEach(() => tools.close());

/** The lines so far; every call before this one is in them. */
async function lines(): Promise<Readonly<Record<string, unknown>>[]> {
  await tools.restart();
  const directory = join(tools.home, 'audit');
  const names = existsSync(directory) ? (await readdir(directory)).sort() : [];
  const texts = await Promise.all(names.map((name) => readFile(join(directory, name), 'utf8')));
  return texts
    .join('')
    .trim()
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}

const user = '9c1b9d0e-0000-4000-8000-000000000001';

test('opening a runtime writes nothing', async () => {
  await tools.restart();
  expect(existsSync(join(tools.home, 'audit'))).toBe(false);
});

test('a write names connection, requests, targets and outcome, and nothing of its body or query', async () => {
  await tools.call('graph_write', {
    requests: [
      { method: 'PATCH', endpoint: `/users/${user}?$select=hushed`, body: { jobTitle: 'hushed words' } },
      { method: 'DELETE', endpoint: '/groups/no-such-group' },
    ],
    continue_on_error: true,
  });
  const found = await lines();
  expect(found).toMatchObject([
    {
      caller: 'local',
      actor: 'agent',
      channel: 'stdio',
      connection: 'sandbox',
      tool: 'graph_write',
      requests: [
        { service: 'graph', method: 'PATCH', path: '/users/{id}' },
        { service: 'graph', method: 'DELETE', path: '/groups/{id}' },
      ],
      target_ids: [user, 'no-such-group'],
    },
  ]);
  expect(found[0]?.['request_id']).toEqual(expect.any(String));
  expect(JSON.stringify(found)).not.toContain('hushed');
});

test('a read has its first request and its outcome', async () => {
  await tools.call('graph_query', { endpoint: '/users?$top=5' });
  await tools.call('graph_query', { endpoint: '/users/nobody' });
  expect(await lines()).toMatchObject([
    { requests: [{ method: 'GET', path: '/users' }], target_ids: [], outcome: 'success' },
    { requests: [{ method: 'GET', path: '/users/{id}' }], target_ids: ['nobody'], outcome: 'not_found' },
  ]);
});

test('calls that are refused leave a line too: by access, by schema, by an unknown connection', async () => {
  await tools.close();
  tools = await openSandboxTools({ access: 'read_only' });
  await tools.call('arm_write', { method: 'DELETE', path: '/subscriptions/x/resourceGroups/y' });
  await tools.call('graph_query', { endpoint: 5 });
  await tools.call('graph_query', { connection: 'contoso', endpoint: '/users' });
  await tools.call('graph_query', { connection: 'client_secret=Hushed8Q~', endpoint: '/users' });
  const found = await lines();
  expect(found).toMatchObject([
    { tool: 'arm_write', connection: 'sandbox', outcome: 'refused' },
    { tool: 'graph_query', outcome: 'invalid_argument' },
    { tool: 'graph_query', connection: 'contoso', outcome: 'not_found' },
    { tool: 'graph_query', outcome: 'invalid_argument' },
  ]);
  expect(JSON.stringify(found)).not.toContain('Hushed');
});

test('a write that waits for a yes names what it would have sent', async () => {
  await tools.close();
  tools = await openSandboxTools({
    policy: { confirm: 'risky', deny: [{ service: 'graph', methods: ['DELETE'], path: '/groups/*' }] },
  });
  const assignment = '/subscriptions/{subscriptionId}/providers/Microsoft.Authorization/roleAssignments';
  const path = `${assignment}/5a11d0c5-7e4a-4c0d-8b0a-de3000000077`;
  await tools.call('arm_write', { method: 'PUT', path, body: { properties: {} } });
  await tools.call('graph_write', { requests: [{ method: 'DELETE', endpoint: `/groups/${user}` }] });
  const found = await lines();
  expect(found).toMatchObject([
    { outcome: 'refused', requests: [{ service: 'arm', method: 'PUT' }] },
    {
      outcome: 'refused',
      requests: [{ service: 'graph', method: 'DELETE', path: '/groups/{id}' }],
      target_ids: [user],
    },
  ]);
});

test('the person at the terminal is named as the operator', async () => {
  const tool = allTools.find(({ name }) => name === 'list_connections');
  if (tool === undefined) throw new Error('There is no such tool.');
  const { signal } = new AbortController();
  await runTool(tool, {}, { caller: localCaller, authority: operatorAt('terminal'), signal }, tools.runtime);
  expect(await lines()).toMatchObject([{ actor: 'operator', channel: 'terminal', outcome: 'success', requests: [] }]);
});

test('a secret among the arguments is in no line', async () => {
  await tools.call('create_connection', { name: 'fresh' });
  await tools.call('complete_connection', {
    connection: 'fresh',
    client_secret: 'hushed~8Q~secret-that-nobody-may-read-aaaa',
  });
  const found = await lines();
  expect(found).toHaveLength(2);
  expect(JSON.stringify(found)).not.toContain('hushed');
});

test('a disk that takes no line stops neither reads nor writes', async () => {
  await mkdir(tools.home, { recursive: true });
  await rm(join(tools.home, 'audit'), { recursive: true, force: true });
  await writeFile(join(tools.home, 'audit'), 'a file in the way');
  const { response } = await tools.call('graph_query', { endpoint: '/users', limit: 1 });
  expect(response.success).toBe(true);
  const written = await tools.call('graph_write', {
    requests: [
      {
        method: 'POST',
        endpoint: '/groups',
        body: { displayName: 'g', mailEnabled: false, mailNickname: 'g', securityEnabled: true },
      },
    ],
  });
  expect(written.response.success).toBe(true);
  await tools.restart();
  expect(await readFile(join(tools.home, 'audit'), 'utf8')).toBe('a file in the way');
});

test('a call that brings a forged answer to a question leaves a line', async () => {
  const surface = createSurface(tools.runtime, { listed: allTools, callable: allTools }, 'http');
  const mcpReq = {
    signal: new AbortController().signal,
    envelope: { [PROTOCOL_VERSION_META_KEY]: '2026-07-28' },
    requestState: () => 'forged',
    inputResponses: { q: { action: 'accept', content: { yes: true } } },
  };
  const args = { connection: 'sandbox', requests: [{ method: 'DELETE', endpoint: '/groups/hushed' }] };
  // The part of the context that a call looks at.
  const call = surface.callTool({ name: 'graph_write', arguments: args }, { mcpReq } as never, undefined);
  await expect(call).rejects.toMatchObject({ message: 'Invalid or expired requestState' });
  expect(await lines()).toMatchObject([
    { channel: 'http', tool: 'graph_write', connection: 'sandbox', requests: [], outcome: 'refused' },
  ]);
});
