import type { CallToolResult, ServerContext } from '@modelcontextprotocol/server';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { member, textOf } from '../../src/core/base/guards.ts';
import { createSurface, type Surface } from '../../src/server/surface.ts';
import { tools } from '../../src/tools/registry.ts';
import { openSandboxTools, type SandboxTools } from '../support/sandbox-tools.ts';

let box: SandboxTools;
let surface: Surface;

beforeAll(async () => {
  box = await openSandboxTools();
  surface = createSurface(box.runtime, { listed: tools, callable: tools });
});
afterAll(() => box.close());

/** A result as a client gets it. */
async function call(name: string, args: Readonly<Record<string, unknown>>): Promise<CallToolResult> {
  // All that a call asks of its context.
  const context = { mcpReq: { signal: new AbortController().signal } } as unknown as ServerContext;
  const result = await surface.callTool({ name, arguments: { connection: 'sandbox', ...args } }, context);
  if (!('structuredContent' in result)) throw new Error('The call asks a question.');
  return result as CallToolResult;
}

test.each([
  ['an answer', 'graph_query', { endpoint: '/users?$select=id', limit: 2 }],
  ['an answer in part', 'graph_query', { endpoint: '/users' }],
  ['a batch with failures', 'graph_batch', { requests: [{ url: '/users/nobody' }], continue_on_error: true }],
  ['an error', 'graph_query', { endpoint: '/users/nobody' }],
  ['a mistake', 'graph_query', { endpont: '/users' }],
])('%s is whole in its text and in its structured content', async (_what, name, args) => {
  const { content, structuredContent } = await call(name, args);
  const [text] = content ?? [];
  expect(text?.type === 'text' && JSON.parse(text.text)).toEqual(structuredContent);
});

test('an error of any length stays under 11,000 characters, in both', async () => {
  box.sandbox.fault({
    service: 'graph',
    match: 'GET *',
    status: 400,
    body: { error: { code: 'X', message: 'long '.repeat(20_000) } },
    times: 1,
  });
  const { content, structuredContent, isError } = await call('graph_query', { endpoint: '/users' });
  expect(isError).toBe(true);
  expect(JSON.stringify(content).length).toBeLessThan(11_000);
  expect(JSON.stringify(structuredContent).length).toBeLessThan(11_000);
});

test('_meta marks what comes from the tenant, and holds the diagnostics', async () => {
  const { _meta } = await call('graph_query', { endpoint: '/users/$count', correlation_id: 'ticket-4711' });
  expect(_meta).toEqual({
    'tenantry/untrusted-content': true,
    'tenantry/diagnostics': {
      request_id: expect.any(String),
      client_request_id: 'ticket-4711',
      attempts: 1,
      requests: 1,
      duration_ms: expect.any(Number),
    },
  });
});

test('a stored result is linked with the type that reading it answers', async () => {
  const { content } = await call('graph_query', { endpoint: '/users' });
  const link = content?.find(({ type }) => type === 'resource_link');
  if (link?.type !== 'resource_link') throw new Error('There is no link.');
  const context = {} as ServerContext;
  const { contents } = await surface.readResource({ uri: link.uri }, context);
  expect(contents.map(({ mimeType }) => mimeType)).toEqual([link.mimeType]);
});

describe('a stored table', () => {
  const table = { endpoint: '/users', params: { $select: 'id,displayName,userPrincipalName,mail' }, format: 'csv' };

  test('is linked as CSV, and its parts are one table', async () => {
    const { content, structuredContent } = await call('graph_query', { ...table, limit: 5_000 });
    const link = content?.find(({ type }) => type === 'resource_link');
    if (link?.type !== 'resource_link') throw new Error('There is no link.');
    expect(link.mimeType).toBe('text/csv');
    expect(link.uri).toMatch(/^tenantry:\/\/results\/[\w-]{16}\.csv$/);
    let text = '';
    let rows = 0;
    for (let uri: unknown = link.uri; typeof uri === 'string'; ) {
      const { contents } = await surface.readResource({ uri }, {} as ServerContext);
      const [part] = contents;
      if (part === undefined || !('text' in part)) throw new Error('There is no text.');
      expect(part).toMatchObject({ uri, mimeType: 'text/csv' });
      text += part.text;
      rows += Number(part._meta?.['tenantry/count']);
      uri = part._meta?.['tenantry/next'];
    }
    const lines = text.trimEnd().split('\n');
    const total = Number(member(member(structuredContent, 'meta'), 'total'));
    expect(rows).toBe(total);
    expect(lines).toHaveLength(total + 1);
    expect(lines.filter((line) => line === 'id,displayName,userPrincipalName,mail')).toHaveLength(1);
  });

  test('can be read as JSON too, and no other list as a table', async () => {
    const list = await call('graph_query', { endpoint: '/users' });
    const result = textOf(member(member(list.structuredContent, 'meta'), 'result'));
    expect(result).not.toBe('');
    await expect(surface.readResource({ uri: `${result}.csv` }, {} as ServerContext)).rejects.toThrow();
  });
});
